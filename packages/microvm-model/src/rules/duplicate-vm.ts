import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * VM name used twice
 *
 * The services and the folder of a VM have its name, so VMs in `vms` and `importedVms` need different names.
 *
 * ## Fails
 *
 * ```ts config
 * {
 *   inputs: { fleet: "github:me/fleet" },
 *   hosts: { h: { ...hosts.h, importedVms: { a: { flake: "fleet" } } } },
 * }
 * ```
 *
 * ## Passes
 *
 * ```ts config
 * {
 *   inputs: { fleet: "github:me/fleet" },
 *   hosts: { h: { ...hosts.h, importedVms: { web: { flake: "fleet" } } } },
 * }
 * ```
 */
const duplicateVm = problem("duplicate-vm", "error");

export const check: Rule = (host) =>
  host.importedVms.flatMap(({ name, path }) => {
    const described = host.vms.find((vm) => vm.name === name);
    return described === undefined
      ? []
      : [
          duplicateVm(path, `${name} is both in \`vms\` and in \`importedVms\``, "Rename one of them.", [
            { path: described.path, note: "in vms" },
          ]),
        ];
  });
