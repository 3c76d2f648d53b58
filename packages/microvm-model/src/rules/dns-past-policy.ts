import { isDns } from "../config/policy.js";
import type { HostPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** A VM that is to reach nothing does not ask a resolver either, which carries any data to whoever runs a domain. */
export const dnsPastPolicy = (host: HostPlan): readonly Problem[] =>
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
            warning(
              "dns-past-policy",
              dns.path,
              "The VM may reach nothing but asks the host's DNS, which passes questions on: data gets out in names",
              'Give it `network: "allowlist"` with the names that it needs in `allow`: its DNS then answers these alone.',
            ),
          ];
    },
  );
