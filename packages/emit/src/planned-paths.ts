import type { Plan } from "@microvm-emit/model";

/** Every file or directory of the user's that a plan refers to, wherever in it, relative to the config, each once. */
export const pathsIn = (plan: Plan): readonly string[] => {
  const found = new Set<string>();
  const walk = (part: unknown): void => {
    if (typeof part !== "object" || part === null) return;
    // Paths inside the user's own Nix have no `at`: they are relative to the emitted file.
    if ("kind" in part && part.kind === "path" && "at" in part && "path" in part && typeof part.path === "string") {
      found.add(part.path);
    } else Object.values(part).forEach(walk);
  };
  walk(plan);
  return [...found];
};
