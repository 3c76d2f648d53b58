import type { ConfigPath, Problem } from "@microvm-emit/model";
import type { Texts } from "../../fs/read-text.js";
import type { Findings } from "../../report/diagnostic.js";
import { findingsOf, type PlannedFile } from "../plan-file.js";
import type { Change } from "./change.js";

/** The warnings that an edit causes, and the number of those that the config had before. */
export interface NewFindings {
  readonly findings: Findings;
  readonly others: number;
}

/**
 * Finds the warnings that an edit causes.
 *
 * @param before the config without the edit; undefined if it had errors.
 * @param texts the edited files.
 */
export const newFindings = async (
  before: PlannedFile | undefined,
  after: PlannedFile,
  change: Change,
  texts: Texts,
): Promise<NewFindings> => {
  const { warnings = [], silenced = [] } = before?.planned ?? {};
  const known = new Set(
    [...warnings, ...silenced].map((problem) => keyOf(problem, pathAfter(problem.path, change), change)),
  );
  const isNew = (problem: Problem<string>): boolean => !known.has(keyOf(problem, problem.path, change));
  const { places, config, planned } = after;
  const those = (is: (problem: Problem<string>) => boolean): Promise<Findings> =>
    findingsOf(
      places.config,
      config,
      { ...planned, warnings: planned.warnings.filter(is), silenced: planned.silenced.filter(is) },
      texts,
    );
  const others = await those((problem) => !isNew(problem));
  return { findings: await those(isNew), others: others.problems.length };
};

/** Messages list VMs, and only a new VM or destination makes such a list worse. */
const keyOf = ({ code, message }: Problem<string>, path: ConfigPath, { kind }: Change): string =>
  JSON.stringify([code, path, kind === "add" || kind === "allow" ? message : ""]);

/** A path of the config before a change, with the new name or host of the VM. */
const pathAfter = (path: ConfigPath, change: Change): ConfigPath => {
  const { vm, kind } = change;
  if ((kind !== "rename" && kind !== "move") || path[1] !== vm.host || path[3] !== vm.name) return path;
  const changed = kind === "rename" ? 3 : 1;
  return path.map((step, position) => (position === changed ? change.to : step));
};
