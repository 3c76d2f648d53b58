import { collect } from "../common/collect.js";
import { isNode } from "../common/nix-node.js";
import type { GuestPlan, HostPlan, VmPlan, VolumePlan } from "../plan/plan.js";
import type { ConfigPath } from "../problems/problem.js";
import { builtInShares } from "./built-in-shares.js";
import { identityOf } from "./identity.js";

/** A VM without its groups, because a difference is reported by the setting of the config. */
const flat = ({ machine, network, storage, guest, ...others }: VmPlan) => ({
  ...machine,
  ...network,
  ...storage,
  ...guest,
  ...others,
});

type FlatVm = ReturnType<typeof flat>;

/** Settings that only the host sees, or that a guest gets at boot. */
const identity = [
  "path",
  "name",
  "index",
  "renamedFrom",
  "autostart",
  "restartIfChanged",
  "nixos",
  "socket",
  "vsockCid",
  "interfaces",
  "forwardPorts",
  "policy",
  "nameservers",
  "directories",
  "workspace",
  "credentialFiles",
  "limits",
  "machineId",
  "environment",
  "keys",
] as const satisfies readonly (keyof FlatVm)[];

/** Settings of the hypervisor that the guest's NixOS does not depend on, unless a module of the user reads them. */
const hardware = [
  "vcpu",
  "memoryMiB",
  "balloon",
  "hotplug",
  "hugepages",
  "runAs",
] as const satisfies readonly (keyof FlatVm)[];

/** True if a guest contains Nix of the user, which may read any option. */
export const readsOptions = ({ guest: { modules, users } }: VmPlan): boolean =>
  modules.length > 0 || users.some(({ home }) => home.some(({ kind }) => kind === "module"));

/** The name of a volume's image in the guest's NixOS, independent of each VM's file. */
export const imageOf = ({ mountPoint }: VolumePlan, position: number): string =>
  mountPoint?.value === "/var" ? "var.img" : `volume-${String(position)}.img`;

/** Groups VMs by the NixOS that they need. Guests are in the order of the index of their first VM. */
export const groupGuests = (vms: readonly VmPlan[]): readonly GuestPlan[] => {
  const groups = collect(
    vms
      .toSorted((a, b) => a.index - b.index)
      .map((vm) => {
        const own = reasonForOwn(vm);
        return [own === null ? JSON.stringify(seenByGuest(vm), bigintAsText) : vm.name, { name: vm.name, own }];
      }),
  );
  return [...groups.values()].map(([{ name, own }, ...others]) => ({
    name,
    vms: [name, ...others.map((vm) => vm.name)],
    own: own ?? (others.length === 0 ? "single" : null),
  }));
};

/** A guest whose VMs lack only some packages of an earlier shared guest. */
export interface GuestBase {
  readonly name: string;
  /** The positions of the packages that it lacks, in `packages` of the other's VMs. */
  readonly missing: readonly number[];
}

/** The base of each shared guest that has one, by name: the first guest before it that differs in packages that it lacks. */
export const guestBases = ({ guests, vms }: Pick<HostPlan, "guests" | "vms">): ReadonlyMap<string, GuestBase> => {
  const named = new Map(vms.map((vm) => [vm.name, vm]));
  const before = new Map<string, { readonly name: string; readonly packages: ReadonlySet<string> }[]>();
  const bases = new Map<string, GuestBase>();
  for (const { name, own } of guests) {
    const vm = named.get(name);
    if (own !== null || vm === undefined) continue;
    const { packages: _, ...rest } = seenByGuest(vm);
    const key = JSON.stringify(rest, bigintAsText);
    const packages = vm.guest.packages.map((plan) => JSON.stringify(plan, bigintAsText));
    const known = before.get(key) ?? [];
    const base = known.find((other) => [...other.packages].every((plan) => packages.includes(plan)));
    if (base !== undefined) {
      const missing = packages.flatMap((plan, position) => (base.packages.has(plan) ? [] : [position]));
      bases.set(name, { name: base.name, missing });
    }
    before.set(key, [...known, { name, packages: new Set(packages) }]);
  }
  return bases;
};

/** A VM as its guest's NixOS sees it, without the places in the config that it came from. */
export const seenByGuest = (vm: VmPlan): Readonly<Record<string, unknown>> => {
  const unseen: ReadonlySet<string> = new Set([...identity, ...(readsOptions(vm) ? [] : hardware)]);
  const seen: Partial<Record<keyof FlatVm, unknown>> = {
    ...flat(vm),
    shares: builtInShares(vm),
    sshHostKeys: vm.storage.sshHostKeys !== null,
    repository: vm.storage.repository?.mountPoint.value ?? null,
    volumes: vm.storage.volumes.map((volume, position) => {
      const { mountPoint, fsType, label, neededForBoot } = volume;
      return { image: imageOf(volume, position), mountPoint, fsType, label, neededForBoot };
    }),
    secrets: vm.secrets.map(({ name, variable, by }) => ({ name, variable, by })),
  };
  return Object.fromEntries(
    Object.entries(seen).flatMap(([key, value]) => (unseen.has(key) ? [] : [[key, withoutOrigins(value, vm.path)]])),
  );
};

/** A part of a plan without the places in the config below `root` that it came from. */
export const withoutOrigins = (part: unknown, root: ConfigPath): unknown => {
  if (typeof part !== "object" || part === null || isNode(part)) return part;
  if (Array.isArray(part)) {
    return root.every((step, position) => part[position] === step)
      ? undefined
      : part.map((item) => withoutOrigins(item, root));
  }
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, withoutOrigins(value, root)]));
};

const bigintAsText = (_: string, value: unknown): unknown => (typeof value === "bigint" ? `${String(value)}n` : value);

const reasonForOwn = (vm: VmPlan): GuestPlan["own"] => {
  if (vm.guest.nixos === "own") return "asked";
  const { length, isAscii } = identityOf(vm);
  if (!isAscii) return "not-ascii";
  const others = vm.machine.kernelParams.map((parameter) => (typeof parameter === "string" ? parameter.length + 1 : 0));
  return others.reduce((sum, one) => sum + one, length) > longestIdentity ? "long" : null;
};

/**
 * The kernel accepts 2,047 bytes (Linux `COMMAND_LINE_SIZE`). The library (`vm/start-vm.nix`) reserves 197 for the
 * hypervisor. NixOS and microvm.nix use at most 260, and 190 remain for modules of the user.
 */
const longestIdentity = 1400;
