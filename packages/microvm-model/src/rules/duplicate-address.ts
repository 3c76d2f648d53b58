import { problem } from "../problems/problem.js";
import { repeated } from "./repeated.js";
import type { Rule } from "./rule.js";

/**
 * Address used twice
 *
 * If two machines on one network have the same address, each loses packets that the other receives. Leave the address
 * out to get a free one.
 *
 * ## Fails
 *
 * ```ts host
 * {
 *   vms: {
 *     a: { interfaces: [{ address: "192.168.83.9" }] },
 *     b: { interfaces: [{ address: "192.168.83.9" }] },
 *   },
 * }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * {
 *   vms: {
 *     a: { interfaces: [{ address: "192.168.83.9" }] },
 *     b: { interfaces: [{ address: "192.168.83.10" }] },
 *   },
 * }
 * ```
 */
const duplicateAddress = problem("duplicate-address", "error");

export const check: Rule = (host) =>
  repeated(duplicateAddress, "address", "Set another address, or remove it to get a free one.", [
    ...host.networks.flatMap(({ subnets }) => subnets.flatMap(({ own }) => (own === null ? [] : [own]))),
    ...host.vms.flatMap(({ network: { interfaces } }) =>
      interfaces.flatMap(({ addresses }) => addresses).filter(({ value, subnet: { own } }) => value !== own?.value),
    ),
  ]);
