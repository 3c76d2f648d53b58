import type { Result } from "@microvm-emit/model";
import { wantedOf } from "../config-file/wanted.js";
import type { PlannedFile } from "../config-file/plan-file.js";
import { requireNoLink, write, type Written } from "../output/write.js";
import type { TextFile } from "../output-file.js";
import type { Diagnostic } from "../report/diagnostic.js";
import { attempt } from "./attempt.js";

/** Options of `writeFlake`. */
export interface WriteOptions {
  /** The files of the flake; by default those of the config. microvm-emit then also manages files that you add. */
  readonly files?: readonly TextFile[];
  /** Overwrites and removes files that were edited by hand or come from elsewhere. */
  readonly force?: boolean;
}

/**
 * Writes a flake and the lock of its config, or nothing. Files of earlier runs that are obsolete are removed; files
 * that microvm-emit did not write, or that were edited by hand, stay unchanged and stop the run.
 *
 * @returns Left: the reasons why nothing was written.
 */
export const writeFlake = (
  planned: PlannedFile,
  { files, force = false }: WriteOptions = {},
): Promise<Result<readonly Diagnostic[], Written>> =>
  attempt(async () => {
    requireNoLink(planned.places.typedOutput, planned.places.configDir);
    return write({ ...wantedOf(planned, files), force });
  });
