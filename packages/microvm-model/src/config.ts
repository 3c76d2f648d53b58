import type { Expr } from "@microvm-emit/nix-ast";
import { z } from "zod";
import { agents, type AgentName } from "./agents.js";
import type { Config } from "./config-types.js";
import { hypervisors } from "./hypervisors.js";
import { maxIndex } from "./resolve/allocate.js";
import * as scalar from "./scalars.js";
import { toolchains, type ToolchainName } from "./toolchains.js";

/**
 * An object that refuses unknown keys. Its message is the list of keys it knows, from which `validate` finds the one
 * that was meant.
 */
const object = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? Object.keys(shape).join(" ") : undefined),
  });

/** Whether a value is a node of nix-ast, known by its mark, which is registered so that none need load that package. */
export const isNode = (value: object): value is Expr => Symbol.for("@microvm-emit/nix-ast/node") in value;

const nixExpression = z.custom<Expr>(
  (value) => typeof value === "object" && value !== null && isNode(value),
  "expected a Nix expression",
);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The same entries in code-unit order, so that the order in which a config is written changes nothing. */
const sortKeys = <A>(entries: Record<string, A>): Record<string, A> =>
  Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Values by name; the names are held to `key` and the values checked whatever the names are. */
const record = <Value extends z.ZodType>(key: z.ZodType<unknown, string>, value: Value) => {
  const names = z.check<Record<string, unknown>>(({ value: entries, issues }) => {
    if (!isRecord(entries)) return;
    for (const name of Object.keys(entries))
      for (const issue of key.safeParse(name).error?.issues ?? [])
        if (issue.code === "custom") issues.push({ ...issue, path: [name], input: name });
  });
  names._zod.def.when = () => true;
  return z.record(z.string(), value).check(names).transform(sortKeys);
};

/** A value that may be given by the name of a table row. */
const named = <Name extends string, Row extends z.ZodType>(table: Readonly<Record<Name, z.input<Row>>>, row: Row) =>
  z.union([z.enum(Object.keys(table) as [Name, ...Name[]]).transform((name) => row.parse(table[name])), row]);

/** A NixOS or home-manager module: a path from the config file, an input's attribute, or Nix. */
const moduleSchema = z.union([scalar.moduleReference, nixExpression]);

/** A package: its attribute below `pkgs`, or Nix. */
const packageSchema = z.union([scalar.packageName, nixExpression]);

export const inputFileSchema = object({
  /** The name of a flake input. */
  input: scalar.inputName,
  /** The path inside it, without a leading slash. */
  path: scalar.line,
});

export const zshSchema = object({
  program: z.literal("zsh"),
  /** `programs.zsh.history`; sizes count lines, in memory (`size`) and on disk (`save`). */
  history: object({
    size: z.int().positive().optional(),
    save: z.int().positive().optional(),
    ignoreDups: z.boolean().optional(),
    share: z.boolean().optional(),
    append: z.boolean().optional(),
  }).optional(),
  /** The start of `.zshrc`, in order: text, or files of flake inputs. */
  init: z.array(z.union([scalar.anyText, inputFileSchema])).default([]),
  /** Shell code of this VM alone, at the end of `.zshrc`. */
  extraInit: scalar.anyText.optional(),
});

export const emacsSchema = object({
  program: z.literal("emacs"),
  /** The Emacs to install; `pkgs`, `lib` and `inputs` are in scope of an expression. */
  package: packageSchema.optional(),
  /** A folder of a flake input, linked to `~/.config/emacs`. */
  configDirectory: inputFileSchema.optional(),
});

export const homeSchema = z.union([
  z.enum(["zsh", "emacs"]).transform((program) => (program === "zsh" ? zshSchema : emacsSchema).parse({ program })),
  z.discriminatedUnion("program", [zshSchema, emacsSchema]),
  moduleSchema,
]);

export const agentSchema = object({
  /** What its emitted module is called. */
  name: scalar.hostLabel,
  package: packageSchema,
  /** The nixpkgs input that has it recent enough. */
  packagesFrom: z.enum(["nixpkgs", "nixpkgs-unstable"]).default("nixpkgs-unstable"),
  /** Whether its licence must be allowed by name. */
  unfree: z.boolean().default(false),
  /** Where its login and settings live on the host, and where the guest has them; `variable` tells the agent. */
  state: object({
    directory: scalar.hostPath,
    tag: scalar.shareTag,
    mountPoint: scalar.hostPath.optional(),
    variable: scalar.variableName.optional(),
  }).optional(),
  /** What a person types to start it without permission prompts. */
  command: scalar.line,
  /** What it must reach, besides model providers that it lets one choose. */
  domains: z.array(scalar.domain).readonly().default([]),
  /** Where it takes an API key from. */
  apiKeyVariables: z.array(scalar.variableName).readonly().default([]),
});

export const toolchainSchema = object({
  /** What its emitted module is called. */
  name: scalar.hostLabel,
  packages: z.array(packageSchema).readonly(),
  /** Environment variables; `$HOME` and the like are expanded by the shell. */
  environment: record(scalar.variableName, scalar.variableValue).default({}),
  /** Folders put in front of PATH; `$HOME` is expanded by the shell. */
  searchPath: z.array(scalar.variableValue).readonly().default([]),
  /** Folders worth keeping between starts. */
  caches: z.array(scalar.hostPath).readonly().default([]),
  /** Its package registry. */
  domains: z.array(scalar.domain).readonly().default([]),
});

