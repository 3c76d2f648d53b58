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

/** A virtual machine: every setting has a default, so `{}` is one that runs. */
export interface Vm {
  /**
   * The number that gives the VM's tap, MAC, IPv4 address and vsock CID together: index 4 is tap `microvm4`, MAC
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
   * Whether the VM starts with the host.
   *
   * @default false
   */
  readonly autostart?: boolean | undefined;

  /**
   * Whether a switch of the host restarts the VM when its configuration changed; off, so that no switch ends a running
   * agent.
   *
   * @default false
   */
  readonly restartIfChanged?: boolean | undefined;

  /**
   * The program that runs the VM. What one cannot do is told with what can.
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
   * The guest's memory in MiB (1024 MiB = 1 GiB); with `qemu`, not exactly 2048, at which it hangs.
   *
   * @default 4096
   */
  readonly memoryMiB?: number | undefined;

  /**
   * The name of the hypervisor's control socket in the VM's folder below `/var/lib/microvms`; null for none, which gives
   * up graceful shutdown.
   *
   * @default "control.socket"
   */
  readonly socket?: string | null | undefined;

  /**
   * Whether the host can take memory back from the running guest.
   *
   * @default false
   * @example { initialMiB: 1024 }
   */
  readonly balloon?: boolean | Balloon | undefined;

  /**
   * Memory that the running guest can be given, besides `memoryMiB`.
   *
   * @default none
   * @example { maxMiB: 8192, initialMiB: 0 }
   */
  readonly hotplug?: Hotplug | undefined;

  /**
   * Whether the guest's memory is in huge pages, which the host must have set aside; `cloud-hypervisor` only.
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
   * PCI and USB devices of the host that the guest has for itself.
   *
   * @default []
   * @example [{ bus: "pci", path: "0000:01:00.0" }]
   */
  readonly devices?: readonly Device[] | undefined;

  /**
   * Whether the guest has a screen.
   *
   * @default false
   * @example { backend: "headless" }
   */
  readonly graphics?: boolean | Graphics | undefined;

  /**
   * Files of the host that services of the guest get as systemd credentials, by name; `qemu` only.
   *
   * @default {}
   * @example { API_KEY: "/run/secrets/api-key" }
   */
  readonly credentialFiles?: Readonly<Record<string, string>> | undefined;

  /**
   * The user of the host that `qemu` becomes after it started as root.
   *
   * @default none: what the service runs as
   */
  readonly runAs?: string | undefined;

  /**
   * What the VM may take of its host. VMs share CPUs and disks evenly without any, all of them together as much as the
   * host's services.
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
   * Network interfaces, the first of which leads out; what one leaves out comes from the only bridge and the VM's index.
   * An empty list for a VM without a network.
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
   * The host's folder that the agent works in, absolute or below `~/`, writable at the same path in the guest; false for
   * none.
   *
   * @default `~/microvm/NAME`
   * @example "~/src/project"
   */
  readonly workspace?: string | false | undefined;

  /**
   * How the guest gets `/nix/store`: `share` mounts the host's over virtiofs, read-only; `disk` builds an image of its own,
   * an object says of which kind.
   *
   * @default "share"
   * @example { disk: "squashfs" }
   */
  readonly store?: "share" | "disk" | StoreDisk | undefined;

  /**
   * The host's folder of the guest's SSH host keys, out of the agent's reach; false for keys that change at every start.
   *
   * @default `/var/lib/microvm-host-keys/NAME`
   */
  readonly sshHostKeys?: string | false | undefined;

  /**
   * Folders of the host that the guest sees, besides the workspace, the store, the host keys and the agent's state.
   *
   * @default []
   * @example [{ tag: "datasets", source: "/srv/datasets", readOnly: true }]
   */
  readonly shares?: readonly Share[] | undefined;

  /**
   * Disk images of the guest, which outlive restarts. Writing any replaces the default.
   *
   * @default [{ image: "var.img", mountPoint: "/var", sizeMiB: 8192, fsType: "ext4", readOnly: false, neededForBoot: false }]
   */
  readonly volumes?: readonly Volume[] | undefined;

