import { isOfDefaults } from "../compose/vm-defaults.js";
import { problem } from "../problems/problem.js";
import type { Rule } from "./rule.js";

/**
 * VM in its own reachVms
 *
 * `reachVms` lists other VMs. A VM always reaches itself.
 *
 * ## Fails
 *
 * ```ts vm
 * { reachVms: ["a"] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { reachVms: [] }
 * ```
 */
const reachItself = problem("reach-itself", "error");

export const check: Rule = ({ vms }, { written }) =>
  vms.flatMap(({ name, network: { policy } }) =>
    policy.vms
      .filter(({ value }) => value === name)
      .map(({ path }) => {
        const others = policy.written.reachVms.filter((_, position) => policy.vms[position]?.value !== name);
        return reachItself(
          path,
          `${name} is the VM itself`,
          isOfDefaults(written(path))
            ? `Override \`vmDefaults\` in ${name} with \`reachVms: replace(${JSON.stringify(others.map(({ value }) => value))})\`.`
            : "Remove it from `reachVms`.",
        );
      }),
  );
