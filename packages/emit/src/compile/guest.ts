import {
  builtInShares,
  type GroupPlan,
  type GuestPlan,
  type HostPlan,
  readsOptions,
  type VmPlan,
} from "@microvm-emit/model";
import { attrs, binding, type Binding, blankLine, comment, type Expr, list, path } from "@microvm-emit/nix-ast";
import type { NixFile } from "../file.js";
import * as modules from "./guest-modules.js";
import { compileHardware, compileMachine, compileSeenVolume, compileShare, compileVolume } from "./hardware.js";
import { compileHome, homeManager } from "./home.js";
import { compileLink } from "./link.js";
import type { Relocate } from "./locations.js";
import { moduleWith } from "./module.js";
import { secretsKey, secretsModule } from "./secrets.js";
import type { SharedModules } from "./shared-modules.js";
import { defineSquash } from "./squash.js";
import { at, bindingAt, importModule, packageFrom, setAt } from "./terms.js";
import { compileOwnOptions } from "./vm.js";

/**
 * `guests/HOST/NAME.nix`: what a guest is made of, and the modules that it shares with others. One that is a VM's own says
 * who it is as well; the others learn that when they boot.
 */
export const compileGuest = (
  host: HostPlan,
  { own }: GuestPlan,
  vm: VmPlan,
  shared: SharedModules,
  relocate: Relocate,
): NixFile => ({
  kind: "nix",
  path: guestFile(host, vm),
  expr: comment(
    moduleWith(
      defineSquash(own === null ? builtInShares(vm) : vm.shares, vm.users[0], 2),
      binding(
        "imports",
        list([
          ...(own === null ? [path(`../../modules/${shared.use("guest", null, modules.guest)}`)] : []),
          ...importShared(vm, shared),
          ...vm.modules.map((module, position) => importModule(module, relocate, 2, [...vm.path, "modules", position])),
        ]),
      ),
      blankLine(setAt(vm.path, "networking", [...(own === null ? [] : names(vm)), ...firewall(vm)])),
      ...(own === null ? [] : vm.interfaces.map((link, position) => compileLink(link, position, vm))),
      ...(vm.packages.length === 0
        ? []
        : [blankLine(bindingAt([...vm.path, "packages"], ["environment", "systemPackages"], packagesOf(vm)))]),
      ...(own === null ? [] : compileEnvironment(vm)),
      ...vm.users.flatMap((user) => compileHome(user, vm, shared, relocate)).map(blankLine),
      ...compileFileSystems(vm),
      blankLine(bindingAt(vm.path, "microvm", attrs(own === null ? seenOptions(vm) : allOptions(vm)))),
      blankLine(bindingAt([...vm.path, "stateVersion"], ["system", "stateVersion"], vm.stateVersion)),
    ),
    { before: own === null ? `A guest of ${host.name}, which learns at boot which VM it is.` : titleOf(host, vm) },
  ),
});

/** The file of a guest, named by its first VM. */
export const guestFile = (host: HostPlan, { name }: Pick<VmPlan, "name">): string => `guests/${host.name}/${name}.nix`;

const titleOf = (host: HostPlan, vm: VmPlan): string => {
  const [address] = vm.interfaces.flatMap(({ addresses }) => addresses);
  return `The microVM ${vm.name} of ${host.name}${address === undefined ? "" : `, at ${address.value}`}.`;
};

const importShared = (vm: VmPlan, shared: SharedModules): readonly Expr[] => {
  const use = (name: string, key: unknown, make: () => Expr): Expr =>
    path(`../../modules/${shared.use(name, key, make)}`);
  const { agent, writableStoreOverlay } = vm;
  const nixpkgs = vm.nixpkgs ?? "nixpkgs";
  const groups = otherGroups(vm);
  const agentPath = [...vm.path, "agent"];
  return [
    use("base", null, modules.base),
    use("host-clock", null, modules.hostClock),
    ...(vm.sshHostKeys === null ? [] : [use("ssh-host-keys", null, modules.sshHostKeys)]),
    ...(writableStoreOverlay === null
      ? []
      : [
          use("writable-store", [writableStoreOverlay, nixpkgs], () =>
            modules.writableStore(writableStoreOverlay, nixpkgs),
          ),
        ]),
    ...vm.users.map((user, position) => {
      const isHostUser = position === 0;
      const { path: _, home, uid, gid, group, ...account } = user;
      const key = [account, isHostUser ? "host" : [uid, gid, group], home.some(({ kind }) => kind === "zsh")];
      return at(
        user.path,
        use(`user-${user.name}`, key, () => modules.user(user, isHostUser)),
      );
    }),
    ...(vm.sudo
      ? [
          at(
            [...vm.path, "sudo"],
            use("sudo", vm.users[0].name, () => modules.sudo(vm.users[0].name)),
          ),
        ]
      : []),
    ...(groups.length === 0 ? [] : [use("groups", groups, () => modules.groups(groups))]),
    ...(vm.users.some(({ home }) => home.length > 0) ? [use("home-manager", null, homeManager)] : []),
    ...(agent === null
      ? []
      : [
          at(
            agentPath,
            use(agent.name, [agent, vm.users[0].name, vm.users[0].home.length > 0], () =>
              at(agentPath, modules.agent(agent, vm.users[0])),
            ),
          ),
        ]),
    ...(vm.secrets.length === 0
      ? []
      : [
          at(
            [...vm.path, "secrets"],
            use("secrets", secretsKey(vm), () => secretsModule(vm.secrets, vm.users[0])),
          ),
        ]),
    ...(vm.unpatchedBinaries
      ? [at([...vm.path, "unpatchedBinaries"], use("unpatched-binaries", null, modules.unpatchedBinaries))]
      : []),
    ...vm.toolchains.map((toolchain, position) => {
      const origin = [...vm.path, "toolchains", position];
      return at(
        origin,
        use(toolchain.name, toolchain, () => at(origin, modules.toolchain(toolchain))),
      );
    }),
  ];
};