  /**
   * The guest's folder that takes writes to `/nix/store`, gone at shutdown; null for a read-only store. home-manager needs
   * one.
   *
   * @default "/nix/.rw-store"
   */
  readonly writableStoreOverlay?: string | null | undefined;

  /**
   * The VM's vsock, by which the host learns that the guest is up; false for none.
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
   * The guest's own firewall: true lets in SSH alone, an object opens more ports, false lets in everything.
   *
   * @default true
   * @example { allowedTCPPorts: [8080] }
   */
  readonly firewall?: boolean | Firewall | undefined;

  /**
   * Users of the guest by name, besides the host's main one.
   *
   * @default {}
   * @example { bob: { uid: 1001, gid: 100 } }
   */
  readonly users?: Readonly<Record<string, GuestUser>> | undefined;

  /**
   * Groups of the guest by name, besides those of its users.
   *
   * @default {}
   * @example { data: { gid: 2000 } }
   */
  readonly groups?: Readonly<Record<string, GuestGroup>> | undefined;

  /**
   * Whether the main user may become root in the guest: it is in `wheel`, and `sudo` asks for no password. Without, nobody
   * may run `sudo` whom no module puts in `wheel`.
   *
   * @default false
   */
  readonly sudo?: boolean | undefined;

  /**
   * The coding agent: its name where that is known, `claudeCode({ … })` and the like, or one of your own; false for none.
   *
   * @default false
   * @example "claude-code"
   */
  readonly agent?: AgentName | Agent | false | undefined;

  /**
   * Whose the agent's login and settings are. `"shared"`: one folder of the host, writable in every VM: one login serves
   * all, and one compromised VM can read and change it. `"own"`: a folder for this VM, which needs a login of its own.
   * `"copy"`: the shared folder's files as they are when the VM starts; what the agent changes is gone with the guest's
   * home, and a login that is renewed in one place may end in another.
   *
   * @default "shared"
   */
  readonly agentState?: "shared" | "own" | "copy" | undefined;

  /**
   * API keys, tokens and other secrets by name: the host's file, or a `Secret`. A file alone is also the environment
   * variable of that name. The main user reads it in the guest at `/run/microvm-secrets/NAME`.
   *
   * @default {}
   * @example { ANTHROPIC_API_KEY: "/run/secrets/anthropic", netrc: { file: "~/.config/agent-netrc" } }
   */
  readonly secrets?: Readonly<Record<string, string | Expr | Secret>> | undefined;

  /**
   * Toolchains, each packages with the environment they want: names of known ones, `go()` and the like, or your own.
   *
   * @default []
   * @example ["go", "protobuf"]
   */
  readonly toolchains?: readonly (ToolchainName | Toolchain)[] | undefined;

  /**
   * Whether programs built for other distributions start, such as those that npm, PyPI and VS Code download: by nix-ld, and
   * with `/bin/bash`.
   *
   * @default whether a toolchain asks for it (`node`, `python`)
   */
  readonly unpatchedBinaries?: boolean | undefined;

  /**
   * Packages that every user of the guest has.
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
   * NixOS modules of the guest, for everything that has no setting here.
   *
   * @default []
   * @example ["./docker.nix"]
   */
  readonly modules?: readonly Module[] | undefined;

  /**
   * Further arguments of the guest's modules, besides `inputs`.
   *
   * @default {}
   * @example { site: "berlin" }
   */
  readonly specialArgs?: Readonly<Record<string, NixData>> | undefined;

  /**
   * The guest's package set, as Nix with `inputs`, `pkgs`, `lib` and `config` in scope; null for one of its own, which its
   * modules may configure by `nixpkgs.config`.
   *
   * @default the host's
   */
  readonly pkgs?: Expr | null | undefined;

  /**
   * The flake input whose NixOS modules the guest is made of.
   *
   * @default the one of the guest's package set
   * @example "nixpkgs-unstable"
   */
  readonly nixpkgs?: string | undefined;

