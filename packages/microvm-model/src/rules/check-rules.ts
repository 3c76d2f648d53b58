import type { Resolution } from "../resolve/resolve.js";
import { type Checked, withProblems } from "../problems/checked.js";
import type { ConfigSource } from "./config-source.js";
import { flakeRules, rules } from "./rules.generated.js";

/** Applies every rule of this folder to a plan. */
export const checkRules =
  (source: ConfigSource) =>
  (resolution: Resolution): Checked<Resolution> => {
    const { hosts, inputs } = resolution.plan;
    return withProblems(
      [
        ...hosts.flatMap((host) => rules.flatMap((rule) => rule(host, source, inputs))),
        ...flakeRules.flatMap((rule) => rule(hosts)),
      ],
      resolution,
    );
  };
