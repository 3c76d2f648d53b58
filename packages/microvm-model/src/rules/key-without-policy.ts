import { problem } from "../problems/problem.js";
import type { Rule } from "./rule.js";

/**
 * A key needs an enforced network policy
 *
 * The host identifies a VM by the source address of its requests. Only a network policy prevents a forged address, so a VM
 * with `network: "open"` gets no key. The VM and the host also need fixed addresses in a common network with a tap: there the host
 * answers the requests.
 *
 * ## Fails
 *
 * ```ts vm
 * { network: "open", keys: { anthropic: "/run/agenix/anthropic" } }
 * ```
 *
 * ```ts vm
 * { interfaces: [], keys: { anthropic: "/run/agenix/anthropic" } }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { agent: "claude-code", network: "none", keys: { anthropic: "/run/agenix/anthropic" } }
 * ```
 */
const keyWithoutPolicy = problem("key-without-policy", "error");

export const check: Rule = ({ vms }) =>
  vms.flatMap(({ name, keys, network: { policy } }) =>
    keys.flatMap(({ path, provider, url }) => {
      const withhold = `set \`keys: { ${provider}: false }\` on ${name}`;
      if (policy.network === "open")
        return [
          keyWithoutPolicy(
            path,
            `${name} has \`network: "open"\`, so the host cannot verify which VM sends a request`,
            `Set \`network: "internet"\` or a stricter policy, or ${withhold}.`,
            [{ path: policy.path, note: "the network" }],
          ),
        ];
      return url === null
        ? [
            keyWithoutPolicy(
              path,
              `${name} and its host have no fixed addresses in a common network`,
              `Give the bridge an \`address\`, or ${withhold}.`,
            ),
          ]
        : [];
    }),
  );
