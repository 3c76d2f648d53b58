import type { HostPlan } from "../plan.js";
import { error, type Problem } from "../problem.js";

/** An allocated tap is no longer than interface names may be (IFNAMSIZ; microvm.nix asserts.nix). */
export const tap = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ interfaces }) =>
    interfaces.flatMap(({ tap: { value, path } }) =>
      value.length <= 15
        ? []
        : [
            error(
              "interface-name-too-long",
              path,
              `The index gives the tap ${value}, longer than the 15 characters of an interface name`,
              "Use a lower index, or give the interface a `tap` of its own.",
            ),
          ],
    ),
  );
