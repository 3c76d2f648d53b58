import type { Result } from "@microvm-emit/model";
import { check } from "../check/nix.js";
import type { Override } from "../check/run-nix.js";
import type { PlannedFile } from "../config-file/plan-file.js";
import { plannedPaths } from "../config-file/planned-paths.js";
import type { OutputFile } from "../output-file.js";
import type { CheckedHost, OnProgress } from "../report/checked.js";
import type { Diagnostic } from "../report/diagnostic.js";
import { attempt } from "./attempt.js";

/** Options of `checkFlake`. */
export interface CheckOptions {
  /** The files of the flake; by default those of the config. */
  readonly files?: readonly OutputFile[];
  /** Flakes for inputs, as with `--override-input`. */
  readonly overrides?: readonly Override[];
  /** Called at each step, such as for a progress bar. */
  readonly onProgress?: OnProgress;
}

/**
 * Evaluates every host with Nix, in a temporary copy of the source; does not change your files.
 *
 * @returns Left: for each host that Nix cannot evaluate, its error and the part of the config that caused it.
 */
export const checkFlake = (
  planned: PlannedFile,
  { files = planned.files(), overrides = [], onProgress = () => undefined }: CheckOptions = {},
): Promise<Result<readonly Diagnostic[], readonly CheckedHost[]>> =>
  attempt(() => {
    const {
      places: { config, outputDir },
      config: loaded,
      planned: { plan, written },
    } = planned;
    const hosts = plan.hosts.map(({ name }) => name);
    const modules = plannedPaths(plan);
    return check(
      { config, loaded, outputDir, isFlake: plan.flake, files, hosts, modules, written, overrides },
      onProgress,
    );
  });
