import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";
import { variablesOf } from "../plan/variables.js";

/**
 * Toolchain overwrites PATH
 *
 * NixOS builds `PATH` from its own folders. A value in `environment` replaces them, and no program is found. Use
 * `searchPath` to add folders.
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

export const check: Rule = (host) =>
  host.vms
    .flatMap(variablesOf)
    .filter(({ name }) => name === "PATH")
    .map(({ from, path }) => pathInEnvironment(path, `${from} replaces PATH`, "Use `searchPath` instead."));
