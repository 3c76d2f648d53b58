import type { Expr } from "@microvm-emit/nix-ast";
import type { AgentReleases } from "../catalogue/agent.js";
import type { InputFile } from "../config/home.js";
import type { Destination, HostPort, NetworkPolicy, ReachedVm } from "../config/policy.js";
import type { NixData, NixText } from "../scalars/terms.js";
import type { HypervisorName } from "../catalogue/hypervisors.js";
import type { ConfigPath } from "../problems/problem.js";

/** A config with every name resolved and every address known, sorted by name: what `compile` turns into Nix. */
export interface Plan {
  readonly description: string;
  /** Where the flake has the NixOS modules that are the same for every config. */
  readonly library: "copied" | "input";
  readonly inputs: readonly InputPlan[];
  readonly hosts: readonly HostPlan[];
}

/** A flake input that the output declares. */
export interface InputPlan {
  readonly name: string;
  readonly url: string;
  readonly follows: Readonly<Record<string, string>>;
  readonly flake: boolean;
}

export interface HostPlan {
  readonly path: ConfigPath;
  readonly name: string;
  readonly system: string;
  readonly stateVersion: string;
  readonly modules: readonly ModulePlan[];
  /** Bridges, each followed by its VLANs, then the routed network. */
  readonly networks: readonly NetworkPlan[];
  readonly vms: readonly VmPlan[];
  readonly guests: readonly GuestPlan[];
  readonly importedVms: readonly ImportedVmPlan[];
  /** The folder of the VMs' folders. */
  readonly stateDirectory: string;
  readonly startupTimeoutSeconds: number;
  readonly useNotifySockets: boolean;
  /** Whether microvm.nix's host module does anything. */
  readonly enable: boolean;
}

/** A NixOS for one VM, or for all of a host's VMs that differ in nothing that a guest sees. */
export interface GuestPlan {
  /** That of its first VM. */
  readonly name: string;
  /** Its VMs by index, so that a new one comes last. */
  readonly vms: readonly [string, ...string[]];
  /**
   * Why the guest is written plain, for its only VM; null if several VMs share it and learn at boot which one they are.
   * `"single"`: no other VM needs the same NixOS. `"asked"`: the config says so. `"long"`: what the VM would learn does not fit
   * on the kernel's command line. `"not-ascii"`: it cannot be written there.
   */
  readonly own: "single" | "asked" | "long" | "not-ascii" | null;
}

/** A module by path from the config file, by an input's attribute, or as Nix. */
export type ModulePlan =
  | { readonly kind: "path"; readonly path: string; readonly at: ConfigPath }
  | { readonly kind: "input"; readonly input: string; readonly attribute: readonly [string, ...string[]] }
  | { readonly kind: "nix"; readonly expr: Expr };

/** A package below `pkgs`, or as Nix. */
export type PackagePlan =
  | { readonly kind: "attribute"; readonly attribute: readonly [string, ...string[]] }
  | { readonly kind: "nix"; readonly expr: Expr };

/** A network that VMs can be in: a bridge, a VLAN of one, or the host's routed network. */
export type NetworkPlan = BridgePlan | VlanPlan | RoutedPlan;

interface NetworkBase {
  readonly path: ConfigPath;
  /** The host's interface in it; a routed network has one for each guest, and this name in messages only. */
  readonly name: string;
  /** At most one of each family, IPv4 first. */
  readonly subnets: readonly Subnet[];
  readonly nat: NatPlan | null;
  /** What VMs in it may reach that do not say so themselves; null where it does not say either. */
  readonly network: NetworkPolicy | null;
}

interface SwitchedNetwork extends NetworkBase {
  /** Interfaces of the host that join the bridge. */
  readonly ports: readonly string[];
  /** Whether machines beyond the host are in it. */
  readonly isLan: boolean;
  /** Whether the host asks a DHCP server for its own address. */
  readonly hostByDhcp: boolean;
  /** What the host's DHCP server gives to machines that it does not know; null for no server. */
  readonly dhcp: AddressRange | null;
}

export interface BridgePlan extends SwitchedNetwork {
  readonly kind: "bridge";
  /** Whether something else makes the bridge. */
  readonly existing: boolean;
}

export interface VlanPlan extends SwitchedNetwork {
  readonly kind: "vlan";
  readonly bridge: string;
  readonly id: number;
}

export interface RoutedPlan extends NetworkBase {
  readonly kind: "routed";
}

export interface NatPlan {
  /** The only way out; null for any that is no network of VMs. */
  readonly externalInterface: Placed<string> | null;
  readonly ipv6: Placed<boolean>;
}

