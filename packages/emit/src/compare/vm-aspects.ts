import type { SharePlan, VmPlan } from "@microvm-emit/model";
import { isSquashed, withoutOrigins } from "@microvm-emit/model/internal";
import { print } from "@microvm-emit/nix-ast";
import type { IsolationSummary, LeadingPort } from "../report/isolation-summary.js";
import { reachingWords } from "../report/isolation-words.js";
import { valueWords } from "../report/value-words.js";
import { access, type Aspect, setting } from "./aspect.js";
import { reachCovers, reachOf, reachWords } from "./reach.js";

/** A VM with its isolation on its host. */
export interface ComparedVm {
  readonly vm: VmPlan;
  readonly isolation: IsolationSummary;
}

/**
 * The parts of a VM's plan, by subject and name, without places in the config. Omits names and indexes, which have no
 * effect by themselves.
 */
export const partsOfVm = ({ vm }: ComparedVm): Readonly<Record<string, unknown>> => {
  const {
    path,
    name: _name,
    index: _index,
    renamedFrom: _renamedFrom,
    machine,
    network,
    storage,
    guest,
    ...others
  } = vm;
  const { written: _written, ...policy } = network.policy;
  const subjects: Readonly<Record<string, object>> = {
    machine,
    // The host's own changes cover its networks.
    network: {
      ...network,
      policy,
      interfaces: network.interfaces.map((link) => ({ ...link, network: link.network?.name ?? null })),
    },
    storage,
    guest,
    vm: others,
  };
  return Object.fromEntries(
    Object.entries(subjects).flatMap(([subject, parts]) =>
      Object.entries(parts).map(([part, value]) => [`${subject}.${part}`, withoutOrigins(value, path)]),
    ),
  );
};

type ReachedBy =
  | { readonly kind: "port"; readonly port: LeadingPort }
  | { readonly kind: "lan"; readonly lan: string }
  | { readonly kind: "everyone" };

/** Omits VMs that may open connections: their own plans contain these. */
const reachedBy = ({ isolation }: ComparedVm): readonly ReachedBy[] => [
  ...isolation.reachedBy.ports.map((port) => ({ kind: "port", port }) as const),
  ...isolation.reachedBy.lans.map((lan) => ({ kind: "lan", lan }) as const),
  ...(isolation.reachedBy.everyone ? [{ kind: "everyone" } as const] : []),
];

type Share = Pick<SharePlan, "source" | "readOnly"> & { readonly keepsOwners: boolean };

const sharesOf = ({ vm }: ComparedVm): readonly Share[] =>
  vm.storage.shares
    .filter(({ role }) => role === "own" || role === "workspace" || role === "agent")
    .map((share) => ({
      source: share.source,
      readOnly: share.readOnly,
      keepsOwners: !share.readOnly && !isSquashed(share),
    }));

const shareCovers = (wide: Share, narrow: Share): boolean =>
  (wide.source === narrow.source || narrow.source.startsWith(`${wide.source.replace(/\/$/, "")}/`)) &&
  (!wide.readOnly || narrow.readOnly) &&
  (wide.keepsOwners || !narrow.keepsOwners);

const shareWords = ({ source, readOnly, keepsOwners }: Share): string =>
  `${source} (${readOnly ? "read-only" : keepsOwners ? "writable, with the owners of the guest" : "writable"})`;

/** Ports that the guest's firewall opens; null for all. */
const openPorts = ({ vm: { guest } }: ComparedVm): readonly (string | null)[] => {
  const { enable, allowedTCPPorts, allowedUDPPorts } = guest.firewall;
  return enable
    ? [...allowedTCPPorts.map((port) => `tcp ${String(port)}`), ...allowedUDPPorts.map((port) => `udp ${String(port)}`)]
    : [null];
};

const only = (holds: boolean, word: string): readonly string[] => (holds ? [word] : []);

const words = (values: readonly unknown[]): readonly string[] => values.map((value) => valueWords(value) ?? "none");

