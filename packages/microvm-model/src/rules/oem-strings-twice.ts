import type { Rule } from "./rule.js";
import { textsOf } from "../plan/option-texts.js";
import { problem } from "../problems/problem.js";

/**
 * The name oem_strings is written where microvm.nix writes it itself
 *
 * microvm.nix puts `oem_strings=[…]` around `platformOEMStrings` and gives cloud-hypervisor one `--platform`. A string
 * that says so again is refused by its assertion, an argument by its runner.
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

/** microvm.nix writes `oem_strings=[…]` around the strings itself (asserts.nix), and only there (runners/cloud-hypervisor.nix). */
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
            "List the strings alone, such as `key=value`, in `microvm.cloud-hypervisor.platformOEMStrings`.",
          ),
        ),
    );