/** A subnet; every address of a plan is written as its family writes it, and as nothing else. */
export interface Subnet {
  readonly family: 4 | 6;
  /** The host's own address in it, which is not there where a macvtap has a guest in a LAN. */
  readonly own: Placed<string> | null;
  /** The router that guests are told of. */
  readonly gateway: Placed<string> | null;
  /** The first address. */
  readonly network: string;
  /** The last address, IPv4's broadcast. */
  readonly last: string;
  readonly prefixLength: number;
}

/** IPv4 addresses from one to another. */
export interface AddressRange {
  readonly from: Placed<string>;
  readonly to: Placed<string>;
}

/** A VM that is described elsewhere. */
export interface ImportedVmPlan {
  readonly path: ConfigPath;
  readonly name: string;
  readonly autostart: boolean;
  readonly restartIfChanged: boolean;
  readonly source: ImportedSource;
}

export type ImportedSource =
  | { readonly kind: "flake"; readonly input: string; readonly updateFlake: string | null }
  | { readonly kind: "input"; readonly input: string; readonly attribute: readonly [string, ...string[]] }
  | { readonly kind: "nix"; readonly expr: Expr };

/** A VM, grouped by subject; null stands for a setting that the config leaves out. */
export interface VmPlan {
  readonly path: ConfigPath;
  readonly name: string;
  readonly index: number;
  /** The VM's former name. */
  readonly renamedFrom: string | null;
  readonly autostart: boolean;
  readonly restartIfChanged: boolean;
  readonly machine: MachinePlan;
  readonly network: VmNetworkPlan;
  readonly storage: StoragePlan;
  readonly guest: GuestSystemPlan;
  readonly agent: AgentPlan | null;
  readonly secrets: readonly SecretPlan[];
}

/** The virtual machine that the hypervisor runs, without network and disks. */
export interface MachinePlan {
  readonly hypervisor: HypervisorName;
  readonly vcpu: number;
  readonly memoryMiB: number;
  readonly limits: LimitsPlan;
  readonly socket: string | null;
  readonly vsockCid: Placed<number> | null;
  readonly vsockSsh: boolean;
  readonly balloon: { readonly initialMiB: number; readonly deflateOnOOM: boolean } | null;
  readonly hotplug: { readonly maxMiB: number; readonly initialMiB: number | null } | null;
  readonly hugepages: boolean;
  readonly cpu: string | null;
  readonly devices: readonly DevicePlan[];
  readonly graphics: GraphicsPlan | null;
  /** Files of the host by the name of the credential. */
  readonly credentialFiles: Readonly<Record<string, string>>;
  readonly runAs: string | null;
  readonly kernel: PackagePlan | null;
  readonly kernelParams: readonly NixText[];
  /** Null asks for no machine id; undefined where the config leaves it out. */
  readonly machineId: string | null | undefined;
  /** The machine type of QEMU: the config's or the default of microvm.nix. */
  readonly qemuMachine: string;
  /** Options that the config sets by their names in microvm.nix. */
  readonly options: readonly OptionPlan[];
}

/** The host's side of a VM's network. */
export interface VmNetworkPlan {
  /** The default route uses the first one. */
  readonly interfaces: readonly InterfacePlan[];
  readonly forwardPorts: readonly ForwardPortPlan[];
  readonly policy: PolicyPlan;
  readonly nameservers: readonly string[];
}

/** Shares, disks and the host folders behind them. */
export interface StoragePlan {
  readonly shares: readonly SharePlan[];
  readonly volumes: readonly VolumePlan[];
  readonly storeDisk: { readonly type: "erofs" | "squashfs"; readonly flags: readonly NixText[] | null } | null;
  readonly writableStoreOverlay: string | null;
  /** Host folders made before the VM starts, outermost first. */
  readonly directories: readonly DirectoryPlan[];
  /** The host folder of the guest's SSH host keys, one of `directories`. */
  readonly sshHostKeys: string | null;
  /** The folder the agent works in. */
  readonly workspace: string | null;
}

/** The NixOS of the guest. */
export interface GuestSystemPlan {
  /** `"shared"`: one NixOS for all VMs with an equal guest; `"own"`: one for this VM. */
  readonly nixos: "shared" | "own";
  /** The host's main user first. */
  readonly users: readonly [UserPlan, ...UserPlan[]];
  readonly groups: readonly GroupPlan[];
  /** The main user may become root. */
  readonly sudo: boolean;
  readonly firewall: FirewallPlan;
  readonly toolchains: readonly ToolchainPlan[];
  /** Programs built for other distributions can start. */
  readonly unpatchedBinaries: boolean;
  /** Variables of this VM only. */
  readonly environment: Readonly<Record<string, string>>;
  readonly packages: readonly PackagePlan[];
  readonly modules: readonly ModulePlan[];
  readonly specialArgs: Readonly<Record<string, NixData>>;
  /** The guest's package set; null for a set of its own, undefined for the host's. */
  readonly pkgs: Expr | null | undefined;
  /** The input that provides the NixOS modules of the guest. */
  readonly nixpkgs: string | null;
  readonly stateVersion: string;
}

