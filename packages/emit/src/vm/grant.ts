import type { Machine } from "./machine.js";
import { privileged } from "./units.js";

// Commands import this module on demand, but not the whole model.
export { readDestination } from "@microvm-emit/model/internal";

/** A domain or an address, and the ports to open. */
export interface Target {
  readonly target: string;
  readonly ports: readonly { readonly proto: "tcp" | "udp"; readonly port: number }[];
}

/** The program of the host that changes its sets and its resolver (`policy/grant.py` of the library). */
export const grantProgram = "/run/current-system/sw/bin/microvm-grant";

/**
 * Opens destinations for a VM on its running host.
 *
 * @param seconds the time; undefined until the next switch of the host, 0 to end it
 * @throws {Failed} `command-failed` with the reason of the host
 */
export const grant = (
  machine: Machine,
  vm: string,
  targets: readonly Target[],
  seconds: number | undefined,
): Promise<void> =>
  privileged(machine, [
    grantProgram,
    "add",
    ...(seconds === undefined ? [] : ["--seconds", String(seconds)]),
    "--",
    vm,
    ...targets.map(
      ({ target, ports }) => `${target}=${ports.map(({ proto, port }) => `${proto}/${String(port)}`).join(",")}`,
    ),
  ]);
