import type { Problem } from "@microvm-emit/model";
import { locateProblems } from "../config-file/locate/locate-problems.js";
import type { LoadedFile } from "../config-file/plan-file.js";
import type { Diagnostic } from "../report/diagnostic.js";
import { diagnosticOf } from "../report/problem-diagnostic.js";

/**
 * Finds the source of problems, such as those of custom rules. A problem without a place keeps its path.
 *
 * @example
 *
 * ```ts
 * import { loadConfig, locate } from "microvm-emit/node";
 *
 * const loaded = await loadConfig("microvm.config.ts");
 * if (loaded._tag === "Left") throw new Error("The config cannot be loaded.");
 * const path = ["hosts", "workstation", "vms", "projectvm"];
 * const [found] = await locate(loaded.right, [
 *   { code: "reserved-name", severity: "error", path, message: "The name is reserved", remedy: "Rename the VM." },
 * ]);
 * console.log(found?.place?.line, found?.message);
 * ```
 *
 * ```text
 * 9 The name is reserved
 * ```
 */
export const locate = async (
  { places, config }: LoadedFile,
  problems: readonly Problem<string>[],
): Promise<readonly Diagnostic[]> => (await locateProblems(places.config, config, problems)).map(diagnosticOf);
