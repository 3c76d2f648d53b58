import type { ConfigPath, Plan } from "@microvm-emit/model";

/** A file or directory of the user's that a plan refers to, relative to the config, and where the config names it. */
export interface PlannedPath {
  readonly path: string;
  readonly at: ConfigPath;
}

/** Every path of the user's in a plan, wherever in it. */
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

// Paths inside the user's own Nix have no `at`: they are relative to the emitted file.
const isPathModule = (part: object): part is PlannedPath =>
  "kind" in part && part.kind === "path" && "at" in part && "path" in part && typeof part.path === "string";
