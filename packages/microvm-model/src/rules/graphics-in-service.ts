import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * A service has no screen for the guest's
 *
 * The host runs its VMs as systemd services, which have no session to open a window in, nor a Wayland socket for the
 * program that draws. qemu can do without: `headless` draws to nowhere, for VNC or SPICE to show.
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

/** A window needs a session, and the host runs its VMs as services (microvm.nix options.nix `graphics.enable`). */
export const check: Rule = (host) =>
  host.vms
    .filter(
      ({ machine: { hypervisor, graphics } }) =>
        graphics !== null && !(hypervisor === "qemu" && graphics.backend === "headless"),
    )
    .map(({ path }) =>
      graphicsInService(
        [...path, "graphics"],
        "`graphics` needs a screen, and the systemd service of a VM has none",
        'Set graphics: { backend: "headless" } with hypervisor "qemu", or start the runner from a session by hand.',
      ),
    );
