import type { Expr } from "@microvm-emit/nix-ast";
import { z } from "zod";
import { type AgentName, agents } from "../catalogue/agents.js";
import { type HypervisorName, hypervisors } from "../catalogue/hypervisors.js";
import * as scalar from "../scalars/scalars.js";
import { vmIndex } from "../scalars/vm-index.js";
import { type ToolchainName, toolchains } from "../catalogue/toolchains.js";
import { type Agent, agentSchema } from "../catalogue/agent.js";
import {
  type Balloon,
  balloonSchema,
  type Device,
  deviceSchema,
  type Graphics,
  graphicsSchema,
  type Hotplug,
  hotplugSchema,
  type StoreDisk,
  storeDiskSchema,
} from "./hardware.js";
import { type Home, homeSchema } from "./home.js";
import { type VmKeys, vmKeysSchema } from "./keys.js";
import { type Limits, limitsSchema } from "./limits.js";
import { type MicrovmOptions, microvmSchema } from "./microvm.js";
import {
  type Firewall,
  firewallSchema,
  type ForwardPort,
  forwardPortSchema,
  type Interface,
  interfaceSchema,
} from "./network.js";
import {
  type Destination,
  destinationSchema,
  type HostPort,
  hostPortSchema,
  type NetworkPolicy,
  networkPolicySchema,
  type PublishedPort,
  publishedPortSchema,
  type ReachedVm,
  reachedVmSchema,
} from "./policy.js";
import { type Secret, secretSchema } from "./secret.js";
import { type Silences, silenceSchema } from "./silence.js";
import { type Share, shareSchema, type Volume, volumeSchema } from "./storage.js";
import {
  type Module,
  moduleSchema,
  named,
  type NixData,
  nixDataSchema,
  nixExpression,
  type NixText,
  nixTextSchema,
  object,
  type Package,
  packageSchema,
  record,
} from "../scalars/terms.js";
import { type Toolchain, toolchainSchema } from "../catalogue/toolchain.js";
import { type GuestGroup, guestGroupSchema, type GuestUser, guestUserSchema } from "./user.js";

/** A virtual machine. Every setting has a default, so `{}` is a VM that runs. */
export interface Vm {
  /**
   * The number behind the VM's tap, MAC, IPv4 address and vsock CID: index 4 is tap `microvm4`, MAC
   * `02:00:00:00:00:05`, the subnet's address 6 and CID 7.
   *
   * @default the next free one, kept in the lock file
   */
  readonly index?: number | undefined;

  /**
   * The VM's former name: the VM keeps its index, and so its tap, MAC, address and CID. It may stay after the rename.
   *
   * @example "old"
   * @default none
   */
  readonly renamedFrom?: string | undefined;

  /**
   * Starts the VM with the host.
   *
   * @default false
   */
  readonly autostart?: boolean | undefined;

  /**
   * Restarts the VM on a switch of the host that changes its configuration; off by default, because it would end a
   * running agent.
   *
   * @default false
   */
  readonly restartIfChanged?: boolean | undefined;

  /**
   * The program that runs the VM. A setting that it does not support is a problem that names the hypervisors that do.
   *
   * @default "cloud-hypervisor"
   */
  readonly hypervisor?: HypervisorName | undefined;

  /**
   * The number of virtual CPUs.
   *
   * @default 8
   */
  readonly vcpu?: number | undefined;

  /**
   * The guest's memory in MiB (1024 MiB = 1 GiB). `qemu` hangs with exactly 2048.
   *
   * @default 4096
   */
  readonly memoryMiB?: number | undefined;

  /**
   * The name of the hypervisor's control socket in the VM's folder below `/var/lib/microvms`. Without one (null), the
   * guest cannot shut down gracefully.
   *
   * @default "control.socket"
   */
  readonly socket?: string | null | undefined;

  /**
   * Lets the host take memory back from the running guest.
   *
   * @default false
   * @example { initialMiB: 1024 }
   */
  readonly balloon?: boolean | Balloon | undefined;

  /**
   * Memory that can be added to the running guest, in addition to `memoryMiB`.
   *
   * @default none
   * @example { maxMiB: 8192, initialMiB: 0 }
   */
  readonly hotplug?: Hotplug | undefined;

