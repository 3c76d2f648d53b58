import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * A forwarded port of the host is one that only root opens
 *
 * microvm.nix runs QEMU as the user `microvm`, without the right to listen on ports below 1024
 * (`nixos-modules/host/default.nix`), unless the host's `net.ipv4.ip_unprivileged_port_start` says otherwise. QEMU would not start.
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

/** QEMU runs as `microvm`, without capabilities (microvm.nix nixos-modules/host/default.nix). */
export const check: Rule = (host) =>
  host.vms.flatMap(({ network: { forwardPorts } }) =>
    forwardPorts
      .filter(({ from, host: { port } }) => from === "host" && port < firstUnprivilegedPort)
      .map(({ path, host: { port } }) =>
        privilegedHostPort(
          [...path, "host", "port"],
          `Only root listens on port ${String(port)}, and QEMU runs as microvm`,
          `Use ${String(firstUnprivilegedPort)} or more, such as ${String(port + 8000)}.`,
        ),
      ),
  );

/** Linux's default of `net.ipv4.ip_unprivileged_port_start`. */
const firstUnprivilegedPort = 1024;
