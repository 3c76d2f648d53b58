import type { ConfigPath, Plan } from "@microvm-emit/model";

/** A file or directory of the user that the plan names: its path relative to the config, and its config path. */
export interface PlannedPath {
  readonly path: string;
  readonly at: ConfigPath;
}

/** Collects all such paths in a plan. */
export const plannedPaths = (plan: Plan): readonly PlannedPath[] => {
  const found: PlannedPath[] = [];
  const walk = (part: unknown): void => {
    if (typeof part !== "object" || part === null) return;
    if (isPathModule(part)) found.push(part);
    else Object.values(part).forEach(walk);
  };
  walk(plan);
  return found;
};

// Paths in the user's Nix code have no `at`: they are relative to the emitted file.
const isPathModule = (part: object): part is PlannedPath =>
  "kind" in part && part.kind === "path" && "at" in part && "path" in part && typeof part.path === "string";