  /**
   * Uses huge pages for the guest's memory, which the host must reserve; `cloud-hypervisor` only.
   *
   * @default false
   */
  readonly hugepages?: boolean | undefined;

  /**
   * The CPU that `qemu` emulates, which is far slower than the host's own.
   *
   * @default none: the host's
   * @example "max"
   */
  readonly cpu?: string | undefined;

  /**
   * PCI and USB devices of the host for the exclusive use of the guest.
   *
   * @default []
   * @example [{ bus: "pci", path: "0000:01:00.0" }]
   */
  readonly devices?: readonly Device[] | undefined;

  /**
   * Gives the guest a screen.
   *
   * @default false
   * @example { backend: "headless" }
   */
  readonly graphics?: boolean | Graphics | undefined;

  /**
   * Files of the host by the name of the systemd credential in the guest.
   *
   * @default {}
   * @example { API_KEY: "/run/secrets/api-key" }
   */
  readonly credentialFiles?: Readonly<Record<string, string>> | undefined;

  /**
   * The user of the host that `qemu` becomes after it started as root.
   *
   * @default none: the user of the service
   */
  readonly runAs?: string | undefined;

  /**
   * Limits of the VM's use of the host.
   *
   * @default {}
   * @example { cpuPercent: 400, ioWeight: 50 }
   */
  readonly limits?: Limits | undefined;

  /**
   * The kernel that the hypervisor starts; the guest's modules come from its `boot.kernelPackages`.
   *
   * @default the guest's `boot.kernelPackages.kernel`
   */
  readonly kernel?: Package | undefined;

  /**
   * Further parameters of the kernel, which may name the guest's own system.
   *
   * @default []
   * @example ["quiet"]
   */
  readonly kernelParams?: readonly NixText[] | undefined;

  /**
   * The UUID that the guest has as `/etc/machine-id` and in SMBIOS; null for one that microvm.nix makes of the name at
   * run time.
   *
   * @default one made of the VM's name
   */
  readonly machineId?: string | null | undefined;

  /**
   * Network interfaces. The default route uses the first one.
   *
   * @default [{ type: "tap", vhost: false }]
   * @example [{ bridge: "microbr", address: "192.168.83.20" }]
   */
  readonly interfaces?: readonly Interface[] | undefined;

  /**
   * Ports that lead in and out of a `user` interface, with `qemu` only.
   *
   * @default []
   * @example [{ host: { address: "127.0.0.1", port: 8080 }, guest: { port: 80 } }]
   */
  readonly forwardPorts?: readonly ForwardPort[] | undefined;

  /**
   * The host folder that the agent works in, absolute or below `~/`, writable at the same path in the guest; false for
   * none.
   *
   * @default `~/microvm/NAME`
   * @example "~/src/project"
   */
  readonly workspace?: string | false | undefined;

  /**
   * The source of the guest's `/nix/store`: `share` mounts the host's store over virtiofs, read-only; `disk` builds an
   * image, an object selects its file system.
   *
   * @default "share"
   * @example { disk: "squashfs" }
   */
  readonly store?: "share" | "disk" | StoreDisk | undefined;

  /**
   * The host folder of the guest's SSH host keys, which the agent cannot read; false for keys that change at every
   * start.
   *
   * @default `/var/lib/microvm-host-keys/NAME`
   */
  readonly sshHostKeys?: string | false | undefined;

  /**
   * Host folders that the guest mounts, in addition to the workspace, the store, the host keys and the agent's state.
   *
   * @default []
   * @example [{ tag: "datasets", source: "/srv/datasets", readOnly: true }]
   */
  readonly shares?: readonly Share[] | undefined;

  /**
   * Disk images of the guest, which survive restarts. An entry replaces the default.
   *
   * @default [{ image: "var.img", mountPoint: "/var", sizeMiB: 8192, fsType: "ext4", readOnly: false, neededForBoot: false }]
   */
  readonly volumes?: readonly Volume[] | undefined;

  /**
   * The guest folder for writes to `/nix/store`, lost at shutdown; null for a read-only store. home-manager needs one.
   *
   * @default "/nix/.rw-store"
   */
  readonly writableStoreOverlay?: string | null | undefined;

