import type { ConfigPath } from "../problems/problem.js";
import type { AgentPlan } from "./agent.js";
import type { GuestSystemPlan } from "./guest-system.js";
import type { KeyPlan } from "./keys.js";
import type { MachinePlan } from "./machine.js";
import type { VmNetworkPlan } from "./network.js";
import type { SecretPlan } from "./secret.js";
import type { StoragePlan } from "./storage.js";

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
  /** API keys that it uses through the host. */
  readonly keys: readonly KeyPlan[];
}