const MiB = (size: number): string => `${String(size)} MiB`;

/** The permissions of a VM. */
const permissions: readonly Aspect<ComparedVm>[] = [
  access({
    name: "reaches",
    reads: ["network.policy"],
    facts: ({ vm }) => reachOf(vm),
    words: reachWords,
    covers: reachCovers,
    applies: "connections",
  }),
  access({
    name: "route out",
    reads: ["network.interfaces"],
    facts: ({ isolation: { wayOut, network } }) => (wayOut === null || network === "none" ? [] : [wayOut]),
    words: (ways) => ways.map(({ by, through }) => (through === null ? by : `${by} through ${through}`)),
    applies: "connections",
  }),
  access({
    name: "reached by",
    reads: ["network.policy", "network.interfaces", "network.forwardPorts"],
    facts: reachedBy,
    words: (facts) =>
      reachingWords({
        vms: [],
        ports: facts.flatMap((fact) => (fact.kind === "port" ? [fact.port] : [])),
        lans: facts.flatMap((fact) => (fact.kind === "lan" ? [fact.lan] : [])),
        everyone: facts.some(({ kind }) => kind === "everyone"),
      }),
    applies: "connections",
  }),
  access({
    name: "firewall",
    reads: ["guest.firewall"],
    facts: openPorts,
    words: (ports) => ports.map((port) => port ?? "off: all ports of the guest are open"),
    covers: (wide, narrow) => wide === null || wide === narrow,
    applies: "restart",
  }),
  access({
    name: "shares",
    reads: ["storage.shares", "storage.directories", "storage.workspace"],
    facts: sharesOf,
    words: (shares) => shares.map(shareWords),
    covers: shareCovers,
    applies: "restart",
  }),
  access({
    name: "secrets",
    reads: ["vm.secrets", "storage.shares", "storage.directories"],
    facts: ({ vm }) =>
      vm.secrets.map(({ name, file }) => ({ name, file: typeof file === "string" ? file : print(file).trim() })),
    words: (secrets) => secrets.map(({ name, file }) => `${name} (${valueWords(file) ?? ""})`),
    applies: "restart",
  }),
  access({
    name: "credentials",
    reads: ["machine.credentialFiles"],
    facts: ({ vm }) => Object.entries(vm.machine.credentialFiles),
    words: (files) => files.map(([name, file]) => `${name} (${file})`),
    applies: "restart",
  }),
  access({
    name: "sudo",
    reads: ["guest.sudo"],
    facts: ({ vm }) => only(vm.guest.sudo, "root without a password"),
    words: (facts) => facts,
    applies: "restart",
  }),
  access({
    name: "logins",
    reads: ["guest.users"],
    facts: ({ vm }) =>
      vm.guest.users.flatMap(({ name, sshKeys }) => sshKeys.map((key) => `${name} with the key ${shortKey(key)}`)),
    words: (facts) => facts,
    applies: "restart",
  }),
  access({
    name: "vsock",
    reads: ["machine.vsockSsh"],
    facts: ({ vm }) => only(vm.machine.vsockSsh, "root's SSH from the host"),
    words: (facts) => facts,
    applies: "restart",
  }),
  access({
    name: "devices",
    reads: ["machine.devices"],
    facts: ({ vm }) => vm.machine.devices.map(({ bus, device }) => `${bus} ${device}`),
    words: (facts) => facts,
    applies: "restart",
  }),
];

/** The end of a key distinguishes it; the comment names its owner. */
const shortKey = (key: string): string => {
  const [type = "", blob = "", ...comment] = key.split(" ");
  return [type, `…${blob.slice(-8)}`, ...comment].join(" ");
};

