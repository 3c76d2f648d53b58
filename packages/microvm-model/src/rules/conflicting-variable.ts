import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";
import { variablesOf } from "../plan/variables.js";

/**
 * An environment variable gets two values
 *
 * Toolchains and the agent's state set environment variables for the whole guest. Where two of them set one variable to
 * different values, NixOS refuses, and which one was meant cannot be known.
 *
 * ## Fails
 *
 * ```ts vm
 * {
 *   toolchains: [
 *     { name: "one", packages: ["hello"], environment: { CC: "gcc" } },
 *     { name: "two", packages: ["hello"], environment: { CC: "clang" } },
 *   ],
 * }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * {
 *   toolchains: [
 *     { name: "one", packages: ["hello"], environment: { CC: "gcc" } },
 *     { name: "two", packages: ["hello"], environment: { CC: "gcc" } },
 *   ],
 * }
 * ```
 */
const conflictingVariable = problem("conflicting-variable", "error");

/** An environment variable has one value: NixOS refuses two of `environment.variables`. */
export const check: Rule = (host) =>
  host.vms.flatMap((vm) => {
    const given = variablesOf(vm).filter(({ name }) => name !== "PATH");
    return given.flatMap(({ from, name, value, path }, position) => {
      const other = given.slice(0, position).find((earlier) => earlier.name === name && earlier.value !== value);
      return other === undefined
        ? []
        : [
            conflictingVariable(
              path,
              `${from} sets ${name} to ${value}, and ${other.from} to ${other.value}`,
              "Leave one of them out, or agree on the value.",
              [{ path: other.path, note: "the other value" }],
            ),
          ];
    });
  });
