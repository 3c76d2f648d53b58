import { problem } from "../problems/problem.js";
import type { Rule } from "./rule.js";

/**
 * A key needs an enforced network policy
 *
 * The host knows by the source address which VM sends a request. Only the rules of a network policy make this address unforgeable, so a VM
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
            `The network of ${name} is open, so the host cannot know that a request comes from it`,
            `Choose another \`network\`, or ${withhold}.`,
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
