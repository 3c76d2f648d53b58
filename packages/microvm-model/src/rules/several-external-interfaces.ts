import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * Different external interfaces
 *
 * `networking.nat` of NixOS has one external interface. Use `nat: true` for a network that may use any interface, or
 * write firewall rules in your own module.
 *
 * ## Fails
 *
 * ```ts host
 * {
 *   bridges: {
 *     br0: { address: "10.0.0.1/24", nat: { externalInterface: "eno1" } },
 *     br1: { address: "10.0.1.1/24", nat: { externalInterface: "eno2" } },
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
 *     br0: { address: "10.0.0.1/24", nat: { externalInterface: "eno1" } },
 *     br1: { address: "10.0.1.1/24", nat: true },
 *   },
 *   vms: {},
 * }
 * ```
 */
const severalExternalInterfaces = problem("several-external-interfaces", "error");

export const check: Rule = (host) => {
  const [first, ...others] = host.networks.flatMap(({ name, nat }) =>
    nat === null || nat.externalInterface === null ? [] : [{ name, externalInterface: nat.externalInterface }],
  );
  return others.flatMap(({ name, externalInterface }) =>
    first === undefined || externalInterface.value === first.externalInterface.value
      ? []
      : [
          severalExternalInterfaces(
            externalInterface.path,
            `${name} and ${first.name} have different external interfaces, and NixOS supports one for NAT`,
            `Use ${first.externalInterface.value} for both, or \`nat: true\` to allow any interface.`,
            [{ path: first.externalInterface.path, note: "the other interface" }],
          ),
        ],
  );
};