  /**
   * What the VM may reach: `"internet"` is everything but the host, other VMs and private networks; `"allowlist"` is what
   * `allow` lists and nothing else; `"none"` is nothing at all; `"open"` is whatever the host can reach, the host and
   * other VMs included.
   *
   * @default its bridge's, else "internet"
   * @example "allowlist"
   */
  readonly network?: NetworkPolicy | undefined;

  /**
   * What the VM may reach besides: names of destinations (`"github"`, `"npm"`), and domains, addresses and subnets with
   * TCP ports, 80 and 443 without. What its agent and toolchains need is allowed by itself.
   *
   * @default []
   * @example ["github.com:22,443", "*.example.org", "10.0.0.5:5432"]
   */
  readonly allow?: readonly Destination[] | undefined;

  /**
   * The VMs of the same host that it may reach, all of one or the TCP ports behind its name; these cannot reach it, unless
   * they say so too. Their own firewalls have to let it in.
   *
   * @default []
   * @example ["cache", "database:5432"]
   */
  readonly reachVms?: readonly ReachedVm[] | undefined;

  /**
   * What it may reach on the host: `"dns"`, TCP ports, or ports of a protocol.
   *
   * @default []
   * @example ["dns", 8080]
   */
  readonly reachHost?: readonly HostPort[] | undefined;

  /**
   * Ports of the host that lead to ports of the VM, for others in the host's LAN and beyond. The guest's own firewall has to
   * let them in too.
   *
   * @default []
   * @example [{ host: 8080, guest: 80 }]
   */
  readonly publish?: readonly PublishedPort[] | undefined;

  /**
   * How many megabits a second the VM may send through the host, and as many receive.
   *
   * @default no limit
   * @example 100
   */
  readonly bandwidthMbitPerSecond?: number | undefined;

  /**
   * Environment variables of this VM alone, in every shell of its guest; nothing secret, since they are on the kernel's
   * command line.
   *
   * @default {}
   * @example { PROJECT: "emacs" }
   */
  readonly environment?: Readonly<Record<string, string>> | undefined;

  /**
   * Whose the guest's NixOS is: `"shared"` is one for all VMs of the host that differ in nothing that a guest sees, which
   * learns when it boots which VM it is; `"own"` is one for this VM alone, where modules can read its host name and
   * addresses from `config`, at the price of an evaluation of its own.
   *
   * @default "shared"
   * @example "own"
   */
  readonly guest?: "shared" | "own" | undefined;

  /**
   * Everything else that microvm.nix knows, by its own names.
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
   * Warnings that are known and meant, by code, each with the reason; they hold for all that is described here.
   *
   * @default {}
   * @example { "label-without-creation": "the image has its label already" }
   */
  readonly silence?: Silences | undefined;
}

/** What VMs have in common: the settings of a VM but those that are one VM's alone. */
export type VmDefaults = Omit<Vm, "index" | "renamedFrom" | "silence">;

/** A VM's socket to its host. */
export interface Vsock {
  /**
   * The guest's context id, 3 or more and one of its kind on a host.
   *
   * @default the VM's index + 3
   */
  readonly cid?: number | undefined;

  /**
   * Whether the guest lets in SSH over it, without any network: `microvm -s NAME` on the host.
   *
   * @default false
   */
  readonly ssh?: boolean | undefined;
}