/** The other settings of a VM. */
const settings: readonly Aspect<ComparedVm>[] = [
  setting({
    name: "address",
    reads: ["network.interfaces"],
    values: ({ vm }) =>
      vm.network.interfaces.flatMap(({ addresses, dhcp, id }) =>
        addresses.length > 0 ? addresses.map(({ value }) => value) : dhcp ? [`by DHCP on ${id.value}`] : [],
      ),
    applies: "restart",
  }),
  setting({
    name: "networks",
    reads: ["network.interfaces"],
    values: ({ vm }) => vm.network.interfaces.map(({ type, network }) => network?.name ?? type),
    applies: "restart",
  }),
  setting({
    name: "vcpu",
    reads: ["machine.vcpu"],
    values: ({ vm }) => [String(vm.machine.vcpu)],
    applies: "restart",
  }),
  setting({
    name: "memory",
    reads: ["machine.memoryMiB"],
    values: ({ vm }) => [MiB(vm.machine.memoryMiB)],
    applies: "restart",
  }),
  setting({
    name: "hypervisor",
    reads: ["machine.hypervisor", "machine.qemuMachine"],
    values: ({ vm }) => [vm.machine.hypervisor],
    applies: "restart",
  }),
  setting({
    name: "limits",
    reads: ["machine.limits"],
    values: ({ vm }) =>
      Object.entries(vm.machine.limits).flatMap(([limit, value]) =>
        value === null ? [] : [`${limit} ${String(value)}`],
      ),
    applies: "switch",
  }),
  setting({
    name: "bandwidth",
    reads: ["network.policy"],
    values: ({ vm: { network } }) => [
      network.policy.mbitPerSecond === null ? "no limit" : `${String(network.policy.mbitPerSecond)} Mbit/s`,
    ],
    applies: "switch",
  }),
  setting({
    name: "autostart",
    reads: ["vm.autostart"],
    values: ({ vm }) => [vm.autostart ? "on" : "off"],
    applies: "switch",
  }),
  setting({
    name: "restartIfChanged",
    reads: ["vm.restartIfChanged"],
    values: ({ vm }) => [vm.restartIfChanged ? "on" : "off"],
    applies: "switch",
  }),
  setting({
    name: "volumes",
    reads: ["storage.volumes"],
    values: ({ vm }) =>
      vm.storage.volumes.map(({ image, sizeMiB, mountPoint }) =>
        [
          image,
          ...(sizeMiB === null ? [] : [MiB(sizeMiB)]),
          ...(mountPoint === null ? [] : [`at ${mountPoint.value}`]),
        ].join(" "),
      ),
    applies: "restart",
  }),
  setting({
    name: "repository",
    reads: ["storage.repository"],
    values: ({ vm: { storage } }) =>
      storage.repository === null
        ? []
        : [
            storage.repository.mountPoint.value,
            ...(storage.repository.clone === null ? [] : [`for ${storage.repository.clone.value}`]),
          ],
    applies: "restart",
  }),
  setting({
    name: "agent",
    reads: ["vm.agent"],
    values: ({ vm }) => [vm.agent?.name ?? "none"],
    applies: "restart",
  }),
  setting({
    name: "toolchains",
    reads: ["guest.toolchains"],
    values: ({ vm }) => vm.guest.toolchains.map(({ name }) => name),
    applies: "restart",
  }),
  setting({
    name: "packages",
    reads: ["guest.packages"],
    values: ({ vm }) => words(vm.guest.packages),
    applies: "restart",
  }),
  setting({
    name: "modules",
    reads: ["guest.modules"],
    values: ({ vm }) => words(vm.guest.modules),
    applies: "restart",
  }),
  setting({
    name: "environment",
    reads: ["guest.environment"],
    values: ({ vm }) => Object.keys(vm.guest.environment),
    applies: "restart",
  }),
  setting({
    name: "nameservers",
    reads: ["network.nameservers"],
    values: ({ vm }) => vm.network.nameservers,
    applies: "restart",
  }),
  setting({
    name: "stateVersion",
    reads: ["guest.stateVersion"],
    values: ({ vm }) => [vm.guest.stateVersion],
    applies: "restart",
  }),
];

/** Every aspect of a VM, the permissions first. */
export const vmAspects: readonly Aspect<ComparedVm>[] = [...permissions, ...settings];
