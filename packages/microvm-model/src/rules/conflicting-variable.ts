import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";
import { variablesOf } from "../plan/variables.js";

/**
 * Conflicting environment variable
 *
 * Toolchains and the agent set environment variables for the whole guest. NixOS refuses two different values of one
 * variable.
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
              `${from} sets ${name} to ${value}, and ${other.from} sets it to ${other.value}`,
              "Remove one of them, or set the same value.",
              [{ path: other.path, note: "the other value" }],
            ),
          ];
    });
  });
