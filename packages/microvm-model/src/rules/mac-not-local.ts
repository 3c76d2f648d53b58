import type { HostPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** A MAC that is made up is a locally administered one (IEEE 802), so that no device has it. */
export const macNotLocal = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ network: { interfaces } }) =>
    interfaces
      .filter(({ mac }) => !/^.[26ae]/.test(mac.value))
      .map(({ mac: { value, path } }) =>
        warning(
          "mac-not-local",
          path,
          `${value} is in the range of a manufacturer, and some device may have it`,
          "Make the second hex digit 2, 6, A or E, or leave the MAC out so that one is chosen.",
        ),
      ),
  );
