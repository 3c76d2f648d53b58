import type { Expr } from "@microvm-emit/nix-ast";
import type { AgentName } from "./agents.js";
import type { HypervisorName } from "./hypervisors.js";
import type { ToolchainName } from "./toolchains.js";

/*
 * What a person writes, as `configSchema` takes it. The types are written out since declarations inferred from a schema
 * carry no documentation to an editor; a test holds the two, and every `@default` here, to each other.
 */

/** A NixOS flake, as a person describes it: hosts, what runs on them, and where it comes from. */
export interface Config {
  /**
   * The description of the emitted flake, on one line.
   *
   * @default "NixOS hosts and their microVMs"
   */
  readonly description?: string | undefined;

  /**
   * Flake inputs by name, each a URL or a `FlakeInput`. `nixpkgs`, `nixpkgs-unstable`, `microvm` and `home-manager` are
   * there without being written; writing one replaces its URL.
   *
   * @default {}
   * @example { nixpkgs: "github:nixos/nixpkgs/nixos-25.11", dotfiles: { url: "github:me/dotfiles", flake: false } }
   */
  readonly inputs?: Readonly<Record<string, string | FlakeInput>> | undefined;

  /** NixOS hosts by name, each the flake's `nixosConfigurations.NAME`; names are lower-case letters, digits and hyphens. */
  readonly hosts: Readonly<Record<string, Host>>;
}

/** A flake input, where a URL alone does not say enough. */
export interface FlakeInput {
  /**
   * The flake reference; it may be left out for the inputs that are there without being written.
   *
   * @default that input's own
   * @example "github:stapelberg/configfiles"
   */
  readonly url?: string | undefined;

  /**
   * Which of its inputs are ours instead: its input name → the name of an input of ours, an input of that
   * (`"home-manager/nixpkgs"`), or `""` for none.
   *
   * @default what the input has by itself: `nixpkgs` for `microvm` and `home-manager`, else nothing
   * @example { nixpkgs: "nixpkgs" }
   */
  readonly follows?: Readonly<Record<string, string>> | undefined;

  /**
   * Whether the input is a flake; false for a plain source tree, such as a repository of dotfiles.
   *
   * @default true
   */
  readonly flake?: boolean | undefined;
}

/** A NixOS machine that runs microVMs. */
export interface Host {
  /**
   * The platform of the host and its guests.
   *
   * @default "x86_64-linux"
   */
  readonly system?: "x86_64-linux" | "aarch64-linux" | undefined;

  /**
   * The NixOS release the host was first installed with, its `system.stateVersion`; guests take it over.
   *
   * @example "25.11"
   */
  readonly stateVersion: string;

  /**
   * NixOS modules of the host, such as the `configuration.nix` it has already.
   *
   * @default []
   * @example ["./configuration.nix"]
   */
  readonly modules?: readonly Module[] | undefined;

  /** Whose VMs these are: the user is there on the host already, and is made in every guest with the same ids. */
  readonly user: User;

  /**
   * Bridges by the name of their network interface, at most 15 characters.
   *
   * @default {}
   * @example { microbr: { address: "192.168.83.1/24", nat: { externalInterface: "eno1" } } }
   */
  readonly bridges?: Readonly<Record<string, Bridge>> | undefined;

  /**
   * VMs by name, which is their host name and their systemd instance: `projectvm` runs as `microvm@projectvm.service`.
   *
   * @default {}
   * @example { projectvm: { agent: "claude-code" } }
   */
  readonly vms?: Readonly<Record<string, Vm>> | undefined;
}

/** The host's main user. Ids must be those of the host, since virtiofs carries them into guests as numbers. */
export interface User {
  /**
   * The login name, on the host and in every guest.
   *
   * @example "alice"
   */
  readonly name: string;

  /**
   * The numeric user id on the host, as `id -u` prints it.
   *
   * @default 1000
   */
  readonly uid?: number | undefined;

  /**
   * The numeric id of the primary group on the host, as `id -g` prints it.
   *
   * @default 1000
   */
  readonly gid?: number | undefined;

  /**
   * The name of the primary group.
   *
   * @default `users` for gid 100, as in NixOS; else the user's name
   */
  readonly group?: string | undefined;

