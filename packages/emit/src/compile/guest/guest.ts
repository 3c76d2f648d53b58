import type { GroupPlan, GuestPlan, HostPlan, VmPlan } from "@microvm-emit/model";
import { type GuestBase, readsOptions } from "@microvm-emit/model/internal";
import { attrs, binding, type Binding, blankLine, comment, type Expr, list, path } from "@microvm-emit/nix-ast";
import type { NixFile } from "../../output-file.js";
import { compileAgent } from "./agents.js";
import * as modules from "./guest-modules.js";
import { compileHardware, compileMachine } from "./hardware.js";
import { compileHome } from "./home.js";
import { guestFile } from "../host-files.js";
import type { Relocate } from "../locations.js";
import { moduleOf } from "../module.js";
import type { SharedModules } from "../shared-modules.js";
import { at, bindingAt, importModule, input, packageFrom, setAt } from "../terms.js";

/** The NixOS configuration of a guest. Its paths are relative to `hosts/HOST/vms` or `hosts/HOST/guests`. */
export const compileGuest = (
  { own }: Pick<GuestPlan, "own">,
  vm: VmPlan,
  shared: SharedModules,
  relocate: Relocate,
): Expr => {
  const imports = [
    ...importShared(vm, shared),
    ...vm.guest.modules.map((module, position) => importModule(module, relocate, 3, [...vm.path, "modules", position])),
  ];
  return moduleOf(
    ...(imports.length === 0 ? [] : [binding("imports", list(imports))]),
    blankLine(setAt([...vm.path, "firewall"], "networking", firewall(vm))),
    ...(vm.guest.packages.length === 0
      ? []
      : [blankLine(bindingAt([...vm.path, "packages"], ["environment", "systemPackages"], packagesOf(vm)))]),
    ...(vm.guest.unpatchedBinaries
      ? [bindingAt([...vm.path, "unpatchedBinaries"], ["microvm-emit", "unpatchedBinaries"], true)]
      : []),
    ...(vm.guest.nixpkgs === null
      ? []
      : [bindingAt([...vm.path, "nixpkgs"], ["microvm-emit", "nixpkgs"], input(vm.guest.nixpkgs, "outPath"))]),
    ...vm.guest.users.flatMap((user) => compileHome(user, vm, shared, relocate)).map(blankLine),
    blankLine(bindingAt(vm.path, "microvm", attrs(hardware(vm, own)))),
    blankLine(bindingAt([...vm.path, "stateVersion"], ["system", "stateVersion"], vm.guest.stateVersion)),
  );
};

/**
 * `hosts/HOST/guests/NAME.nix`: the NixOS configuration that several VMs share, named after the first one. With a base it
 * imports the base's file and adds the missing packages.
 */
export const compileSharedGuest = (
  host: HostPlan,
  guest: GuestPlan,
  vm: VmPlan,
  base: GuestBase | undefined,
  shared: SharedModules,
  relocate: Relocate,
): NixFile => ({
  kind: "nix",
  path: guestFile(host, guest),
  expr: comment(base === undefined ? compileGuest(guest, vm, shared, relocate) : compileMore(vm, base), {
    before: `The guest ${guest.name}: a NixOS configuration that several VMs of ${host.name} share.`,
  }),
});

const compileMore = (vm: VmPlan, base: GuestBase): Expr =>
  moduleOf(
    binding("imports", list([path(`./${base.name}.nix`)])),
    blankLine(
      bindingAt(
        [...vm.path, "packages"],
        ["environment", "systemPackages"],
        packagesOf(vm, (at) => base.missing.includes(at)),
      ),
    ),
  );

const importShared = (vm: VmPlan, shared: SharedModules): readonly Expr[] => {
  const use = (name: string, key: unknown, make: () => Expr): Expr =>
    path(`../../../modules/${shared.use(name, key, vm.name, make)}`);
  const { agent } = vm;
  const groups = otherGroups(vm);
  const agentPath = [...vm.path, "agent"];
  return [
    ...vm.guest.users.flatMap((user, position) => {
      const isHostUser = position === 0;
      // The library declares the host's user in every guest.
      if (isHostUser && !modules.addsToUser(user)) return [];
      const { path: _, home, uid, gid, group, ...account } = user;
      const key = [account, isHostUser ? "host" : [uid, gid, group], home.some(({ kind }) => kind === "zsh")];
      return [
        at(
          user.path,
          use(`user-${user.name}`, key, () => modules.user(user, isHostUser)),
        ),
      ];
    }),
    ...(vm.guest.sudo
      ? [
          at(
            [...vm.path, "sudo"],
            use("sudo", vm.guest.users[0].name, () => modules.sudo(vm.guest.users[0].name)),
          ),
        ]
      : []),
    ...(groups.length === 0 ? [] : [use("groups", groups, () => modules.groups(groups))]),
    ...(vm.guest.users.some(({ home }) => home.length > 0)
      ? [input("home-manager", "nixosModules", "home-manager")]
      : []),
    ...(agent === null
      ? []
      : [
          at(
            agentPath,
            use(agent.name, agent, () => at(agentPath, compileAgent(agent))),
          ),
        ]),
    ...vm.guest.toolchains.map((toolchain, position) => {
      const origin = [...vm.path, "toolchains", position];
      return at(
        origin,
        use(toolchain.name, toolchain, () => at(origin, modules.toolchain(toolchain))),
      );
    }),
  ];
};

/**
 * The groups other than the users' primary groups. Without their config paths, VMs with equal groups share a module.
 */
const otherGroups = ({ guest: { groups, users } }: VmPlan): readonly Omit<GroupPlan, "path">[] =>
  groups.filter(({ name }) => users.every(({ group }) => group !== name)).map(({ name, gid }) => ({ name, gid }));

const packagesOf = (
  { path: origin, guest: { packages } }: VmPlan,
  isWanted: (position: number) => boolean = () => true,
): Expr =>
  list(
    packages.flatMap((plan, position) =>
      isWanted(position) ? [at([...origin, "packages", position], packageFrom("pkgs", plan))] : [],
    ),
  );

const firewall = ({
  path: origin,
  guest: {
    firewall: { enable, ...allowed },
  },
}: VmPlan): readonly Binding[] => [
  bindingAt([...origin, "firewall"], ["firewall", "enable"], enable),
  ...Object.entries(allowed).flatMap(([option, ports]) =>
    ports.length === 0 ? [] : [bindingAt([...origin, "firewall", option], ["firewall", option], ports)],
  ),
];

/**
 * The `microvm` options that change the guest's NixOS, and the rest too if the guest belongs to one VM or a module may
 * read them.
 */
const hardware = (vm: VmPlan, own: GuestPlan["own"]): readonly Binding[] => [
  bindingAt([...vm.path, "hypervisor"], "hypervisor", vm.machine.hypervisor),
  ...(own !== null || readsOptions(vm) ? compileMachine(vm) : []),
  ...compileHardware(vm),
];
