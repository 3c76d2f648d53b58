import type { Rule } from "./rule.js";
import { isDns } from "../config/policy.js";
import { problem } from "../problems/problem.js";

/**
 * A VM that may reach nothing may ask the host's DNS
 *
 * A resolver passes on what it does not know to the server of the domain, whoever runs that. A VM that may ask it can send data
 * out in the names that it asks for, and have answers back, however little else it reaches. With `network: "allowlist"`
 * questions for other names than those of the list are not passed on.
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

/** A VM that is to reach nothing does not ask a resolver either, which carries any data to whoever runs a domain. */
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
              "The VM may reach nothing but asks the host's DNS, which passes questions on: data gets out in names",
              'Give it `network: "allowlist"` with the names that it needs in `allow`: its DNS then answers these alone.',
            ),
          ];
    },
  );
