import { collect } from "../collect.js";
import { isNode } from "../config/terms.js";
import type { GuestPlan, SharePlan, VmPlan, VolumePlan } from "../plan.js";
import type { ConfigPath } from "../problem.js";

/** What only the host sees of a VM, and what its guest learns when it boots. */
const identity = [
  "path",
  "name",
  "index",
  "renamedFrom",
  "autostart",
  "restartIfChanged",
  "guest",
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
] as const satisfies readonly (keyof VmPlan)[];

/** What a hypervisor gives a guest without its NixOS being told, as far as no module of the user's asks for it. */
const machine = [
  "vcpu",
  "memoryMiB",
  "balloon",
  "hotplug",
  "hugepages",
  "runAs",
] as const satisfies readonly (keyof VmPlan)[];

/** Whether Nix of the user's is part of a guest, which may read any option of it. */
export const readsOptions = ({ modules, users }: VmPlan): boolean =>
  modules.length > 0 || users.some(({ home }) => home.some(({ kind }) => kind === "module"));

/** What NixOS mounts in the initrd (nixpkgs nixos/lib/utils.nix, `pathsNeededForBoot`), long before a guest knows who it is. */
const mountedInInitrd: ReadonlySet<string> = new Set([
  "/",
  "/nix",
  "/nix/store",
  "/var",
  "/var/log",
  "/var/lib",
  "/var/lib/nixos",
  "/etc",
  "/usr",
]);

/** The shares that a guest's NixOS names; the others are mounted at boot, by what a VM's command line says. */
export const builtInShares = ({ shares, writableStoreOverlay }: VmPlan): readonly SharePlan[] =>
  shares.filter(
    ({ source, neededForBoot, mountPoint: { value } }) =>
      neededForBoot || source === "/nix/store" || value === writableStoreOverlay || mountedInInitrd.has(value),
  );

/** What a guest's NixOS calls a volume's image, whatever each VM's file is: as the default is called, or by a number. */
export const imageOf = ({ mountPoint }: VolumePlan, position: number): string =>
  mountPoint?.value === "/var" ? "var.img" : `volume-${String(position)}.img`;

/** Groups VMs by the NixOS that they need, each guest where its first VM by index is. */
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
    own,
  }));
};

/** A VM as its guest's NixOS sees it, without the places in the config that it came from. */
export const seenByGuest = (vm: VmPlan): Readonly<Record<string, unknown>> => {
  const unseen: ReadonlySet<string> = new Set([...identity, ...(readsOptions(vm) ? [] : machine)]);
  const seen: Partial<Record<keyof VmPlan, unknown>> = {
    ...vm,
    shares: builtInShares(vm),
    sshHostKeys: vm.sshHostKeys !== null,
    volumes: vm.volumes.map((volume, position) => {
      const { mountPoint, fsType, label, neededForBoot } = volume;
      return { image: imageOf(volume, position), mountPoint, fsType, label, neededForBoot };
    }),
    secrets: vm.secrets.map(({ name, variable, by }) => ({ name, variable, by })),
  };
  return Object.fromEntries(
    Object.entries(seen).flatMap(([key, value]) => (unseen.has(key) ? [] : [[key, withoutOrigins(value, vm.path)]])),
  );
};

const withoutOrigins = (part: unknown, root: ConfigPath): unknown => {
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
  if (vm.guest === "own") return "asked";
  const texts = textsAtBoot(vm);
  if (!texts.every(isAscii)) return "not-ascii";
  return base64Length(texts.join("").length) > longestIdentity ? "long" : null;
};

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);
const base64Length = (length: number): number => Math.ceil((length * 4) / 3);

/** Of the 2,047 bytes that a kernel takes (Linux `COMMAND_LINE_SIZE`), the rest is for NixOS, hypervisor and user. */
const longestIdentity = 1200;

/** What a guest learns at boot besides its name, with the words around it, as an estimate from above. */
const textsAtBoot = ({ name, interfaces, nameservers, shares, environment }: VmPlan): readonly string[] => {
  const framed = (text: string, length: number): string => text + " ".repeat(length);
  return [
    name,
    ...nameservers.map((server) => framed(server, 5)),
    ...interfaces.flatMap(({ mac, addresses }) => [
      framed(mac.value, 150),
      ...addresses.map(({ value, subnet }) => framed(value + (subnet.gateway?.value ?? ""), 80)),
    ]),
    ...shares.map(({ tag, mountPoint, proto }) => framed(tag.value + mountPoint.value, proto === "9p" ? 60 : 25)),
    ...Object.entries(environment).map(([variable, value]) => framed(variable + value, 11)),
  ];
};
