import type { HostPlan, VmPlan } from "../plan.js";
import { error, type Problem } from "../problem.js";

/** An environment variable has one value, and PATH is put together from `searchPath`. */
export const environment = (host: HostPlan): readonly Problem[] => host.vms.flatMap(clashes);

const clashes = ({ path, agent, toolchains, secrets }: VmPlan): readonly Problem[] => {
  const given = [
    ...(agent?.state?.variable
      ? [{ from: agent.name, path: [...path, "agent"], name: agent.state.variable, value: agent.state.directory }]
      : []),
    ...secrets.flatMap(({ path: place, name, variable }) =>
      variable === null
        ? []
        : [{ from: `the secret ${name}`, path: place, name: variable, value: `what ${name} holds` }],
    ),
    ...toolchains.flatMap(({ name: from, environment: variables }, position) =>
      Object.entries(variables).map(([name, value]) => ({
        from,
        path: [...path, "toolchains", position],
        name,
        value,
      })),
    ),
  ];
  return given.flatMap(({ from, name, value, path: place }, position) => {
    if (name === "PATH")
      return [error("path-in-environment", place, `${from} sets PATH`, "Put the folders into `searchPath` instead.")];
    const other = given.slice(0, position).find((earlier) => earlier.name === name && earlier.value !== value);
    return other === undefined
      ? []
      : [
          error(
            "conflicting-variable",
            place,
            `${from} sets ${name} to ${value}, and ${other.from} to ${other.value}`,
            "Leave one of them out, or agree on the value.",
            [{ path: other.path, note: "the other value" }],
          ),
        ];
  });
};
