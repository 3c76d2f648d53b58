import type { KeyPlan } from "./keys.js";
import type { Expr } from "@microvm-emit/nix-ast";
import type { HostModel, VmModel } from "../config/config.js";
import type { ConfigPath } from "../problems/problem.js";
import type { NixData } from "../scalars/terms.js";
import { type ModulePlan, type PackagePlan, planModule, planPackage } from "./references.js";
import { type GroupPlan, planGroups, type UserPlan } from "./users.js";

/** The NixOS of the guest. */
export interface GuestSystemPlan {
  /** `"shared"`: one NixOS for all VMs with an equal guest; `"own"`: one for this VM. */
  readonly nixos: "shared" | "own";
  /** The users of the guest, the host's main user first. */
  readonly users: readonly [UserPlan, ...UserPlan[]];
  /** Groups with a fixed gid. */
  readonly groups: readonly GroupPlan[];
  /** True if the main user may become root. */
  readonly sudo: boolean;
  /** The guest's firewall. */
  readonly firewall: FirewallPlan;
  /** Toolchains, in the order of the config. */
  readonly toolchains: readonly ToolchainPlan[];
  /** True if programs built for other distributions can start. */
  readonly unpatchedBinaries: boolean;
  /** Environment variables of this VM only, by name. */
  readonly environment: Readonly<Record<string, string>>;
  /** Packages for all users. */
  readonly packages: readonly PackagePlan[];
  /** NixOS modules of the config. */
  readonly modules: readonly ModulePlan[];
  /** Arguments for the modules, by name. */
  readonly specialArgs: Readonly<Record<string, NixData>>;
  /** The package set; null for one of this guest only, undefined for the host's. */
  readonly pkgs: Expr | null | undefined;
  /** The input that provides the NixOS modules of the guest. */
  readonly nixpkgs: string | null;
  /** The `system.stateVersion` of the guest. */
  readonly stateVersion: string;
}

/** The firewall inside a guest. */
export interface FirewallPlan {
  /** False to turn it off. */
  readonly enable: boolean;
  /** Open TCP ports. */
  readonly allowedTCPPorts: readonly number[];
  /** Open UDP ports. */
  readonly allowedUDPPorts: readonly number[];
}

/** A toolchain of a VM. */
export interface ToolchainPlan {
  /** The name of its module. */
  readonly name: string;
  /** Its packages. */
  readonly packages: readonly PackagePlan[];
  /** Environment variables by name. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folders at the front of PATH. */
  readonly searchPath: readonly string[];
}

export const planGuestSystem = (
  vm: VmModel,
  keys: readonly KeyPlan[],
  users: GuestSystemPlan["users"],
  host: HostModel,
  path: ConfigPath,
): GuestSystemPlan => ({
  nixos: vm.guest,
  users,
  groups: planGroups(users, vm, path),
  sudo: vm.sudo,
  firewall: planFirewall(vm),
  toolchains: vm.toolchains.map(planToolchain),
  unpatchedBinaries: vm.unpatchedBinaries ?? vm.toolchains.some((toolchain) => toolchain.unpatchedBinaries),
  // Variables of the config come last and win.
  environment: Object.fromEntries(
    [...keys.map(({ variables }) => variables ?? {}), vm.environment]
      .flatMap((variables) => Object.entries<string>(variables))
      .sort(byName),
  ),
  packages: vm.packages.map(planPackage),
  modules: vm.modules.map((module, position) => planModule(module, [...path, "modules", position])),
  specialArgs: vm.specialArgs,
  pkgs: vm.pkgs,
  nixpkgs: vm.nixpkgs ?? null,
  stateVersion: vm.stateVersion ?? host.stateVersion,
});

const planFirewall = ({ firewall }: VmModel): FirewallPlan =>
  typeof firewall === "boolean"
    ? { enable: firewall, allowedTCPPorts: [], allowedUDPPorts: [] }
    : { enable: true, ...firewall };

const planToolchain = ({ name, packages, environment, searchPath }: VmModel["toolchains"][number]): ToolchainPlan => ({
  name,
  packages: packages.map(planPackage),
  environment,
  searchPath,
});

const byName = ([a]: readonly [string, string], [b]: readonly [string, string]): number => (a < b ? -1 : a > b ? 1 : 0);
