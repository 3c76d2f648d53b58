import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * User network without DHCP
 *
 * A guest gets its address in a user-mode network by DHCP. kvmtool may not have a DHCP server (microvm.nix
 * doc/src/interfaces.md), so the guest may have no address.
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

export const check: Rule = (host) =>
  host.vms.flatMap(({ machine: { hypervisor }, network: { interfaces } }) =>
    interfaces
      .filter(({ type }) => type === "user" && hypervisor === "kvmtool")
      .map(({ path }) =>
        userNetworkWithoutDhcp(
          [...path, "type"],
          "kvmtool's user-mode network may have no DHCP server, so the guest may get no address",
          'Use hypervisor "qemu", or set the guest\'s address in your own module.',
        ),
      ),
  );