/** Numeric ids are what virtiofs carries between host and guest, so they must agree. */
const id = z.int().min(1).max(4_294_967_294);

const userSchema = object({
  name: scalar.userName,
  uid: id.default(1000),
  gid: id.default(1000),
  /** The primary group; as the user by default, `users` for gid 100. */
  group: scalar.groupName.optional(),
  /** The home directory on the host and in guests; `/home/NAME` by default. */
  homeDirectory: scalar.guestPath.optional(),
  /** Public keys that may log in over SSH. */
  sshKeys: z.array(scalar.line).default([]),
});

const guestUserSchema = object({
  uid: id,
  gid: id,
  /** The primary group; as the user by default, `users` for gid 100. */
  group: scalar.groupName.optional(),
  extraGroups: z.array(scalar.groupName).default([]),
  homeDirectory: scalar.guestPath.optional(),
  sshKeys: z.array(scalar.line).default([]),
  home: z.array(homeSchema).default([]),
});

const shareSchema = object({
  tag: scalar.shareTag,
  /** The folder on the host. */
  source: scalar.hostPath,
  /** Where the guest sees it; at `source` by default. */
  mountPoint: scalar.guestPath.optional(),
  readOnly: z.boolean().default(false),
  proto: z.enum(["virtiofs", "9p"]).default("virtiofs"),
});

const volumeSchema = object({
  image: scalar.imagePath,
  mountPoint: scalar.guestPath.optional(),
  sizeMiB: z.int().positive(),
  fsType: z.enum(["ext2", "ext3", "ext4", "xfs", "btrfs", "vfat"]).default("ext4"),
  readOnly: z.boolean().default(false),
});

const interfaceSchema = object({
  /** The host's bridge that the tap joins; the only one by default. */
  bridge: z.string().optional(),
  address: scalar.ipv4Address.optional(),
  mac: scalar.macAddress.optional(),
  tap: scalar.interfaceName.optional(),
});

const port = z.int().min(1).max(65535);

const vmSchema = object({
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
  firewall: z
    .union([
      z.boolean(),
      object({ allowedTCPPorts: z.array(port).default([]), allowedUDPPorts: z.array(port).default([]) }),
    ])
    .default(true),
  /** Users besides the host's main one, by name. */
  users: record(scalar.userName, guestUserSchema).default({}),
  /** Groups besides those of the users, by name. */
  groups: record(scalar.ownGroupName, object({ gid: id })).default({}),
  agent: z.union([named<AgentName, typeof agentSchema>(agents, agentSchema), z.literal(false)]).default(false),
  toolchains: z.array(named<ToolchainName, typeof toolchainSchema>(toolchains, toolchainSchema)).default([]),
  packages: z.array(packageSchema).default([]),
  /** The main user's home-manager configuration. */
  home: z.array(homeSchema).default([]),
  /** NixOS modules of the guest. */
  modules: z.array(moduleSchema).default([]),
  /** The guest's; the host's by default. */
  stateVersion: scalar.stateVersion.optional(),
});

const bridgeSchema = object({
  /** The bridge's own address, the guests' gateway, with the prefix length of the subnet. */
  address: scalar.ipv4Cidr,
  /** Masquerades the subnet behind the host's outward interface. */
  nat: object({ externalInterface: scalar.interfaceName }).optional(),
});

const hostSchema = object({
  system: z.enum(["x86_64-linux", "aarch64-linux"]).default("x86_64-linux"),
  /** The NixOS release the host was first installed with; guests take it over. */
  stateVersion: scalar.stateVersion,
  /** NixOS modules of the host, such as its `configuration.nix`. */
  modules: z.array(moduleSchema).default([]),
  /** Whose VMs these are; present on the host, made in every guest with the same ids. */
  user: userSchema,
  bridges: record(scalar.interfaceName, bridgeSchema).default({}),
  vms: record(scalar.hostLabel, vmSchema).default({}),
});

const inputSchema = object({
  url: scalar.flakeRef.optional(),
  /** Inputs of the input that are ours instead: its input name → our input name. */
  follows: record(scalar.inputName, scalar.followsPath).optional(),
  /** False for a plain source tree. */
  flake: z.boolean().optional(),
});

/** The one description of what a config may hold; types, defaults and messages come from it. */
export const configSchema = object({
  description: scalar.line.default("NixOS hosts and their microVMs"),
  /** Flake inputs: own ones, or others in place of the defaults; a string is a URL. */
  inputs: record(scalar.inputName, z.union([scalar.flakeRef.transform((url) => ({ url })), inputSchema])).default({}),
  hosts: record(scalar.hostLabel, hostSchema),
});

/** A config with every default filled in. */
export type Model = z.output<typeof configSchema>;
export type HostModel = Model["hosts"][string];
export type VmModel = HostModel["vms"][string];

/** Types a config without changing it. */
export const defineConfig = (config: Config): Config => config;