export const vmSchema = object({
  /** Fixes tap, MAC, address and CID together; the next free one, kept in the lock file, by default. */
  index: vmIndex.optional(),
  /** The VM's former name, whose index it keeps. */
  renamedFrom: scalar.hostLabel.optional(),
  /** Whether the host starts it at boot. */
  autostart: z.boolean().default(false),
  /** Whether a host switch restarts it; off, so that a switch never ends a running agent. */
  restartIfChanged: z.boolean().default(false),
  hypervisor: z.enum(hypervisors).default("cloud-hypervisor"),
  vcpu: z.int().positive().default(8),
  memoryMiB: z.int().positive().default(4096),
  /** The control socket, relative to the VM's folder below `/var/lib/microvms`; null gives up graceful shutdown. */
  socket: scalar.socketPath.nullable().default("control.socket"),
  balloon: z.union([z.boolean(), balloonSchema]).default(false),
  hotplug: hotplugSchema.optional(),
  hugepages: z.boolean().default(false),
  cpu: scalar.line.optional(),
  devices: z.array(deviceSchema).default([]),
  graphics: z.union([z.boolean(), graphicsSchema]).default(false),
  credentialFiles: record(scalar.fileName, scalar.hostPath).default({}),
  runAs: scalar.accountName.optional(),
  /** What systemd lets it take of the host. */
  limits: limitsSchema.default({}),
  kernel: packageSchema.optional(),
  kernelParams: z.array(nixTextSchema).default([]),
  machineId: scalar.machineId.nullable().optional(),
  interfaces: z.array(interfaceSchema).prefault(() => [{}]),
  forwardPorts: z.array(forwardPortSchema).default([]),
  /** The folder the agent works in, at the same path in the guest; `~/microvm/NAME` by default. */
  workspace: z.union([scalar.hostPath, z.literal(false)]).optional(),
  /** How the guest gets `/nix/store`: the host's over virtiofs, or an image of its own. */
  store: z.union([z.enum(["share", "disk"]), storeDiskSchema]).default("share"),
  /** The host folder of the guest's SSH host keys, out of the workspace's reach by default. */
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
  /** Where writes to `/nix/store` go, gone at shutdown; home-manager needs one. */
  writableStoreOverlay: scalar.guestPath.nullable().default("/nix/.rw-store"),
  /** The vsock address, by which the host learns that the guest is up. */
  vsock: z
    .union([object({ cid: z.int().optional(), ssh: z.boolean().default(false) }), z.literal(false)])
    .default({ ssh: false }),
  nameservers: z.array(scalar.nameserver).default(() => ["8.8.8.8", "1.1.1.1"]),
  /** The guest's own firewall: off, on with SSH open, or on with more ports open. */
  firewall: z.union([z.boolean(), firewallSchema]).default(true),
  /** Users besides the host's main one, by name. */
  users: record(scalar.userName, guestUserSchema).default({}),
  /** Groups besides those of the users, by name. */
  groups: record(scalar.ownGroupName, guestGroupSchema).default({}),
  /** Whether the main user may become root in the guest. */
  sudo: z.boolean().default(false),
  agent: z.union([named<AgentName, typeof agentSchema>(agents, agentSchema), z.literal(false)]).default(false),
  /** Whose the agent's login is. */
  agentState: z.enum(["shared", "own", "copy"]).default("shared"),
  /** Secrets by name, each a file of the host's. */
  secrets: record(scalar.secretName, secretSchema).default({}),
  toolchains: z.array(named<ToolchainName, typeof toolchainSchema>(toolchains, toolchainSchema)).default([]),
  /** Whether programs of other distributions start; whether a toolchain asks for it, by default. */
  unpatchedBinaries: z.boolean().optional(),
  packages: z.array(packageSchema).default([]),
  /** The main user's home-manager configuration. */
  home: z.array(homeSchema).default([]),
  /** NixOS modules of the guest. */
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
  /** Environment variables of this VM alone. */
  environment: record(scalar.variableName, scalar.variableValue).default({}),
  guest: z.enum(["shared", "own"]).default("shared"),
  /** What has no setting of its own here. */
  microvm: microvmSchema.default({}),
  /** The guest's; the host's by default. */
  stateVersion: scalar.stateVersion.optional(),
  /** Warnings that are meant: code → reason. */
  silence: silenceSchema().default({}),
});

const { index: _index, renamedFrom: _renamedFrom, silence: _silence, ...shared } = vmSchema.shape;

/** Checked where it is written too, since a host may have no VM yet. */
export const vmDefaultsSchema = object(shared);
