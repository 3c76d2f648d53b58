import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * Interface name too long
 *
 * Linux allows 15 bytes in the name of a network interface (`IFNAMSIZ`). A VLAN on the host is named after its bridge and its id. A
 * tap without `tap` is named after the VM's index, which can be too large for several interfaces.
 *
 * ## Fails
 *
 * ```ts host
 * {
 *   bridges: {
 *     "laboratory-3": { address: "192.168.83.1/24", vlans: { "100": { address: "192.168.84.1/24" } } },
 *   },
 *   vms: {},
 * }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * {
 *   bridges: {
 *     lab: { address: "192.168.83.1/24", vlans: { "100": { address: "192.168.84.1/24" } } },
 *   },
 *   vms: {},
 * }
 * ```
 */
const interfaceNameTooLong = problem("interface-name-too-long", "error");

export const check: Rule = (host) => [
  ...host.networks.flatMap(({ kind, name, path }) =>
    kind !== "vlan" || name.length <= 15
      ? []
      : [
          interfaceNameTooLong(
            path,
            `${name}, the VLAN's interface on the host, is longer than 15 characters`,
            "Give the bridge a shorter name.",
          ),
        ],
  ),
  ...host.vms.flatMap(({ network: { interfaces } }) =>
    interfaces.flatMap(({ id: { value, path } }) =>
      value.length <= 15
        ? []
        : [
            interfaceNameTooLong(
              path,
              `The tap ${value}, named after the index, is longer than 15 characters`,
              "Use a lower index, or set the interface's `tap`.",
            ),
          ],
    ),
  ),
];
