import type { Rule } from "./rule.js";
import { textsOf } from "../plan/option-texts.js";
import { problem } from "../problems/problem.js";

/**
 * oem_strings written twice
 *
 * microvm.nix writes `oem_strings=[…]` around `platformOEMStrings` and passes one `--platform` to cloud-hypervisor. Its
 * assertion refuses a string that contains the prefix too, and its runner refuses such an argument.
 *
 * ## Fails
 *
 * ```ts vm
 * { microvm: { "cloud-hypervisor": { platformOEMStrings: ["oem_strings=[key=value]"] } } }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { microvm: { "cloud-hypervisor": { platformOEMStrings: ["key=value"] } } }
 * ```
 */
const oemStringsTwice = problem("oem-strings-twice", "error");

export const check: Rule = (host) =>
  host.vms
    .filter(({ machine: { hypervisor } }) => hypervisor === "cloud-hypervisor")
    .flatMap(({ path, machine: { options } }) =>
      ["platformOEMStrings", "extraArgs"]
        .filter((name) => textsOf(options, `cloud-hypervisor.${name}`).some((text) => text.includes("oem_strings")))
        .map((name) =>
          oemStringsTwice(
            [...path, "microvm", "cloud-hypervisor", name],
            "microvm.nix writes `oem_strings` itself",
            "List only the strings, such as `key=value`, in `microvm.cloud-hypervisor.platformOEMStrings`.",
          ),
        ),
    );
