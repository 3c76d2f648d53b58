import type { VmPlan } from "../plan/plan.js";
import { problem } from "../problems/problem.js";
import type { Rule } from "./rule.js";

/**
 * Published port needs NAT
 *
 * The host forwards a published port from one of its interfaces to the VM's IPv4 address. The network's `nat` must name
 * that interface. With `nat: true`, the port would be open on every interface, including a VPN or a public Wi-Fi.
 * Without `nat`, use the VM's own address.
 *
 * ## Fails
 *
 * ```ts vm
 * { publish: [{ host: 8080, guest: 80 }] }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { bridges: { br0: { address: "192.168.83.1/24", nat: { externalInterface: "eno1" } } }, vms: { a: { publish: [{ host: 8080, guest: 80 }] } } }
 * ```
 */
const publishWithoutNat = problem("publish-without-nat", "error", { isOfAbsence: true });

export const check: Rule = ({ vms }) =>
  vms
    .filter((vm) => publishedPlace(vm) === undefined)
    .flatMap(
      ({
        network: {
          policy: { published },
        },
      }) =>
        published.map(({ path, host }) =>
          publishWithoutNat(
            path,
            `Port ${String(host)} is not published: the VM has no IPv4 address in a network whose \`nat\` names an interface`,
            "Set `nat: { externalInterface: \"eno1\" }` on the VM's network, or use the VM's own address.",
          ),
        ),
    );

/** Target address of the VM's published ports, and the host's interface that they are open on; undefined without NAT. */
export const publishedPlace = ({
  network: { interfaces },
}: VmPlan): { readonly address: string; readonly externalInterface: string } | undefined =>
  interfaces
    .flatMap(({ network, addresses }) =>
      addresses.flatMap(({ value, subnet }) =>
        network?.nat?.externalInterface == null || subnet.family === 6
          ? []
          : [{ address: value, externalInterface: network.nat.externalInterface.value }],
      ),
    )
    .at(0);
