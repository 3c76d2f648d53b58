import type { HostPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** kvmtool's user-mode network need not have a DHCP server, by which a guest gets its address there. */
export const userNetworkWithoutDhcp = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ machine: { hypervisor }, network: { interfaces } }) =>
    interfaces
      .filter(({ type }) => type === "user" && hypervisor === "kvmtool")
      .map(({ path }) =>
        warning(
          "user-network-without-dhcp",
          [...path, "type"],
          "kvmtool's user-mode network may have no DHCP server, and the guest then no address",
          'Use hypervisor "qemu", or give the guest its address in a module of yours.',
        ),
      ),
  );