  /**
   * The home directory, on the host and in guests; `~/` in the config stands for it.
   *
   * @default `/home/NAME`
   */
  readonly homeDirectory?: string | undefined;

  /**
   * Public keys that may log in to the guests over SSH, each a line of `authorized_keys`.
   *
   * @default []
   * @example ["ssh-ed25519 AAAAC3Nz… alice@workstation"]
   */
  readonly sshKeys?: readonly string[] | undefined;
}

/** A network bridge of the host, which the taps of its VMs join. */
export interface Bridge {
  /**
   * The bridge's own IPv4 address, which is the guests' gateway, with the prefix length of its subnet (/8 to /30).
   *
   * @example "192.168.83.1/24"
   */
  readonly address: string;

  /**
   * Puts the subnet behind the host's outward interface, so that guests reach the internet.
   *
   * @default none: guests reach no further than the host
   */
  readonly nat?: Nat | undefined;
}

/** Masquerading of a bridge's subnet. */
export interface Nat {
  /**
   * The host's network interface that leads out, as `ip route get 1.1.1.1` names it; one for all bridges of a host.
   *
   * @example "eno1"
   */
  readonly externalInterface: string;
}

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

/** A network interface of a VM. */
export interface Interface {
  /**
   * The name of the host's bridge that the tap joins; needed where the host has several.
   *
   * @default the host's only bridge
   */
  readonly bridge?: string | undefined;

  /**
   * The guest's IPv4 address, in the bridge's subnet and without a prefix length; needed for a VM's second interface on
   * one bridge.
   *
   * @default the subnet's address `index` + 2
   * @example "192.168.83.20"
   */
  readonly address?: string | undefined;

  /**
   * The guest's MAC address, best a locally administered one.
   *
   * @default `02:00:` and `index` + 1 in four bytes; further interfaces count the second byte up
   * @example "02:00:00:00:00:05"
   */
  readonly mac?: string | undefined;

  /**
   * The name of the host's tap interface, at most 15 characters.
   *
   * @default `microvmINDEX`; `microvmINDEX-1` and so on for further interfaces
   */
  readonly tap?: string | undefined;
}

/** A folder of the host that a guest mounts. */
export interface Share {
  /**
   * The name under which the guest finds the share, one of its kind in a VM, up to 36 characters.
   *
   * @example "datasets"
   */
  readonly tag: string;

  /**
   * The folder on the host, absolute or below `~/`; it is made when it is missing.
   *
   * @example "/srv/datasets"
   */
  readonly source: string;

  /**
   * The absolute path where the guest sees it.
   *
   * @default the path of `source`
   */
  readonly mountPoint?: string | undefined;

  /**
   * Whether the guest may only read it.
   *
   * @default false
   */
  readonly readOnly?: boolean | undefined;

  /**
   * The protocol; not every hypervisor has both.
   *
   * @default "virtiofs"
   */
  readonly proto?: "virtiofs" | "9p" | undefined;
}

/** A disk image of a guest, made when it is missing. */
export interface Volume {
  /**
   * The image file: absolute, or relative to the VM's folder below `/var/lib/microvms`.
   *
   * @example "var.img"
   */
  readonly image: string;

  /**
   * The absolute path where the guest mounts it.
   *
   * @default none: the guest has the disk and mounts nothing
   * @example "/var"
   */
  readonly mountPoint?: string | undefined;

  /** The size of a newly made image in MiB (1024 MiB = 1 GiB); an image that exists keeps its size. */
  readonly sizeMiB: number;

  /**
   * The file system.
   *
   * @default "ext4"
   */
  readonly fsType?: "ext2" | "ext3" | "ext4" | "xfs" | "btrfs" | "vfat" | undefined;

  /**
   * Whether the guest may only read it.
   *
   * @default false
   */
  readonly readOnly?: boolean | undefined;
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

/** Ports that a guest's firewall lets in, besides SSH. */
export interface Firewall {
  /**
   * Open TCP ports, from 1 to 65535.
   *
   * @default []
   */
  readonly allowedTCPPorts?: readonly number[] | undefined;

