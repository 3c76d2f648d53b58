import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** Networks of one host have one way out, since `networking.nat` knows one external interface. */
export const severalExternalInterfaces = (host: HostPlan): readonly Problem[] => {
  const [first, ...others] = host.networks.flatMap(({ name, nat }) =>
    nat === null || nat.externalInterface === null ? [] : [{ name, externalInterface: nat.externalInterface }],
  );
  return others.flatMap(({ name, externalInterface }) =>
    first === undefined || externalInterface.value === first.externalInterface.value
      ? []
      : [
          error(
            "several-external-interfaces",
            externalInterface.path,
            `${name} and ${first.name} leave by different interfaces, and NixOS has one for NAT`,
            `Use ${first.externalInterface.value} for both, or \`nat: true\` for the one that may leave by any.`,
            [{ path: first.externalInterface.path, note: "the other one" }],
          ),
        ],
  );
};