/** The groups that are no user's own, without their places in the config. */
const otherGroups = ({ groups, users }: VmPlan): readonly Omit<GroupPlan, "path">[] =>
  groups.filter(({ name }) => users.every(({ group }) => group !== name)).map(({ name, gid }) => ({ name, gid }));

const packagesOf = ({ path: origin, packages }: VmPlan): Expr =>
  list(packages.map((plan, position) => at([...origin, "packages", position], packageFrom("pkgs", plan))));

const names = ({ path: origin, name, nameservers }: VmPlan): readonly Binding[] => [
  bindingAt(origin, "hostName", name),
  bindingAt([...origin, "nameservers"], "nameservers", nameservers),
];

const firewall = ({ path: origin, firewall: { enable, ...allowed } }: VmPlan): readonly Binding[] => [
  bindingAt([...origin, "firewall"], ["firewall", "enable"], enable),
  ...Object.entries(allowed).flatMap(([option, ports]) =>
    ports.length === 0 ? [] : [bindingAt([...origin, "firewall", option], ["firewall", option], ports)],
  ),
];

const compileEnvironment = ({ path: origin, environment }: VmPlan): readonly Binding[] =>
  Object.keys(environment).length === 0
    ? []
    : [
        blankLine(
          bindingAt(
            [...origin, "environment"],
            ["environment", "variables"],
            attrs(
              Object.entries(environment).map(([name, value]) =>
                bindingAt([...origin, "environment", name], name, value),
              ),
            ),
          ),
        ),
      ];

/** What the guest's NixOS is to know of mounts besides what microvm.nix says of shares and volumes. */
const compileFileSystems = ({ shares, volumes, writableStoreOverlay: overlay }: VmPlan): readonly Binding[] => {
  const inInitrd = [...shares, ...volumes].flatMap(({ mountPoint, neededForBoot, path: origin }) =>
    mountPoint === null || !neededForBoot
      ? []
      : [bindingAt([...origin, "neededForBoot"], ["fileSystems", mountPoint.value, "neededForBoot"], true)],
  );
  const isMount = [...shares, ...volumes].some(({ mountPoint }) => mountPoint?.value === overlay);
  const isOnDisk =
    !isMount &&
    volumes.some(({ mountPoint }) => overlay !== null && mountPoint !== null && liesBelow(mountPoint.value, overlay));
  const memory = comment(
    binding(
      ["fileSystems", String(overlay)],
      attrs({ device: "tmpfs", fsType: "tmpfs", options: ["mode=0755"], neededForBoot: true }),
    ),
    { before: "Writes to the store are gone at shutdown, also where what is around them is on a disk." },
  );
  return [...inInitrd, ...(isOnDisk ? [memory] : [])].map((option, position) =>
    position === 0 ? blankLine(option) : option,
  );
};

const liesBelow = (outer: string, inner: string): boolean =>
  inner !== outer && inner.startsWith(outer === "/" ? outer : `${outer}/`);

const hypervisor = (vm: VmPlan): Binding => bindingAt([...vm.path, "hypervisor"], "hypervisor", vm.hypervisor);

/** All that microvm.nix is to know of a VM. */
const allOptions = (vm: VmPlan): readonly Binding[] => [
  hypervisor(vm),
  ...compileMachine(vm),
  ...compileOwnOptions(vm),
  bindingAt([...vm.path, "shares"], "shares", vm.shares.map(compileShare)),
  bindingAt([...vm.path, "volumes"], "volumes", vm.volumes.map(compileVolume)),
  ...(vm.machineId === undefined ? [] : [bindingAt([...vm.path, "machineId"], "machineId", vm.machineId)]),
  ...compileHardware(vm),
];

/** What of it shows in the guest. */
const seenOptions = (vm: VmPlan): readonly Binding[] => [
  hypervisor(vm),
  ...(readsOptions(vm) ? compileMachine(vm) : []),
  ...(vm.vsockSsh
    ? [comment(binding(["vsock", "cid"], FIRST_GUEST_CID), { before: "That there is one; each VM has its own." })]
    : []),
  bindingAt([...vm.path, "shares"], "shares", builtInShares(vm).map(compileShare)),
  bindingAt([...vm.path, "volumes"], "volumes", vm.volumes.map(compileSeenVolume)),
  ...compileHardware(vm),
];

/** Smaller ones mean the host and the hypervisor (linux `include/uapi/linux/vm_sockets.h`). */
const FIRST_GUEST_CID = 3;
