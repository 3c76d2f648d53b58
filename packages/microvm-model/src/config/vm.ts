import type { Expr } from "@microvm-emit/nix-ast";
import { z } from "zod";
import { type AgentName, agents } from "../agents.js";
import { type HypervisorName, hypervisors } from "../hypervisors.js";
import { maxIndex } from "../resolve/allocate.js";
import * as scalar from "../scalars.js";
import { type ToolchainName, toolchains } from "../toolchains.js";
import { type Agent, agentSchema } from "./agent.js";
import { type Home, homeSchema } from "./home.js";
import { type Firewall, firewallSchema, type Interface, interfaceSchema } from "./network.js";
import { type Secret, secretSchema } from "./secret.js";
import { type Share, shareSchema, type Volume, volumeSchema } from "./storage.js";
import { type Module, moduleSchema, named, object, type Package, packageSchema, record } from "./terms.js";
import { type Toolchain, toolchainSchema } from "./toolchain.js";
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
   * Network interfaces, at least one; what an interface leaves out comes from the only bridge and the VM's index.
   *
   * @default [{}]
   * @example [{ bridge: "microbr", address: "192.168.83.20" }]
   */
  readonly interfaces?: readonly Interface[] | undefined;

  /**
   * The host's folder that the agent works in, absolute or below `~/`, writable at the same path in the guest; false for
   * none.
   *
   * @default `~/microvm/NAME`
   * @example "~/src/project"
   */
  readonly workspace?: string | false | undefined;

  /**
   * How the guest gets `/nix/store`: `share` mounts the host's over virtiofs, read-only; `disk` builds an image of its own.
   *
   * @default "share"
   */
  readonly store?: "share" | "disk" | undefined;

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
   * @default [{ image: "var.img", mountPoint: "/var", sizeMiB: 8192, fsType: "ext4", readOnly: false }]
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
   * @default {}
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
   * The NixOS release the guest was first made with, its `system.stateVersion`.
   *
   * @default the host's
   * @example "25.11"
   */
  readonly stateVersion?: string | undefined;
}

/** A VM's socket to its host. */
export interface Vsock {
  /**
   * The guest's context id, 3 or more and one of its kind on a host.
   *
   * @default the VM's index + 3
   */
  readonly cid?: number | undefined;
}

export const vmSchema = object({
  /** Fixes tap, MAC, address and CID together; the next free one, kept in the lock file, by default. */
  index: z.int().min(0).max(maxIndex).optional(),
  /** Whether the host starts it at boot. */
  autostart: z.boolean().default(false),
  /** Whether a host switch restarts it; off, so that a switch never ends a running agent. */
  restartIfChanged: z.boolean().default(false),
  hypervisor: z.enum(hypervisors).default("cloud-hypervisor"),
  vcpu: z.int().positive().default(8),
  memoryMiB: z.int().positive().default(4096),
  /** The control socket, relative to the VM's folder below `/var/lib/microvms`; null gives up graceful shutdown. */
  socket: scalar.socketPath.nullable().default("control.socket"),
  interfaces: z
    .array(interfaceSchema)
    .min(1)
    .default(() => [{}]),
  /** The folder the agent works in, at the same path in the guest; `~/microvm/NAME` by default. */
  workspace: z.union([scalar.hostPath, z.literal(false)]).optional(),
  /** How the guest gets `/nix/store`: the host's over virtiofs, or an image of its own. */
  store: z.enum(["share", "disk"]).default("share"),
  /** The host folder of the guest's SSH host keys, out of the workspace's reach by default. */
  sshHostKeys: z.union([scalar.hostPath, z.literal(false)]).optional(),
  shares: z.array(shareSchema).default([]),
  volumes: z
    .array(volumeSchema)
    .default(() => [{ image: "var.img", mountPoint: "/var", sizeMiB: 8192, fsType: "ext4" as const, readOnly: false }]),
  /** Where writes to `/nix/store` go, gone at shutdown; home-manager needs one. */
  writableStoreOverlay: scalar.guestPath.nullable().default("/nix/.rw-store"),
  /** The vsock address, by which the host learns that the guest is up. */
  vsock: z.union([object({ cid: z.int().optional() }), z.literal(false)]).default({}),
  nameservers: z.array(scalar.nameserver).default(() => ["8.8.8.8", "1.1.1.1"]),
  /** The guest's own firewall: off, on with SSH open, or on with more ports open. */
  firewall: z.union([z.boolean(), firewallSchema]).default(true),
  /** Users besides the host's main one, by name. */
  users: record(scalar.userName, guestUserSchema).default({}),
  /** Groups besides those of the users, by name. */
  groups: record(scalar.ownGroupName, guestGroupSchema).default({}),
  agent: z.union([named<AgentName, typeof agentSchema>(agents, agentSchema), z.literal(false)]).default(false),
  /** Whose the agent's login is. */
  agentState: z.enum(["shared", "own", "copy"]).default("shared"),
  /** Secrets by name, each a file of the host's. */
  secrets: record(scalar.secretName, secretSchema).default({}),
  toolchains: z.array(named<ToolchainName, typeof toolchainSchema>(toolchains, toolchainSchema)).default([]),
  packages: z.array(packageSchema).default([]),
  /** The main user's home-manager configuration. */
  home: z.array(homeSchema).default([]),
  /** NixOS modules of the guest. */
  modules: z.array(moduleSchema).default([]),
  /** The guest's; the host's by default. */
  stateVersion: scalar.stateVersion.optional(),
});
