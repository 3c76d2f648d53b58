import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** A name that is put together is no longer than interface names may be (IFNAMSIZ; microvm.nix asserts.nix). */
export const interfaceNameTooLong = (host: HostPlan): readonly Problem[] => [
  ...host.networks.flatMap(({ kind, name, path }) =>
    kind !== "vlan" || name.length <= 15
      ? []
      : [
          error(
            "interface-name-too-long",
            path,
            `The VLAN's interface on the host would be ${name}, longer than the 15 characters of an interface name`,
            "Give the bridge a shorter name.",
          ),
        ],
  ),
  ...host.vms.flatMap(({ network: { interfaces } }) =>
    interfaces.flatMap(({ id: { value, path } }) =>
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
  ),
];
