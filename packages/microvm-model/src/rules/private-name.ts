import type { Rule } from "./rule.js";
import type { VmPlan } from "../plan/plan.js";
import { problem } from "../problems/problem.js";
import { addressIn, isPrivate } from "../plan/subnet.js";

/**
 * Private name in allow
 *
 * From DNS answers, an allowlist opens only public addresses. Otherwise, the owner of a listed name could point it into
 * your LAN. Names below `local`, `lan`, `home.arpa`, `internal` and similar suffixes belong to private networks (RFC
 * 6762, RFC 8375), so they open nothing. List the address instead. A name also works if its address is listed and a
 * private server in `nameservers` knows it.
 *
 * ## Fails
 *
 * ```ts vm
 * { network: "allowlist", allow: ["nas.lan:443"] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { network: "allowlist", allow: ["192.168.1.5:443"] }
 * ```
 */
const privateName = problem("private-name", "warning");

export const check: Rule = (host) =>
  host.vms
    .filter(
      ({
        network: {
          policy: { network },
        },
      }) => network === "allowlist",
    )
    .flatMap((vm) =>
      vm.network.policy.domains.flatMap(({ target, path }) => {
        const suffix = suffixes.find((one) => target.endsWith(`.${one}`));
        return suffix === undefined || isAnswered(vm)
          ? []
          : [
              privateName(
                path,
                `${target} is a private name (.${suffix}): DNS answers with private addresses are blocked`,
                'List the address instead, such as "192.168.1.5:443".',
              ),
            ];
      }),
    );

/** Suffixes of private networks. */
const suffixes = [
  // RFC 6762: multicast DNS, and the private suffixes of its appendix G.
  "local",
  "lan",
  "home",
  "corp",
  "internal",
  "intranet",
  "private",
  // RFC 8375.
  "home.arpa",
  // Linux distributions and routers.
  "localdomain",
];

/** True if a private nameserver may resolve the name and a private address is listed. */
const isAnswered = ({ network: { nameservers, policy } }: VmPlan): boolean =>
  nameservers.some((server) => isPrivate(addressIn(server))) &&
  policy.addresses.some(({ target }) => isPrivate(addressIn(target)));
