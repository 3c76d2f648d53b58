import type { VmPlan } from "./plan.js";
import type { ConfigPath } from "../problems/problem.js";

/** An environment variable of a guest, with the part of its VM that sets it. */
export interface Variable {
  readonly from: string;
  readonly path: ConfigPath;
  readonly name: string;
  readonly value: string;
}

/** The environment variables that a VM sets for its whole guest, in the order in which they are written. */
export const variablesOf = ({
  path,
  agent,
  guest: { toolchains, environment },
  secrets,
}: VmPlan): readonly Variable[] => [
  ...(agent?.state?.variable
    ? [{ from: agent.name, path: [...path, "agent"], name: agent.state.variable, value: agent.state.directory }]
    : []),
  ...secrets.flatMap(({ path: place, name, variable }) =>
    variable === null
      ? []
      : [{ from: `the secret ${name}`, path: place, name: variable, value: `the content of ${name}` }],
  ),
  ...toolchains.flatMap(({ name: from, environment: variables }, position) =>
    Object.entries(variables).map(([name, value]) => ({
      from,
      path: [...path, "toolchains", position],
      name,
      value,
    })),
  ),
  ...Object.entries(environment).map(([name, value]) => ({
    from: "the VM's environment",
    path: [...path, "environment", name],
    name,
    value,
  })),
];