  /**
   * The VM's vsock, by which the guest reports that it is up; false for none.
   *
   * @default { ssh: false }
   */
  readonly vsock?: Vsock | false | undefined;

  /**
   * IPv4 or IPv6 addresses of the guest's DNS resolvers.
   *
   * @default ["8.8.8.8", "1.1.1.1"]
   */
  readonly nameservers?: readonly string[] | undefined;

  /**
   * The guest's own firewall: true accepts only SSH, an object opens more ports, false turns it off.
   *
   * @default true
   * @example { allowedTCPPorts: [8080] }
   */
  readonly firewall?: boolean | Firewall | undefined;

  /**
   * Users of the guest by name, in addition to the host's main user.
   *
   * @default {}
   * @example { bob: { uid: 1001, gid: 100 } }
   */
  readonly users?: Readonly<Record<string, GuestUser>> | undefined;

  /**
   * Groups of the guest by name, in addition to those of its users.
   *
   * @default {}
   * @example { data: { gid: 2000 } }
   */
  readonly groups?: Readonly<Record<string, GuestGroup>> | undefined;

  /**
   * Lets the main user become root in the guest: it is in `wheel`, and `sudo` asks for no password. Otherwise only
   * users that a module adds to `wheel` may run `sudo`.
   *
   * @default false
   */
  readonly sudo?: boolean | undefined;

  /**
   * The coding agent: a known name, a function such as `claudeCode({ … })`, or a custom agent; false for none.
   *
   * @default false
   * @example "claude-code"
   */
  readonly agent?: AgentName | Agent | false | undefined;

  /**
   * The owner of the agent's login and settings. `"shared"`: one host folder, writable in every VM; one login serves
   * all, and a compromised VM can read and change it. `"own"`: a folder for this VM, with a login of its own. `"copy"`:
   * a copy of the shared folder at each start of the VM; changes are lost with the guest's home, and renewing a login
   * in one place may end it in another.
   *
   * @default "shared"
   */
  readonly agentState?: "shared" | "own" | "copy" | undefined;

  /**
   * API keys of the host that the VM uses and never has, by provider: `false` withholds the host's key, a file replaces it, and `true`
   * gives the host's key to a VM whose agent does not use it by itself. Without an entry, the VM has the host's key if its agent has
   * environment variables for the provider.
   *
   * @default {}
   * @example { anthropic: false, openai: { file: "/run/agenix/openai-of-projectvm" } }
   */
  readonly keys?: VmKeys | undefined;

  /**
   * API keys, tokens and other secrets by name: the host file, or a `Secret`. A file alone also sets the environment
   * variable of that name. The main user of the guest reads it at `/run/microvm-secrets/NAME`.
   *
   * @default {}
   * @example { ANTHROPIC_API_KEY: "/run/secrets/anthropic", netrc: { file: "~/.config/agent-netrc" } }
   */
  readonly secrets?: Readonly<Record<string, string | Expr | Secret>> | undefined;

  /**
   * Toolchains, each a set of packages with their environment: known names, functions such as `go()`, or custom ones.
   *
   * @default []
   * @example ["go", "protobuf"]
   */
  readonly toolchains?: readonly (ToolchainName | Toolchain)[] | undefined;

  /**
   * Lets programs built for other distributions start, such as downloads of npm, PyPI and VS Code: with nix-ld and
   * `/bin/bash`.
   *
   * @default true if a toolchain needs it (`node`, `python`)
   */
  readonly unpatchedBinaries?: boolean | undefined;

  /**
   * Packages for every user of the guest.
   *
   * @default []
   * @example ["git", "ripgrep", "python3Packages.requests"]
   */
  readonly packages?: readonly Package[] | undefined;

  /**
   * The main user's home-manager configuration: programs and modules.
   *
   * @default []
   * @example ["zsh", "emacs", "./home.nix"]
   */
  readonly home?: readonly Home[] | undefined;

  /**
   * NixOS modules of the guest, for everything without a setting here.
   *
   * @default []
   * @example ["./docker.nix"]
   */
  readonly modules?: readonly Module[] | undefined;

