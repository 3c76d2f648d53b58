import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";
import { variablesOf } from "../plan/variables.js";

/**
 * A toolchain sets PATH
 *
 * NixOS puts `PATH` together from its own folders. A value of one's own would replace all of them, and no program would
 * be found. `searchPath` adds folders.
 *
 * ## Fails
 *
 * ```ts vm
 * { toolchains: [{ name: "mine", packages: ["hello"], environment: { PATH: "$HOME/bin" } }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { toolchains: [{ name: "mine", packages: ["hello"], searchPath: ["$HOME/bin"] }] }
 * ```
 */
const pathInEnvironment = problem("path-in-environment", "error");

/** PATH is put together from `searchPath`: a value of its own would replace NixOS's. */
export const check: Rule = (host) =>
  host.vms
    .flatMap(variablesOf)
    .filter(({ name }) => name === "PATH")
    .map(({ from, path }) =>
      pathInEnvironment(path, `${from} sets PATH`, "Put the folders into `searchPath` instead."),
    );
