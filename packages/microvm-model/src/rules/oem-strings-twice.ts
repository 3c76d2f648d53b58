import { textsOf } from "../plan/option-texts.js";
import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** microvm.nix writes `oem_strings=[…]` around the strings itself (asserts.nix), and only there (runners/cloud-hypervisor.nix). */
export const oemStringsTwice = (host: HostPlan): readonly Problem[] =>
  host.vms
    .filter(({ machine: { hypervisor } }) => hypervisor === "cloud-hypervisor")
    .flatMap(({ path, machine: { options } }) =>
      ["platformOEMStrings", "extraArgs"]
        .filter((name) => textsOf(options, `cloud-hypervisor.${name}`).some((text) => text.includes("oem_strings")))
        .map((name) =>
          error(
            "oem-strings-twice",
            [...path, "microvm", "cloud-hypervisor", name],
            "microvm.nix writes `oem_strings` itself",
            "List the strings alone, such as `key=value`, in `microvm.cloud-hypervisor.platformOEMStrings`.",
          ),
        ),
    );
