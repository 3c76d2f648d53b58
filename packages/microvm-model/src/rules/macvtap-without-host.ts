import type { HostPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** The kernel's macvlan driver sends what the guest says out of the link, past the host's own stack. */
export const macvtapWithoutHost = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ network: { interfaces } }) =>
    interfaces
      .filter(({ type }) => type === "macvtap")
      .map(({ path }) =>
        warning(
          "macvtap-without-host",
          [...path, "type"],
          "The guest and this host cannot reach each other over a macvtap, by its design",
          "Add a tap interface on a bridge where they ought to, such as for SSH.",
        ),
      ),
  );
