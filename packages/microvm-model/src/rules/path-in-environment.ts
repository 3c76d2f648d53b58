import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";
import { variablesOf } from "../plan/variables.js";

/** PATH is put together from `searchPath`: a value of its own would replace NixOS's. */
export const pathInEnvironment = (host: HostPlan): readonly Problem[] =>
  host.vms
    .flatMap(variablesOf)
    .filter(({ name }) => name === "PATH")
    .map(({ from, path }) =>
      error("path-in-environment", path, `${from} sets PATH`, "Put the folders into `searchPath` instead."),
    );
