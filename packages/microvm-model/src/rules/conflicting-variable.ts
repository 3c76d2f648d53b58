import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";
import { variablesOf } from "../plan/variables.js";

/** An environment variable has one value: NixOS refuses two of `environment.variables`. */
export const conflictingVariable = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap((vm) => {
    const given = variablesOf(vm).filter(({ name }) => name !== "PATH");
    return given.flatMap(({ from, name, value, path }, position) => {
      const other = given.slice(0, position).find((earlier) => earlier.name === name && earlier.value !== value);
      return other === undefined
        ? []
        : [
            error(
              "conflicting-variable",
              path,
              `${from} sets ${name} to ${value}, and ${other.from} to ${other.value}`,
              "Leave one of them out, or agree on the value.",
              [{ path: other.path, note: "the other value" }],
            ),
          ];
    });
  });
