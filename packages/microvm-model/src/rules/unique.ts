import type { HostPlan, Placed, VmPlan } from "../plan/plan.js";
import { type ConfigPath, error, type Problem, type RelatedPlace } from "../problems/problem.js";
import type { ProblemCode } from "../problems/problem-codes.js";

/** A kind of value that no two things may share. */
interface Uniqueness<Scope> {
  readonly code: ProblemCode;
  readonly noun: string;
  readonly remedy: string;
  readonly of: (scope: Scope) => readonly Placed<string>[];
}

const acrossHost: readonly Uniqueness<HostPlan>[] = [
  {
    code: "duplicate-address",
    noun: "address",
    remedy: "Give it another address, or none so that a free one is chosen.",
    of: (host) => [
      ...host.networks.flatMap(({ subnets }) => subnets.flatMap(({ own }) => (own === null ? [] : [own]))),
      ...host.vms.flatMap(({ network: { interfaces } }) =>
        interfaces.flatMap(({ addresses }) => addresses).filter(({ value, subnet: { own } }) => value !== own?.value),
      ),
    ],
  },
  {
    code: "duplicate-mac",
    noun: "MAC address",
    remedy: "Give it another MAC, or none so that a free one is chosen.",
    of: (host) => host.vms.flatMap(({ network: { interfaces } }) => interfaces.map(({ mac }) => mac)),
  },
  {
    code: "duplicate-tap",
    noun: "interface name",
    remedy: "Give the tap another name, or none so that a free one is chosen.",
    of: (host) => [
      ...host.networks.filter(({ kind }) => kind !== "routed").map(({ name, path }) => ({ value: name, path })),
      ...host.networks
        .filter((network) => network.kind === "bridge")
        .flatMap(({ ports, path }) =>
          ports.map((port, position) => ({ value: port, path: [...path, "ports", position] })),
        ),
      ...host.vms.flatMap(({ network: { interfaces } }) => interfaces.map(({ id }) => id)),
    ],
  },
  {
    code: "duplicate-host-port",
    noun: "port of the host",
    remedy: "Forward another port: one socket has one listener.",
    of: (host) =>
      host.vms.flatMap(({ network: { forwardPorts } }) =>
        forwardPorts
          .filter(({ from }) => from === "host")
          .map(({ path, proto, host: { address, port } }) => ({
            value: `${proto} ${address === null ? "" : `${address}:`}${String(port)}`,
            path: [...path, "host", "port"],
          })),
      ),
  },
  {
    code: "duplicate-cid",
    noun: "vsock CID",
    remedy: "Give it another CID, or none so that a free one is chosen.",
    of: (host) =>
      host.vms.flatMap(({ machine: { vsockCid } }) =>
        vsockCid === null ? [] : [{ ...vsockCid, value: String(vsockCid.value) }],
      ),
  },
  {
    code: "duplicate-renamed-from",
    noun: "former name",
    remedy: "Remove `renamedFrom` from one of them: one VM keeps the index.",
    of: (host) =>
      host.vms.flatMap(({ path, renamedFrom }) =>
        renamedFrom === null ? [] : [{ value: renamedFrom, path: [...path, "renamedFrom"] }],
      ),
  },
  {
    code: "duplicate-volume-image",
    noun: "volume image",
    remedy: "Use another image file: two writers of one image destroy it.",
    of: (host) =>
      host.vms.flatMap(({ name, storage: { volumes } }) =>
        volumes.map(({ image, path }) => ({
          value: image.startsWith("/") ? image : `${host.stateDirectory}/${name}/${image}`,
          path: [...path, "image"],
        })),
      ),
  },
  {
    code: "duplicate-device",
    noun: "device",
    remedy: "Pass the device on to one VM: it belongs to that guest alone.",
    of: (host) =>
      host.vms.flatMap(({ machine: { devices } }) =>
        devices.map(({ bus, device, path }) => ({ value: `${bus} ${device}`, path: [...path, "path"] })),
      ),
  },
];

