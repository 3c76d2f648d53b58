import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * Graphics in a service
 *
 * The host runs VMs as systemd services, which have no graphical session and no Wayland socket (microvm.nix
 * options.nix). With qemu, `headless` needs no screen: VNC or SPICE can show it.
 *
 * ## Fails
 *
 * ```ts vm
 * { hypervisor: "qemu", graphics: true }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { hypervisor: "qemu", graphics: { backend: "headless" } }
 * ```
 */
const graphicsInService = problem("graphics-in-service", "warning");

export const check: Rule = (host) =>
  host.vms
    .filter(
      ({ machine: { hypervisor, graphics } }) =>
        graphics !== null && !(hypervisor === "qemu" && graphics.backend === "headless"),
    )
    .map(({ path }) =>
      graphicsInService(
        [...path, "graphics"],
        "`graphics` needs a graphical session, and the VM's systemd service has none",
        'Set graphics: { backend: "headless" } with hypervisor "qemu", or start the runner by hand in a session.',
      ),
    );
