import type { ConfigPath } from "../problems/problem.js";
import type { AgentPlan } from "./agent.js";
import type { GuestSystemPlan } from "./guest-system.js";
import type { KeyPlan } from "./keys.js";
import type { MachinePlan } from "./machine.js";
import type { VmNetworkPlan } from "./network.js";
import type { SecretPlan } from "./secret.js";
import type { StoragePlan } from "./storage.js";

/** A VM, grouped by subject; null stands for a setting that the config omits. */
export interface VmPlan {
  /** The part of the config, for problems. */
  readonly path: ConfigPath;
  /** Its name. */
  readonly name: string;
  /** Its index on the host, from which tap, MAC and address follow. */
  readonly index: number;
  /** The VM's former name. */
  readonly renamedFrom: string | null;
  /** True to start it with the host. */
  readonly autostart: boolean;
  /** True to restart it when it changes. */
  readonly restartIfChanged: boolean;
  /** The virtual machine. */
  readonly machine: MachinePlan;
  /** Interfaces and network policy. */
  readonly network: VmNetworkPlan;
  /** Shares and disks. */
  readonly storage: StoragePlan;
  /** The NixOS of the guest. */
  readonly guest: GuestSystemPlan;
  /** The coding agent; null without one. */
  readonly agent: AgentPlan | null;
  /** Secrets of the main user. */
  readonly secrets: readonly SecretPlan[];
  /** API keys that it uses through the host. */
  readonly keys: readonly KeyPlan[];
}
