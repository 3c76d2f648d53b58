import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * Two bridges leave by different interfaces
 *
 * `networking.nat` of NixOS has one external interface for all internal ones. Use `nat: true` for a network that may leave by any
 * interface, or firewall rules in a module of your own.
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

/** Networks of one host have one way out, since `networking.nat` knows one external interface. */
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
            `${name} and ${first.name} leave by different interfaces, and NixOS has one for NAT`,
            `Use ${first.externalInterface.value} for both, or \`nat: true\` for the one that may leave by any.`,
            [{ path: first.externalInterface.path, note: "the other one" }],
          ),
        ],
  );
};