/** What a VM may take of its host; null for what every VM may. */
export interface LimitsPlan {
  readonly cpuPercent: number | null;
  readonly memoryMiB: number | null;
  readonly ioWeight: number | null;
  readonly tasks: number | null;
}

export interface DevicePlan {
  readonly path: ConfigPath;
  readonly bus: "pci" | "usb";
  readonly device: string;
  readonly qemu: Readonly<Record<string, string | undefined>>;
}

export interface GraphicsPlan {
  readonly backend: "gtk" | "cocoa" | "headless";
  readonly crosvmPackage: PackagePlan | null;
  readonly hostMemoryMiB: number;
  readonly socket: string | null;
  readonly vulkan: string | null;
}

/** An option of microvm.nix that the config gives by its own name. */
export interface OptionPlan {
  readonly path: ConfigPath;
  /** Its attribute path below `microvm`. */
  readonly option: readonly [string, ...string[]];
  readonly value: OptionValue;
}

export type OptionValue =
  | { readonly kind: "data"; readonly data: NixData }
  | { readonly kind: "package"; readonly package: PackagePlan }
  | { readonly kind: "packages"; readonly packages: Readonly<Record<string, PackagePlan>> };

/** A value and where the config says it: the VM itself where the index decides. */
export interface Placed<A> {
  readonly value: A;
  readonly path: ConfigPath;
}

export type InterfacePlan = TapPlan | MacvtapPlan | BridgeHelperPlan | UserInterfacePlan;

interface InterfaceBase {
  readonly path: ConfigPath;
  /** The name of the host's interface; what the hypervisor calls it, where there is none. */
  readonly id: Placed<string>;
  readonly mac: Placed<string>;
  /** Whether the guest asks for its IPv4 address; one that is known is leased to it. */
  readonly dhcp: boolean;
  readonly addresses: readonly AddressPlan[];
}

export interface TapPlan extends InterfaceBase {
  readonly type: "tap";
  readonly network: NetworkPlan;
  readonly vhost: boolean;
}

export interface BridgeHelperPlan extends InterfaceBase {
  readonly type: "bridge";
  readonly network: BridgePlan;
}

export interface MacvtapPlan extends InterfaceBase {
  readonly type: "macvtap";
  readonly network: null;
  readonly link: string;
  readonly mode: "private" | "vepa" | "bridge" | "passthru" | "source";
}

export interface UserInterfacePlan extends InterfaceBase {
  readonly type: "user";
  readonly network: null;
}

/** A guest's address and the subnet it is in. */
export interface AddressPlan extends Placed<string> {
  readonly subnet: Subnet;
}

export interface ForwardPortPlan {
  readonly path: ConfigPath;
  readonly from: "host" | "guest";
  readonly proto: "tcp" | "udp";
  readonly host: ForwardEndPlan;
  readonly guest: ForwardEndPlan;
}

export interface ForwardEndPlan {
  readonly address: string | null;
  readonly port: number;
}

/** What a VM may reach over its taps. */
export interface PolicyPlan {
  /** Where the config says it, or the VM where nothing does. */
  readonly path: ConfigPath;
  readonly network: NetworkPolicy;
  /** Domains, those below one as `*.example.org`. */
  readonly domains: readonly AllowedPlan[];
  /** Addresses and subnets. */
  readonly addresses: readonly AllowedPlan[];
  /** VMs of the host, by name. */
  readonly vms: readonly ReachedVmPlan[];
  readonly host: readonly PortPlan[];
  readonly published: readonly PublishedPlan[];
  /** Of what the host forwards, in each direction; null for no limit. */
  readonly mbitPerSecond: number | null;
  /** What the config says, word for word. */
  readonly written: {
    readonly allow: readonly Placed<Destination>[];
    readonly reachVms: readonly Placed<ReachedVm>[];
    readonly reachHost: readonly Placed<HostPort>[];
  };
}

export interface ReachedVmPlan extends Placed<string> {
  /** Those that are reached; null for all that there is, of any protocol. */
  readonly ports: readonly PortPlan[] | null;
}

/** A port of the host's outward interface that leads to a port of a VM. */
export interface PublishedPlan {
  readonly path: ConfigPath;
  readonly proto: "tcp" | "udp";
  readonly host: number;
  readonly guest: number;
}

export interface AllowedPlan {
  readonly path: ConfigPath;
  readonly target: string;
  readonly ports: readonly PortPlan[];
}

