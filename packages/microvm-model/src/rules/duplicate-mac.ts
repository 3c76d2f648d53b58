import { problem } from "../problems/problem.js";
import { repeated } from "./repeated.js";
import type { Rule } from "./rule.js";

/**
 * MAC address used twice
 *
 * A bridge learns the port of each MAC address. If two guests have the same MAC, each loses packets that the other
 * receives. Upper and lower case are the same address.
 *
 * ## Fails
 *
 * ```ts host
 * {
 *   vms: {
 *     a: { interfaces: [{ mac: "02:00:00:00:00:aa" }] },
 *     b: { interfaces: [{ mac: "02:00:00:00:00:AA" }] },
 *   },
 * }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * {
 *   vms: {
 *     a: { interfaces: [{ mac: "02:00:00:00:00:aa" }] },
 *     b: { interfaces: [{ mac: "02:00:00:00:00:ab" }] },
 *   },
 * }
 * ```
 */
const duplicateMac = problem("duplicate-mac", "error");

export const check: Rule = (host) =>
  repeated(
    duplicateMac,
    "MAC address",
    "Set another MAC, or remove it to get a free one.",
    host.vms.flatMap(({ network: { interfaces } }) => interfaces.map(({ mac }) => mac)),
  );
