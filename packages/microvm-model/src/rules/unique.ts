import type { HostPlan, Placed, VmPlan } from "../plan.js";
import { type ConfigPath, error, type Problem, type RelatedPlace } from "../problem.js";
import type { ProblemCode } from "../problem-codes.js";

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
      ...host.vms.flatMap(({ interfaces }) =>
        interfaces.flatMap(({ addresses }) => addresses).filter(({ value, subnet: { own } }) => value !== own?.value),
      ),
    ],
  },
  {
    code: "duplicate-mac",
    noun: "MAC address",
    remedy: "Give it another MAC, or none so that a free one is chosen.",
    of: (host) => host.vms.flatMap(({ interfaces }) => interfaces.map(({ mac }) => mac)),
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
      ...host.vms.flatMap(({ interfaces }) => interfaces.map(({ id }) => id)),
    ],
  },
  {
    code: "duplicate-host-port",
    noun: "port of the host",
    remedy: "Forward another port: one socket has one listener.",
    of: (host) =>
      host.vms.flatMap(({ forwardPorts }) =>
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
      host.vms.flatMap(({ vsockCid }) => (vsockCid === null ? [] : [{ ...vsockCid, value: String(vsockCid.value) }])),
  },
  {
    code: "duplicate-volume-image",
    noun: "volume image",
    remedy: "Use another image file: two writers of one image destroy it.",
    of: (host) =>
      host.vms.flatMap(({ name, volumes }) =>
        volumes.map(({ image, path }) => ({
          value: image.startsWith("/") ? image : `/var/lib/microvms/${name}/${image}`,
          path: [...path, "image"],
        })),
      ),
  },
];

const withinVm: readonly Uniqueness<VmPlan>[] = [
  {
    code: "duplicate-share-tag",
    noun: "share tag",
    remedy: "Give the share another tag.",
    of: ({ shares }) => shares.map(({ tag }) => tag),
  },
  {
    code: "duplicate-mount-point",
    noun: "mount point",
    remedy: "Mount it elsewhere: microvm.nix would keep the last one silently.",
    of: ({ shares, volumes }) =>
      [...shares, ...volumes].flatMap(({ mountPoint }) =>
        mountPoint === null ? [] : [{ ...mountPoint, value: mountPoint.value.replace(/(?<=.)\/+$/, "") }],
      ),
  },
  {
    code: "duplicate-uid",
    noun: "uid",
    remedy: "Give the user another uid.",
    of: ({ users }) => users.map(({ uid, path }) => ({ value: String(uid), path: [...path, "uid"] })),
  },
  {
    code: "duplicate-program",
    noun: "program of a user",
    remedy: "Write it once, with all of its settings.",
    of: ({ users }) =>
      users.flatMap(({ name, home }) =>
        home.flatMap((part) => (part.kind === "module" ? [] : [{ value: `${part.kind} of ${name}`, path: part.path }])),
      ),
  },
  {
    code: "duplicate-user",
    noun: "user name",
    remedy: "Leave the host's main user out: every guest has it.",
    of: ({ users }) => users.map(({ name, path }) => ({ value: name, path })),
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
