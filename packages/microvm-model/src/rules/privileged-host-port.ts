import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * Port below 1024
 *
 * microvm.nix runs QEMU as the user `microvm`, which cannot listen on ports below 1024 (nixos-modules/host/default.nix),
 * unless the host changes `net.ipv4.ip_unprivileged_port_start`. QEMU would not start.
 *
 * ## Fails
 *
 * ```ts vm
 * {
 *   hypervisor: "qemu",
 *   network: "open",
 *   interfaces: [{ type: "user" }],
 *   forwardPorts: [{ host: { port: 80 }, guest: { port: 80 } }],
 *   firewall: { allowedTCPPorts: [80] },
 * }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * {
 *   hypervisor: "qemu",
 *   network: "open",
 *   interfaces: [{ type: "user" }],
 *   forwardPorts: [{ host: { port: 8080 }, guest: { port: 80 } }],
 *   firewall: { allowedTCPPorts: [80] },
 * }
 * ```
 */
const privilegedHostPort = problem("privileged-host-port", "warning");

export const check: Rule = (host) =>
  host.vms.flatMap(({ network: { forwardPorts } }) =>
    forwardPorts
      .filter(({ from, host: { port } }) => from === "host" && port < firstUnprivilegedPort)
      .map(({ path, host: { port } }) =>
        privilegedHostPort(
          [...path, "host", "port"],
          `QEMU runs as the user microvm and cannot listen on port ${String(port)}`,
          `Use ${String(firstUnprivilegedPort)} or more, such as ${String(port + 8000)}.`,
        ),
      ),
  );

/** Linux's default of `net.ipv4.ip_unprivileged_port_start`. */
const firstUnprivilegedPort = 1024;
