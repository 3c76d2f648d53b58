import type { Problem } from "@microvm-emit/model";
import { locateProblems } from "../config-file/locate/locate-problems.js";
import type { LoadedFile } from "../config-file/plan-file.js";
import type { Diagnostic } from "../report/diagnostic.js";
import { diagnosticOf } from "../report/problem-diagnostic.js";

/** Finds the source of problems, such as those that your rules report. A problem without a place keeps its path. */
export const locate = async (
  { places, config }: LoadedFile,
  problems: readonly Problem<string>[],
): Promise<readonly Diagnostic[]> => (await locateProblems(places.config, config, problems)).map(diagnosticOf);