  /**
   * Additional arguments of the guest's modules.
   *
   * @default {}
   * @example { site: "berlin" }
   */
  readonly specialArgs?: Readonly<Record<string, NixData>> | undefined;

  /**
   * The guest's package set, as Nix with `inputs`, `pkgs`, `lib` and `config` in scope; null for a separate one, which
   * modules of the guest can configure with `nixpkgs.config`.
   *
   * @default the host's
   */
  readonly pkgs?: Expr | null | undefined;

  /**
   * The flake input that provides the guest's NixOS modules.
   *
   * @default the one of the guest's package set
   * @example "nixpkgs-unstable"
   */
  readonly nixpkgs?: string | undefined;

  /**
   * The network policy: `"internet"` opens everything except the host, other VMs and private networks; `"allowlist"`
   * opens the entries of `allow`, and the domains of the agent and the toolchains; `"none"` opens nothing; `"open"`
   * opens everything that the host can reach, including the host and other open VMs.
   *
   * @default the policy of its bridge, else "internet"
   * @example "allowlist"
   */
  readonly network?: NetworkPolicy | undefined;

  /**
   * Additional destinations: names of presets (`"github"`, `"npm"`), domains, addresses and subnets, with TCP ports or
   * with 80 and 443 by default. Domains of the agent and the toolchains need no entry.
   *
   * @default []
   * @example ["github.com:22,443", "*.example.org", "10.0.0.5:5432"]
   */
  readonly allow?: readonly Destination[] | undefined;

  /**
   * VMs of the same host to open connections to, with all ports or the TCP ports after the name. The other VM can only
   * answer, and its own firewall must accept the port.
   *
   * @default []
   * @example ["cache", "database:5432"]
   */
  readonly reachVms?: readonly ReachedVm[] | undefined;

  /**
   * Ports of the host to open: `"dns"`, TCP ports, or ports with a protocol.
   *
   * @default []
   * @example ["dns", 8080]
   */
  readonly reachHost?: readonly HostPort[] | undefined;

  /**
   * Ports of the host's external interface that lead to ports of the VM, for other machines. The guest's own firewall
   * must accept them too.
   *
   * @default []
   * @example [{ host: 8080, guest: 80 }]
   */
  readonly publish?: readonly PublishedPort[] | undefined;

  /**
   * The limit of traffic through the host, in megabits per second for each direction.
   *
   * @default no limit
   * @example 100
   */
  readonly bandwidthMbitPerSecond?: number | undefined;

  /**
   * Environment variables of this VM only, in every shell of its guest. They are on the kernel's command line, so do
   * not put secrets here.
   *
   * @default {}
   * @example { PROJECT: "emacs" }
   */
  readonly environment?: Readonly<Record<string, string>> | undefined;

  /**
   * The NixOS of the guest. `"shared"`: all VMs of the host with an equal guest share one NixOS, which gets its name and addresses at boot.
   * `"own"`: a NixOS for this VM only, whose modules can read its host name and addresses from `config`; it takes an
   * evaluation of its own.
   *
   * @default "shared"
   * @example "own"
   */
  readonly guest?: "shared" | "own" | undefined;

  /**
   * Other options of microvm.nix, by their names there.
   *
   * @default {}
   * @example { "cloud-hypervisor": { extraArgs: ["--pvpanic"] } }
   */
  readonly microvm?: MicrovmOptions | undefined;

  /**
   * The NixOS release the guest was first made with, its `system.stateVersion`.
   *
   * @default the host's
   * @example "25.11"
   */
  readonly stateVersion?: string | undefined;

  /**
   * Warnings to silence here, by code, each with a reason.
   *
   * @default {}
   * @example { "label-without-creation": "the image has its label already" }
   */
  readonly silence?: Silences | undefined;
}

/** The settings of a VM that VMs can share: all except those of one VM only. */
export type VmDefaults = Omit<Vm, "index" | "renamedFrom" | "silence">;

/** A VM's socket to its host. */
export interface Vsock {
  /**
   * The guest's context id, at least 3 and unique on the host.
   *
   * @default the VM's index + 3
   */
  readonly cid?: number | undefined;

  /**
   * Accepts SSH over the vsock, without any network: `microvm -s NAME` on the host.
   *
   * @default false
   */
  readonly ssh?: boolean | undefined;
}

