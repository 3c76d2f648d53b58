import type { Expr } from "@microvm-emit/nix-ast";
import type { ConfigPath } from "../problems/problem.js";
import type { NetworkPlan } from "./host-network.js";
import type { ModulePlan } from "./references.js";
import type { VmPlan } from "./vm.js";

export type { AgentPlan, AgentStatePlan } from "./agent.js";
export type { FirewallPlan, GuestSystemPlan, ToolchainPlan } from "./guest-system.js";
export type {
  AddressRange,
  BridgePlan,
  NatPlan,
  NetworkPlan,
  NetworkPlanBase,
  RoutedPlan,
  Subnet,
  SwitchedPlan,
  VlanPlan,
} from "./host-network.js";
export type { KeyPlan } from "./keys.js";
export type { DevicePlan, GraphicsPlan, LimitsPlan, MachinePlan, OptionPlan, OptionValue } from "./machine.js";
export type {
  AddressPlan,
  BridgeHelperPlan,
  ForwardEndPlan,
  ForwardPortPlan,
  InterfacePlan,
  InterfacePlanBase,
  MacvtapPlan,
  TapPlan,
  UserInterfacePlan,
  VmNetworkPlan,
} from "./network.js";
export type { Placed } from "./placed.js";
export type { AllowedPlan, PolicyPlan, PortPlan, PublishedPlan, ReachedVmPlan } from "./policy.js";
export type { ModulePlan, PackagePlan } from "./references.js";
export type { SecretPlan } from "./secret.js";
export type { DirectoryPlan, RepositoryPlan, SharePlan, ShareRole, StoragePlan, VolumePlan } from "./storage.js";
export type { EmacsPlan, GroupPlan, HomePlan, UserPlan, ZshPlan } from "./users.js";
export type { VmPlan } from "./vm.js";

/** A config with resolved names and addresses, sorted by name; the input of `compile`. */
export interface Plan {
  /** The description of the flake. */
  readonly description: string;
  /** The place of the library's NixOS modules. */
  readonly library: "copied" | "input";
  /** False if another flake imports the hosts. */
  readonly flake: boolean;
  /** The inputs of the flake, by name. */
  readonly inputs: readonly InputPlan[];
  /** The hosts, by name. */
  readonly hosts: readonly HostPlan[];
}

/** A flake input that the output declares. */
export interface InputPlan {
  /** Its name. */
  readonly name: string;
  /** Its flake reference. */
  readonly url: string;
  /** Inputs of the input, by name, each with the input of the flake that it follows. */
  readonly follows: Readonly<Record<string, string>>;
  /** False for a plain source tree. */
  readonly flake: boolean;
}

/** A NixOS host. */
export interface HostPlan {
  /** The part of the config, for problems. */
  readonly path: ConfigPath;
  /** Its name in `nixosConfigurations`. */
  readonly name: string;
  /** The platform, such as `x86_64-linux`. */
  readonly system: string;
  /** The `system.stateVersion` of the host. */
  readonly stateVersion: string;
  /** NixOS modules of the config. */
  readonly modules: readonly ModulePlan[];
  /** Bridges, each followed by its VLANs, then the routed network. */
  readonly networks: readonly NetworkPlan[];
  /** Its VMs, by name. */
  readonly vms: readonly VmPlan[];
  /** The NixOS systems of its VMs. */
  readonly guests: readonly GuestPlan[];
  /** VMs that are described elsewhere, by name. */
  readonly importedVms: readonly ImportedVmPlan[];
  /** The host folder that contains the folder of each VM. */
  readonly stateDirectory: string;
  /** The time limit for a VM to start or stop, in seconds. */
  readonly startupTimeoutSeconds: number;
  /** True if the services of VMs from `microvm -c` wait until their guests are up. */
  readonly useNotifySockets: boolean;
  /** False if the config turns off microvm.nix's host module. */
  readonly enable: boolean;
}

/** A NixOS for one VM, or for all of a host's VMs that differ in nothing that a guest sees. */
export interface GuestPlan {
  /** The name of its first VM. */
  readonly name: string;
  /** Its VMs by index, so that a new one comes last. */
  readonly vms: readonly [string, ...string[]];
  /**
   * The reason for a guest of one VM; null if several VMs share the guest and each gets its identity at boot.
   * `"single"`: no other VM has an equal guest. `"asked"`: by the config. `"long"`: the identity of the VM is too long
   * for the kernel's command line. `"not-ascii"`: the command line cannot contain it.
   */
  readonly own: "single" | "asked" | "long" | "not-ascii" | null;
}

/** A VM that is described elsewhere. */
export interface ImportedVmPlan {
  /** The part of the config, for problems. */
  readonly path: ConfigPath;
  /** Its name. */
  readonly name: string;
  /** True to start it with the host. */
  readonly autostart: boolean;
  /** True to restart it when it changes. */
  readonly restartIfChanged: boolean;
  /** The place of its NixOS. */
  readonly source: ImportedSource;
}

/** A flake, an attribute of an input, or a Nix expression. */
export type ImportedSource =
  | { readonly kind: "flake"; readonly input: string; readonly updateFlake: string | null }
  | { readonly kind: "input"; readonly input: string; readonly attribute: readonly [string, ...string[]] }
  | { readonly kind: "nix"; readonly expr: Expr };
