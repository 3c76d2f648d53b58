import { z } from "zod";
import * as scalar from "../scalars.js";
import { type Bridge, bridgeSchema } from "./network.js";
import { type Module, moduleSchema, object, record } from "./terms.js";
import { type User, userSchema } from "./user.js";
import { type Vm, vmSchema } from "./vm.js";

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

export const hostSchema = object({
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
