import type { HostPlan } from "../plan.js";
import { type Problem, warning } from "../problem.js";

/** A window needs a session, and the host runs its VMs as services (microvm.nix options.nix `graphics.enable`). */
export const graphicsInService = (host: HostPlan): readonly Problem[] =>
  host.vms
    .filter(
      ({ hypervisor, graphics }) => graphics !== null && !(hypervisor === "qemu" && graphics.backend === "headless"),
    )
    .map(({ name, path }) =>
      warning(
        "graphics-in-service",
        [...path, "graphics"],
        `${name} runs as a systemd service, which has no screen`,
        'Set graphics: { backend: "headless" } with hypervisor "qemu", or start the runner from a session by hand.',
      ),
    );
