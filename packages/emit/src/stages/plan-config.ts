import type { Result, Rule } from "@microvm-emit/model";
import { type LoadedFile, type PlannedFile, planLoaded } from "../config-file/plan-file.js";
import type { Diagnostic } from "../report/diagnostic.js";
import { attempt } from "./attempt.js";

/** Options of `planConfig`. */
export interface PlanConfigOptions {
  /** Custom rules. Their errors stop the run, like those of microvm-emit, and are reported with a place. */
  readonly rules?: readonly Rule[];
}

/**
 * Validates a loaded config, and plans its hosts and VMs.
 *
 * @returns Left: every problem of the config, and its warnings, each at its place in the source.
 */
export const planConfig = (
  loaded: LoadedFile,
  { rules = [] }: PlanConfigOptions = {},
): Promise<Result<readonly Diagnostic[], PlannedFile>> => attempt(() => planLoaded(loaded, undefined, rules));
