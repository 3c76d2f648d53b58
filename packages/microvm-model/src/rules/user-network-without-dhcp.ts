import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * kvmtool's network may give no address
 *
 * A guest asks for its address in a user-mode network. kvmtool seems to have no DHCP server there (microvm.nix,
 * doc/src/interfaces.md), so that the guest may stay without one.
 *
 * ## Fails
 *
 * ```ts vm
 * { hypervisor: "kvmtool", store: "disk", workspace: false, sshHostKeys: false, network: "open", interfaces: [{ type: "user" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { hypervisor: "qemu", store: "disk", workspace: false, sshHostKeys: false, network: "open", interfaces: [{ type: "user" }] }
 * ```
 */
const userNetworkWithoutDhcp = problem("user-network-without-dhcp", "warning", { isOfAbsence: true });

/** kvmtool's user-mode network need not have a DHCP server, by which a guest gets its address there. */
export const check: Rule = (host) =>
  host.vms.flatMap(({ machine: { hypervisor }, network: { interfaces } }) =>
    interfaces
      .filter(({ type }) => type === "user" && hypervisor === "kvmtool")
      .map(({ path }) =>
        userNetworkWithoutDhcp(
          [...path, "type"],
          "kvmtool's user-mode network may have no DHCP server, and the guest then no address",
          'Use hypervisor "qemu", or give the guest its address in a module of yours.',
        ),
      ),
  );
