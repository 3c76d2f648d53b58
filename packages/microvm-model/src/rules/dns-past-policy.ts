import type { Rule } from "./rule.js";
import { isDns } from "../config/policy.js";
import { problem } from "../problems/problem.js";

/**
 * DNS despite network "none"
 *
 * A resolver forwards queries to the server of the domain, which anybody can run. So a VM that may only use DNS can
 * still send data out in queries, and receive data in answers. With `network: "allowlist"`, the resolver only forwards
 * queries for the listed names.
 *
 * ## Fails
 *
 * ```ts vm
 * { network: "none", reachHost: ["dns"] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { network: "allowlist", allow: ["example.org"] }
 * ```
 */
const dnsPastPolicy = problem("dns-past-policy", "warning");

export const check: Rule = (host) =>
  host.vms.flatMap(
    ({
      network: {
        policy: { network, written },
      },
    }) => {
      const [dns] = written.reachHost.filter(({ value }) => isDns(value));
      return network !== "none" || dns === undefined
        ? []
        : [
            dnsPastPolicy(
              dns.path,
              '`network: "none"` with the host\'s DNS still lets data out in DNS queries',
              'Set `network: "allowlist"` and list the required names in `allow`: the resolver then answers only these.',
            ),
          ];
    },
  );
