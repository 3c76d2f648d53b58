import type { Expr } from "@microvm-emit/nix-ast";
import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { type Bridge, bridgeSchema, type Routed, routedSchema } from "./network.js";
import { type MicrovmHostOptions, microvmHostSchema } from "./microvm.js";
import { type Module, moduleSchema, nixExpression, object, record } from "../scalars/terms.js";
import { type Keys, keysSchema } from "./keys.js";
import { type Silences, silenceSchema } from "./silence.js";
import { type User, userSchema } from "./user.js";
import { type Vm, type VmDefaults, vmDefaultsSchema, vmSchema } from "./vm.js";

/** A NixOS machine that runs microVMs. */
export interface Host {
  /**
   * The platform of the host and its guests.
   *
   * @default "x86_64-linux"
   */
  readonly system?: "x86_64-linux" | "aarch64-linux" | undefined;

  /**
   * The NixOS release that the host was first installed with, its `system.stateVersion`; also the default for guests.
   *
   * @example "25.11"
   */
  readonly stateVersion: string;

  /**
   * NixOS modules of the host, such as its existing `configuration.nix`.
   *
   * @default []
   * @example ["./configuration.nix"]
   */
  readonly modules?: readonly Module[] | undefined;

  /** The owner of the VMs: an existing user of the host. Every guest has it with the same ids. */
  readonly user: User;

  /**
   * Bridges by the name of their network interface, at most 15 characters.
   *
   * @default {}
   * @example { microbr: { address: "192.168.83.1/24", nat: true } }
   */
  readonly bridges?: Readonly<Record<string, Bridge>> | undefined;

  /**
   * A network without a bridge: the host has a route to each guest, and no guest sees frames of another. VMs join it
   * with `interfaces: [{ routed: true }]`, and by default if the host has no bridge.
   *
   * @default none
   * @example { address: "10.9.0.1/24", nat: true }
   */
  readonly routed?: Routed | undefined;

  /**
   * VMs by name. The name is the host name and the systemd instance: `projectvm` runs as `microvm@projectvm.service`.
   *
   * @default {}
   * @example { projectvm: { agent: "claude-code" } }
   */
  readonly vms?: Readonly<Record<string, Vm>> | undefined;

  /**
   * VMs described elsewhere, by name: in another flake, or as an evaluated system.
   *
   * @default {}
   * @example { web: { flake: "fleet" } }
   */
  readonly importedVms?: Readonly<Record<string, ImportedVm>> | undefined;

  /**
   * The host folder that contains the folder of each VM.
   *
   * @default "/var/lib/microvms"
   */
  readonly stateDirectory?: string | undefined;

  /**
   * The time in seconds for a VM to start or stop before systemd gives up.
   *
   * @default 150
   */
  readonly startupTimeoutSeconds?: number | undefined;

  /**
   * For VMs from `microvm -c` only: makes their services wait until the guest reports that it is up, and fail if the
   * hypervisor cannot report it. The service of a VM in the config always waits if its hypervisor can report it.
   *
   * @default false
   */
  readonly useNotifySockets?: boolean | undefined;

  /**
   * Other host options of microvm.nix, by their names there.
   *
   * @default {}
   */
  readonly microvm?: MicrovmHostOptions | undefined;

  /**
   * API keys that stay on the host, by provider. The host adds a key to the requests of each VM whose agent uses this
   * provider, so the agent works without a key, and with `network: "none"`. No VM can read a key.
   *
   * @default {}
   * @example { anthropic: { file: "/run/agenix/anthropic" } }
   */
  readonly keys?: Keys | undefined;

  /**
   * Warnings to silence here, by code, each with a reason.
   *
   * @default {}
   * @example { "no-login": "keys come with cloud-init" }
   */
  readonly silence?: Silences | undefined;

  /**
   * Default settings for every VM of the host. Objects merge by key, lists of the VM are appended, other values of the
   * VM replace the default. In a VM, `replace([…])` replaces a list and `unset` removes a setting.
   *
   * @default none
   * @example { vcpu: 4, home: ["zsh"], packages: ["git", "ripgrep"] }
   */
  readonly vmDefaults?: VmDefaults | undefined;
}

/** A VM that another flake describes. */
export interface FlakeVm {
  /** The flake input that provides it, as `nixosConfigurations.NAME` with microvm.nix's guest module. */
  readonly flake: string;

  /**
   * The flake reference from which `microvm -u` on the host updates the VM. A switch of the host then leaves the
   * installed VM unchanged.
   *
   * @default none: a switch of the host updates it
   * @example "git+file:///home/alice/fleet"
   */
  readonly updateFlake?: string | undefined;

  /**
   * Starts the VM with the host.
   *
   * @default false
   */
  readonly autostart?: boolean | undefined;

  /**
   * Restarts the VM on a switch of the host that changes its configuration.
   *
   * @default false
   */
  readonly restartIfChanged?: boolean | undefined;
}

/** A VM whose system another flake or expression evaluates. */
export interface EvaluatedVm {
  /**
   * A NixOS system with microvm.nix's guest module: an attribute of a flake input, or Nix with `inputs`, `pkgs`, `lib` and
   * `config` in scope.
   *
   * @example "fleet.nixosConfigurations.web"
   */
  readonly evaluatedConfig: string | Expr;

  /**
   * Starts the VM with the host.
   *
   * @default false
   */
  readonly autostart?: boolean | undefined;

  /**
   * Restarts the VM on a switch of the host that changes its configuration.
   *
   * @default false
   */
  readonly restartIfChanged?: boolean | undefined;
}

/** A VM of this host that another flake or expression describes. */
export type ImportedVm = FlakeVm | EvaluatedVm;

const start = { autostart: z.boolean().default(false), restartIfChanged: z.boolean().default(false) };

const flakeVmSchema = object({
  flake: scalar.inputName,
  updateFlake: scalar.flakeRef.optional(),
  ...start,
});

const evaluatedVmSchema = object({ evaluatedConfig: z.union([scalar.inputAttribute, nixExpression]), ...start });

export const hostSchema = object({
  system: z.enum(["x86_64-linux", "aarch64-linux"]).default("x86_64-linux"),
  stateVersion: scalar.stateVersion,
  modules: z.array(moduleSchema).default([]),
  user: userSchema,
  bridges: record(scalar.interfaceName, bridgeSchema).default({}),
  routed: routedSchema.optional(),
  vms: record(scalar.hostLabel, vmSchema).default({}),
  importedVms: record(scalar.hostLabel, z.union([flakeVmSchema, evaluatedVmSchema])).default({}),
  stateDirectory: scalar.guestPath.default("/var/lib/microvms"),
  startupTimeoutSeconds: z.int().positive().default(150),
  useNotifySockets: z.boolean().default(false),
  microvm: microvmHostSchema.default({}),
  /** API keys that VMs can use but not read. */
  keys: keysSchema.default({}),
  silence: silenceSchema().default({}),
  vmDefaults: vmDefaultsSchema.optional(),
});