  /**
   * Open UDP ports, from 1 to 65535.
   *
   * @default []
   */
  readonly allowedUDPPorts?: readonly number[] | undefined;
}

/** A further user of a guest, with ids that its files on shares have on the host too. */
export interface GuestUser {
  /** The numeric user id, one of its kind in a VM. */
  readonly uid: number;

  /** The numeric id of the primary group. */
  readonly gid: number;

  /**
   * The name of the primary group.
   *
   * @default `users` for gid 100, as in NixOS; else the user's name
   */
  readonly group?: string | undefined;

  /**
   * Names of further groups, of NixOS or of the VM's `groups`.
   *
   * @default []
   * @example ["wheel"]
   */
  readonly extraGroups?: readonly string[] | undefined;

  /**
   * The home directory in the guest.
   *
   * @default `/home/NAME`
   */
  readonly homeDirectory?: string | undefined;

  /**
   * Public keys that may log in over SSH, each a line of `authorized_keys`.
   *
   * @default []
   */
  readonly sshKeys?: readonly string[] | undefined;

  /**
   * The user's home-manager configuration: programs and modules.
   *
   * @default []
   * @example ["zsh"]
   */
  readonly home?: readonly Home[] | undefined;
}

/** A further group of a guest. */
export interface GuestGroup {
  /** The numeric group id, one of its kind in a VM. */
  readonly gid: number;
}

/** A coding agent: what is installed, where it keeps its login, how it starts without permission prompts. */
export interface Agent {
  /**
   * What its emitted module is called: lower-case letters, digits and hyphens.
   *
   * @example "claude-code"
   */
  readonly name: string;

  /** What is installed in the guest. */
  readonly package: Package;

  /**
   * The nixpkgs input that the package comes from: agents age fast, so by default the newer one.
   *
   * @default "nixpkgs-unstable"
   */
  readonly packagesFrom?: "nixpkgs" | "nixpkgs-unstable" | undefined;

  /**
   * Whether the package's licence is unfree, so that it must be allowed by name.
   *
   * @default false
   */
  readonly unfree?: boolean | undefined;

  /**
   * Where its login and settings are kept between starts.
   *
   * @default none: they are gone when the guest's home is
   */
  readonly state?: AgentState | undefined;

  /**
   * What a person types in the guest to start it without permission prompts.
   *
   * @example "claude --dangerously-skip-permissions"
   */
  readonly command: string;

  /**
   * Domains that it must reach, `*.` in front for all below one; those of model providers it lets one choose are not
   * among them. Nothing is closed by it: it is there for a firewall of one's own to read.
   *
   * @default []
   * @example ["api.anthropic.com"]
   */
  readonly domains?: readonly string[] | undefined;

  /**
   * Environment variables from which it takes an API key or token, the usual one first. They are named only, never set.
   *
   * @default []
   * @example ["ANTHROPIC_API_KEY"]
   */
  readonly apiKeyVariables?: readonly string[] | undefined;
}

/**
 * The host's folder of an agent's login and settings. VMs that name the same folder share one login, which a single
 * compromised VM can then read.
 */
export interface AgentState {
  /**
   * The folder on the host, absolute or below `~/`.
   *
   * @example "~/claude-microvm"
   */
  readonly directory: string;

  /**
   * Where the guest has it, absolute or below `~/`, for an agent that looks in one place only.
   *
   * @default the path of `directory`
   * @example "~/.local/share/opencode"
   */
  readonly mountPoint?: string | undefined;

  /**
   * The tag of its share, as in `Share`.
   *
   * @example "claude-credentials"
   */
  readonly tag: string;

  /**
   * The environment variable that tells the agent where the folder is in the guest.
   *
   * @default none: the agent looks at `mountPoint` by itself
   * @example "CLAUDE_CONFIG_DIR"
   */
  readonly variable?: string | undefined;
}

/** Packages that belong together, and the environment they want. */
export interface Toolchain {
  /**
   * What its emitted module is called: lower-case letters, digits and hyphens.
   *
   * @example "rust"
   */
  readonly name: string;

  /**
   * What is installed in the guest.
   *
   * @example ["cargo", "rustc", "rust-analyzer"]
   */
  readonly packages: readonly Package[];