export interface PortPlan {
  readonly proto: "tcp" | "udp";
  readonly port: number;
}

export interface FirewallPlan {
  readonly enable: boolean;
  readonly allowedTCPPorts: readonly number[];
  readonly allowedUDPPorts: readonly number[];
}

export interface SharePlan {
  readonly path: ConfigPath;
  /** Why the VM has it. */
  readonly role: ShareRole;
  readonly tag: Placed<string>;
  readonly source: string;
  readonly mountPoint: Placed<string>;
  readonly readOnly: boolean;
  readonly neededForBoot: boolean;
  readonly owners: "squash" | "guest" | null;
  /** Why it is shared all the same. */
  readonly dangerous: string | null;
  readonly proto: "virtiofs" | "9p";
  readonly cache: string | null;
  readonly securityModel: string | null;
  readonly posixAcl: boolean | null;
  readonly socket: string | null;
  readonly extraArgs: readonly NixText[];
}

/** A share that each VM may have once, or one of the config's own. */
export type ShareRole = "store" | "sshHostKeys" | "agent" | "secrets" | "workspace" | "own";

export interface VolumePlan {
  readonly path: ConfigPath;
  readonly image: string;
  readonly mountPoint: Placed<string> | null;
  readonly sizeMiB: number | null;
  readonly fsType: string;
  readonly readOnly: boolean;
  readonly neededForBoot: boolean;
  readonly autoCreate: boolean;
  readonly label: string | null;
  readonly serial: string | null;
  readonly direct: boolean;
  readonly imageType: string | null;
  readonly mkfsExtraArgs: readonly string[];
}

export interface DirectoryPlan {
  readonly path: string;
  /** Root, or the main user with its primary group. */
  readonly owner: "root" | "user";
  /** Octal, as in `0755`. */
  readonly mode: string;
  /** What of its path a guest can replace by a link, since it lies in a folder that one may write; outermost first. */
  readonly exposed: readonly string[];
}

export interface UserPlan {
  readonly path: ConfigPath;
  readonly name: string;
  /** Null for the host's `users.users.NAME.uid`, which only the main user has. */
  readonly uid: number | null;
  /** Null for the gid of the host's group. */
  readonly gid: number | null;
  /** The primary group; null for the host's `users.users.NAME.group`. */
  readonly group: string | null;
  readonly extraGroups: readonly string[];
  readonly homeDirectory: string;
  readonly sshKeys: readonly string[];
  readonly home: readonly HomePlan[];
}

export interface GroupPlan {
  readonly path: ConfigPath;
  readonly name: string;
  readonly gid: number;
}

export type HomePlan = ZshPlan | EmacsPlan | { readonly kind: "module"; readonly module: ModulePlan };

export interface ZshPlan {
  readonly path: ConfigPath;
  readonly kind: "zsh";
  readonly history: Readonly<Record<string, number | boolean | undefined>>;
  readonly init: readonly (string | InputFile)[];
  readonly extraInit: string | null;
}

export interface EmacsPlan {
  readonly path: ConfigPath;
  readonly kind: "emacs";
  readonly package: PackagePlan | null;
  readonly configDirectory: InputFile | null;
}

export interface AgentPlan {
  readonly name: string;
  readonly package: PackagePlan;
  readonly packagesFrom: "nixpkgs" | "nixpkgs-unstable";
  readonly releases: AgentReleases | null;
  readonly unfree: boolean | readonly string[];
  readonly state: AgentStatePlan | null;
  /** Its name in home-manager. */
  readonly homeManagerProgram: string | null;
  readonly command: string;
}

/** A secret of a guest's main user. */
export interface SecretPlan {
  readonly path: ConfigPath;
  readonly name: string;
  /** Where the host has it. */
  readonly file: string | Expr;
  readonly variable: string | null;
  /** How it comes into the guest: as a systemd credential of the hypervisor's, or on a share that root alone reads. */
  readonly by: "credential" | "share";
}

export interface AgentStatePlan {
  /** Where the guest has it. */
  readonly directory: string;
  /** Where the guest finds what it copies to `directory` when it starts; null where `directory` is the host's folder. */
  readonly copiedFrom: string | null;
  readonly variable: string | null;
  /** The user's folders that lead to it and to its links, and the links' targets; outermost first. Mounts make root's. */
  readonly parents: readonly string[];
  /** Symlinks by path, each with its target. */
  readonly links: Readonly<Record<string, string>>;
}

export interface ToolchainPlan {
  readonly name: string;
  readonly packages: readonly PackagePlan[];
  readonly environment: Readonly<Record<string, string>>;
  readonly searchPath: readonly string[];
}