export const vmSchema = object({
  index: vmIndex.optional(),
  renamedFrom: scalar.hostLabel.optional(),
  autostart: z.boolean().default(false),
  restartIfChanged: z.boolean().default(false),
  hypervisor: z.enum(hypervisors).default("cloud-hypervisor"),
  vcpu: z.int().positive().default(8),
  memoryMiB: z.int().positive().default(4096),
  socket: scalar.socketPath.nullable().default("control.socket"),
  balloon: z.union([z.boolean(), balloonSchema]).default(false),
  hotplug: hotplugSchema.optional(),
  hugepages: z.boolean().default(false),
  cpu: scalar.line.optional(),
  devices: z.array(deviceSchema).default([]),
  graphics: z.union([z.boolean(), graphicsSchema]).default(false),
  credentialFiles: record(scalar.fileName, scalar.hostPath).default({}),
  runAs: scalar.accountName.optional(),
  limits: limitsSchema.default({}),
  kernel: packageSchema.optional(),
  kernelParams: z.array(nixTextSchema).default([]),
  machineId: scalar.machineId.nullable().optional(),
  interfaces: z.array(interfaceSchema).prefault(() => [{}]),
  forwardPorts: z.array(forwardPortSchema).default([]),
  workspace: z.union([scalar.hostPath, z.literal(false)]).optional(),
  store: z.union([z.enum(["share", "disk"]), storeDiskSchema]).default("share"),
  sshHostKeys: z.union([scalar.hostPath, z.literal(false)]).optional(),
  shares: z.array(shareSchema).default([]),
  volumes: z.array(volumeSchema).default(() => [
    {
      image: "var.img",
      mountPoint: "/var",
      sizeMiB: 8192,
      fsType: "ext4" as const,
      readOnly: false,
      neededForBoot: false,
    },
  ]),
  writableStoreOverlay: scalar.guestPath.nullable().default("/nix/.rw-store"),
  vsock: z
    .union([object({ cid: z.int().optional(), ssh: z.boolean().default(false) }), z.literal(false)])
    .default({ ssh: false }),
  nameservers: z.array(scalar.nameserver).default(() => ["8.8.8.8", "1.1.1.1"]),
  firewall: z.union([z.boolean(), firewallSchema]).default(true),
  users: record(scalar.userName, guestUserSchema).default({}),
  groups: record(scalar.ownGroupName, guestGroupSchema).default({}),
  sudo: z.boolean().default(false),
  agent: z.union([named<AgentName, typeof agentSchema>(agents, agentSchema), z.literal(false)]).default(false),
  agentState: z.enum(["shared", "own", "copy"]).default("shared"),
  keys: vmKeysSchema.default({}),
  secrets: record(scalar.secretName, secretSchema).default({}),
  toolchains: z.array(named<ToolchainName, typeof toolchainSchema>(toolchains, toolchainSchema)).default([]),
  unpatchedBinaries: z.boolean().optional(),
  packages: z.array(packageSchema).default([]),
  home: z.array(homeSchema).default([]),
  modules: z.array(moduleSchema).default([]),
  specialArgs: record(scalar.inputName, nixDataSchema).default({}),
  pkgs: nixExpression.nullable().optional(),
  nixpkgs: scalar.inputName.optional(),
  network: networkPolicySchema.optional(),
  allow: z.array(destinationSchema).default([]),
  reachVms: z.array(reachedVmSchema).default([]),
  reachHost: z.array(hostPortSchema).default([]),
  publish: z.array(publishedPortSchema).default([]),
  bandwidthMbitPerSecond: z.int().positive().optional(),
  environment: record(scalar.variableName, scalar.variableValue).default({}),
  guest: z.enum(["shared", "own"]).default("shared"),
  microvm: microvmSchema.default({}),
  stateVersion: scalar.stateVersion.optional(),
  silence: silenceSchema().default({}),
});

const { index: _index, renamedFrom: _renamedFrom, silence: _silence, ...shared } = vmSchema.shape;

/** Checked at `vmDefaults` too, because a host may have no VM yet. */
export const vmDefaultsSchema = object(shared);
