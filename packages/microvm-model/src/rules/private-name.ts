import type { HostPlan, VmPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";
import { addressIn, isPrivate } from "../resolve/subnet.js";

/** What an allowlist names is known to the internet, or else its address is listed: an answer that is private opens nothing. */
export const privateName = (host: HostPlan): readonly Problem[] =>
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
              warning(
                "private-name",
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