  /**
   * Environment variables by name; the shell expands `$HOME` and the like.
   *
   * @default {}
   * @example { GOPATH: "$HOME/go" }
   */
  readonly environment?: Readonly<Record<string, string>> | undefined;

  /**
   * Folders put in front of PATH; the shell expands `$HOME`.
   *
   * @default []
   * @example ["$HOME/go/bin"]
   */
  readonly searchPath?: readonly string[] | undefined;

  /**
   * Folders of downloads and build results, absolute or below `~/`, that are worth keeping between starts. Nothing is
   * mounted there by it.
   *
   * @default []
   * @example ["~/go/pkg/mod"]
   */
  readonly caches?: readonly string[] | undefined;

  /**
   * Domains of its package registry, `*.` in front for all below one. Nothing is closed by it: it is there for a firewall
   * of one's own to read.
   *
   * @default []
   * @example ["proxy.golang.org", "sum.golang.org"]
   */
  readonly domains?: readonly string[] | undefined;
}

/**
 * A part of a user's home-manager configuration: `"zsh"` or `"emacs"` as they come, `zsh({ … })` or `emacs({ … })` with
 * settings, or a home-manager module.
 */
export type Home = Zsh | Emacs | Module;

/** Zsh as the user's shell, with its history and start-up files; `zsh({ … })` makes one. */
export interface Zsh {
  /** Which program this is. */
  readonly program: "zsh";

  /**
   * What zsh remembers of commands.
   *
   * @default home-manager's
   */
  readonly history?: ZshHistory | undefined;

  /**
   * The start of `.zshrc`, in order: text, or files of flake inputs.
   *
   * @default []
   * @example [fromInput("configfiles", "zshrc"), "alias ll='ls -l'"]
   */
  readonly init?: readonly (string | InputFile)[] | undefined;

  /**
   * Shell code of this VM alone, at the end of `.zshrc`.
   *
   * @default none
   * @example "export EDITOR=emacs"
   */
  readonly extraInit?: string | undefined;
}

/** Zsh's history, home-manager's `programs.zsh.history`, which has the defaults. */
export interface ZshHistory {
  /**
   * How many commands a running shell keeps in memory.
   *
   * @default home-manager's
   */
  readonly size?: number | undefined;

  /**
   * How many commands the history file keeps.
   *
   * @default home-manager's
   */
  readonly save?: number | undefined;

  /**
   * Whether a command that repeats the one before it is left out.
   *
   * @default home-manager's
   */
  readonly ignoreDups?: boolean | undefined;

  /**
   * Whether running shells see each other's commands at once.
   *
   * @default home-manager's
   */
  readonly share?: boolean | undefined;

  /**
   * Whether a shell that ends adds to the history file, where it would else replace it.
   *
   * @default home-manager's
   */
  readonly append?: boolean | undefined;
}

/** Emacs for the user; `emacs({ … })` makes one. */
export interface Emacs {
  /** Which program this is. */
  readonly program: "emacs";

  /**
   * The Emacs to install.
   *
   * @default home-manager's
   * @example "emacs-nox"
   */
  readonly package?: Package | undefined;

  /**
   * A folder of a flake input, linked to `~/.config/emacs`.
   *
   * @default none
   * @example fromInput("configfiles", "config/emacs")
   */
  readonly configDirectory?: InputFile | undefined;
}

/** A file or folder of a flake input, mostly one with `flake: false`; `fromInput("configfiles", "zshrc")` makes one. */
export interface InputFile {
  /** The name of the flake input. */
  readonly input: string;

  /**
   * The path inside it, without a leading slash.
   *
   * @example "config/emacs"
   */
  readonly path: string;
}

/**
 * A NixOS or home-manager module: a path relative to the config file (`"./configuration.nix"`), an attribute of a flake
 * input (`"stapelbergnix.lib.userSettings"`), or Nix built with `ast`, in which a guest's or home's module may name
 * `inputs`.
 */
export type Module = string | Expr;

/**
 * A package: its attribute below `pkgs` (`"ripgrep"`, `"python3Packages.requests"`), or Nix built with `ast`, which has
 * `pkgs`, `lib` and `inputs` in scope.
 */
export type Package = string | Expr;
