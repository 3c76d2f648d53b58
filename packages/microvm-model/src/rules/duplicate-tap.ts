import { type ConfigPath, problem } from "../problems/problem.js";
import { repeated } from "./repeated.js";
import type { Rule } from "./rule.js";

/**
 * Interface name used twice
 *
 * Taps and bridges are network interfaces of the host, so each needs its own name. microvm.nix only compares the taps of one VM;
 * the second VM would fail to start.
 *
 * ## Fails
 *
 * ```ts host
 * { vms: { a: { interfaces: [{ tap: "t" }] }, b: { interfaces: [{ tap: "t" }] } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { vms: { a: { interfaces: [{ tap: "t0" }] }, b: { interfaces: [{ tap: "t1" }] } } }
 * ```
 */
const duplicateTap = problem("duplicate-tap", "error");

const remedyAt = (path: ConfigPath): string =>
  path.at(-2) === "ports"
    ? "Remove the interface from `ports` in one of the places."
    : "Set another tap name, or remove it to get a free one.";

export const check: Rule = (host) =>
  repeated(duplicateTap, "interface name", remedyAt, [
    ...host.networks.filter(({ kind }) => kind !== "routed").map(({ name, path }) => ({ value: name, path })),
    ...host.networks
      .filter((network) => network.kind === "bridge")
      .flatMap(({ ports, path }) =>
        ports.map((port, position) => ({ value: port, path: [...path, "ports", position] })),
      ),
    ...host.vms.flatMap(({ network: { interfaces } }) => interfaces.map(({ id }) => id)),
  ]);
