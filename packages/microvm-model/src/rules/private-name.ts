import type { Rule } from "./rule.js";
import type { VmPlan } from "../plan/plan.js";
import { problem } from "../problems/problem.js";
import { addressIn, isPrivate } from "../plan/subnet.js";

/**
 * A name of a private network is allowed, and opens nothing
 *
 * An allowlist opens the addresses that DNS answers with, and none that are private: else whoever answers for a listed name
 * could have the VM reach your LAN. Names below `local`, `lan`, `home.arpa`, `internal` and the like are those of private
 * networks (RFC 6762, RFC 8375), so that nothing is opened by them. List the address. A name works beside it where a server in
 * `nameservers` with a private address knows it.
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

/** What an allowlist names is known to the internet, or else its address is listed: an answer that is private opens nothing. */
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
                `${target} opens nothing: names below .${suffix} are of private networks, and an answer with a private address is refused`,
                'List the address instead, such as "192.168.1.5:443".',
              ),
            ];
      }),
    );

/** Suffixes that are kept out of the internet's names. */
const suffixes = [
  // RFC 6762: multicast DNS, and what its appendix G found in private use.
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

/** Whether a server of the VM's own may know such a name, whose address is listed too. */
const isAnswered = ({ network: { nameservers, policy } }: VmPlan): boolean =>
  nameservers.some((server) => isPrivate(addressIn(server))) &&
  policy.addresses.some(({ target }) => isPrivate(addressIn(target)));
