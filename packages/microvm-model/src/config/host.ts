import type { Expr } from "@microvm-emit/nix-ast";
import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { type Bridge, bridgeSchema, type Routed, routedSchema } from "./network.js";
import { type MicrovmHostOptions, microvmHostSchema } from "./microvm.js";
import { type Module, moduleSchema, nixExpression, object, record } from "../scalars/terms.js";
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
   * @example { microbr: { address: "192.168.83.1/24", nat: true } }
   */
  readonly bridges?: Readonly<Record<string, Bridge>> | undefined;

  /**
   * The network of VMs without a bridge: the host has a route to each guest, and no guest sees another's frames. VMs
   * join it with `interfaces: [{ routed: true }]`, or by themselves where the host has no bridge.
   *
   * @default none
   * @example { address: "10.9.0.1/24", nat: true }
   */
  readonly routed?: Routed | undefined;

  /**
   * VMs by name, which is their host name and their systemd instance: `projectvm` runs as `microvm@projectvm.service`.
   *
   * @default {}
   * @example { projectvm: { agent: "claude-code" } }
   */
  readonly vms?: Readonly<Record<string, Vm>> | undefined;

  /**
   * VMs that are described elsewhere, by name: in another flake, or as a system that is evaluated already.
   *
   * @default {}
   * @example { web: { flake: "fleet" } }
   */
  readonly importedVms?: Readonly<Record<string, ImportedVm>> | undefined;

  /**
   * The host's folder that has a folder for each VM.
   *
   * @default "/var/lib/microvms"
   */
  readonly stateDirectory?: string | undefined;

  /**
   * How many seconds a VM may take to start or stop before systemd gives up.
   *
   * @default 150
   */
  readonly startupTimeoutSeconds?: number | undefined;

  /**
   * Whether every VM's service waits until its guest says that it is up; with a hypervisor that cannot, the service fails.
   * Where it can, `microvm@NAME.service` waits even so.
   *
   * @default false
   */
  readonly useNotifySockets?: boolean | undefined;

  /**
   * Everything else that microvm.nix knows of a host, by its own names.
   *
   * @default {}
   */
  readonly microvm?: MicrovmHostOptions | undefined;

  /**
   * Warnings that are known and meant, by code, each with the reason; they hold for all that is described here.
   *
   * @default {}
   * @example { "no-login": "keys come with cloud-init" }
   */
  readonly silence?: Silences | undefined;

  /**
   * What every VM of the host has unless it says otherwise. Objects merge by key, lists are joined with the VM's own after
   * these, and all else is replaced; `replace([…])` in a VM takes the place of a list, `unset` takes a setting away.
   *
   * @default none
   * @example { vcpu: 4, home: ["zsh"], packages: ["git", "ripgrep"] }
   */
  readonly vmDefaults?: VmDefaults | undefined;
}

/** A VM that another flake describes. */
export interface FlakeVm {
  /** The flake input that has it, as `nixosConfigurations.NAME` with microvm.nix's guest module. */
  readonly flake: string;

  /**
   * The flake reference from which `microvm -u` on the host updates the VM; a switch of the host then leaves the installed
   * one alone.
   *
   * @default none: a switch of the host updates it
   * @example "git+file:///home/alice/fleet"
   */
  readonly updateFlake?: string | undefined;

  /**
   * Whether the VM starts with the host.
   *
   * @default false
   */
  readonly autostart?: boolean | undefined;

  /**
   * Whether a switch of the host restarts the VM when its configuration changed.
   *
   * @default false
   */
  readonly restartIfChanged?: boolean | undefined;
}

/** A VM whose system is evaluated elsewhere. */
export interface EvaluatedVm {
  /**
   * A NixOS system with microvm.nix's guest module: an attribute of a flake input, or Nix with `inputs`, `pkgs`, `lib` and
   * `config` in scope.
   *
   * @example "fleet.nixosConfigurations.web"
   */
  readonly evaluatedConfig: string | Expr;

  /**
   * Whether the VM starts with the host.
   *
   * @default false
   */
  readonly autostart?: boolean | undefined;

  /**
   * Whether a switch of the host restarts the VM when its configuration changed.
   *
   * @default false
   */
  readonly restartIfChanged?: boolean | undefined;
}

/** A VM of this host that is not described here. */
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
  /** The NixOS release the host was first installed with; guests take it over. */
  stateVersion: scalar.stateVersion,
  /** NixOS modules of the host, such as its `configuration.nix`. */
  modules: z.array(moduleSchema).default([]),
  /** Whose VMs these are; present on the host, made in every guest with the same ids. */
  user: userSchema,
  bridges: record(scalar.interfaceName, bridgeSchema).default({}),
  routed: routedSchema.optional(),
  vms: record(scalar.hostLabel, vmSchema).default({}),
  /** VMs that are described elsewhere. */
  importedVms: record(scalar.hostLabel, z.union([flakeVmSchema, evaluatedVmSchema])).default({}),
  stateDirectory: scalar.guestPath.default("/var/lib/microvms"),
  startupTimeoutSeconds: z.int().positive().default(150),
  useNotifySockets: z.boolean().default(false),
  microvm: microvmHostSchema.default({}),
  silence: silenceSchema().default({}),
  vmDefaults: vmDefaultsSchema.optional(),
});