const withinVm: readonly Uniqueness<VmPlan>[] = [
  {
    code: "duplicate-share-tag",
    noun: "share tag",
    remedy: "Give the share another tag.",
    of: ({ storage: { shares } }) => shares.map(({ tag }) => tag),
  },
  {
    code: "duplicate-share-socket",
    noun: "socket of a share",
    remedy: "Give the share another socket, or none so that it has its own.",
    of: ({ name, storage: { shares } }) =>
      shares
        .filter(({ proto }) => proto === "virtiofs")
        // Shares of one tag have one socket too, and are told of the tag.
        .filter(
          ({ socket, tag }, at, all) => socket !== null || all.findIndex((one) => one.tag.value === tag.value) === at,
        )
        .map(({ path, tag, socket }) => ({
          value: socket ?? `${name}-virtiofs-${tag.value}.sock`,
          path: socket === null ? tag.path : [...path, "socket"],
        })),
  },
  {
    code: "duplicate-volume-label",
    noun: "label",
    remedy: "Give the volume another label: the guest would mount whichever it finds.",
    of: ({ path, storage: { shares, volumes } }) => [
      // The image of the store has one (microvm.nix store-disk.nix).
      ...(shares.some(({ source }) => source === "/nix/store")
        ? []
        : [{ value: "nix-store", path: [...path, "store"] }]),
      ...volumes.flatMap(({ path: volume, label }) =>
        label === null ? [] : [{ value: label, path: [...volume, "label"] }],
      ),
    ],
  },
  {
    code: "duplicate-credential",
    noun: "credential",
    remedy: "Give it another name.",
    of: ({ path, secrets, machine: { credentialFiles } }) => [
      ...secrets.filter(({ by }) => by === "credential").map((secret) => ({ value: secret.name, path: secret.path })),
      ...Object.keys(credentialFiles).map((name) => ({ value: name, path: [...path, "credentialFiles", name] })),
    ],
  },
  {
    code: "duplicate-mount-point",
    noun: "mount point",
    remedy: "Mount it elsewhere: microvm.nix would keep the last one silently.",
    of: ({ storage: { shares, volumes } }) =>
      [...shares, ...volumes].flatMap(({ mountPoint }) =>
        mountPoint === null ? [] : [{ ...mountPoint, value: mountPoint.value.replace(/(?<=.)\/+$/, "") }],
      ),
  },
  {
    code: "duplicate-uid",
    noun: "uid",
    remedy: "Give the user another uid.",
    of: ({ guest: { users } }) =>
      users.flatMap(({ uid, path }) => (uid === null ? [] : [{ value: String(uid), path: [...path, "uid"] }])),
  },
  {
    code: "duplicate-program",
    noun: "program of a user",
    remedy: "Write it once, with all of its settings.",
    of: ({ guest: { users } }) =>
      users.flatMap(({ name, home }) =>
        home.flatMap((part) => (part.kind === "module" ? [] : [{ value: `${part.kind} of ${name}`, path: part.path }])),
      ),
  },
  {
    code: "duplicate-user",
    noun: "user name",
    remedy: "Leave the host's main user out: every guest has it.",
    of: ({ guest: { users } }) => users.map(({ name, path }) => ({ value: name, path })),
  },
];

const repeated = <Scope>({ code, noun, remedy, of }: Uniqueness<Scope>, scope: Scope): readonly Problem[] => {
  const first = new Map<string, RelatedPlace>();
  const problems: Problem[] = [];
  for (const { value, path } of of(scope)) {
    const seen = first.get(value);
    if (seen === undefined) first.set(value, isWritten(path) ? { path, note: "first used here" } : ofIndex(path));
    else if (isWritten(path)) problems.push(error(code, path, `The ${noun} ${value} is used twice`, remedy, [seen]));
    // Nothing is written here that could be mended: the other place is.
    else problems.push(error(code, seen.path, `The ${noun} ${value} is used twice`, remedy, [ofIndex(path)]));
  }
  return problems;
};

/** Whether the config says the value itself, and not the VM's index. */
const isWritten = (path: ConfigPath): boolean => path.at(-2) !== "vms";

const ofIndex = (path: ConfigPath): RelatedPlace => ({ path, note: "has it by its index" });

/** What must be one of a kind on a host or in a guest (microvm.nix asserts.nix checks some of it, in one guest only). */
export const unique = (host: HostPlan): readonly Problem[] => [
  ...acrossHost.flatMap((uniqueness) => repeated(uniqueness, host)),
  ...withinVm.flatMap((uniqueness) => host.vms.flatMap((vm) => repeated(uniqueness, vm))),
];
