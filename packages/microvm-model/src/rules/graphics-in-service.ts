import type { HostPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** A window needs a session, and the host runs its VMs as services (microvm.nix options.nix `graphics.enable`). */
export const graphicsInService = (host: HostPlan): readonly Problem[] =>
  host.vms
    .filter(
      ({ machine: { hypervisor, graphics } }) =>
        graphics !== null && !(hypervisor === "qemu" && graphics.backend === "headless"),
    )
    .map(({ path }) =>
      warning(
        "graphics-in-service",
        [...path, "graphics"],
        "`graphics` needs a screen, and the systemd service of a VM has none",
        'Set graphics: { backend: "headless" } with hypervisor "qemu", or start the runner from a session by hand.',
      ),
    );
