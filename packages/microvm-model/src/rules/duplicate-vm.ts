import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * A VM is described here, and imported too
 *
 * A VM's name is the name of its services and of its folder on the host, so that the VMs of `vms` and `importedVms`
 * share one namespace.
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

/** All VMs of a host share one namespace, that of their services. */
export const check: Rule = (host) =>
  host.importedVms.flatMap(({ name, path }) => {
    const described = host.vms.find((vm) => vm.name === name);
    return described === undefined
      ? []
      : [
          duplicateVm(path, `${name} is described here, and imported too`, "Call one of them otherwise.", [
            { path: described.path, note: "described here" },
          ]),
        ];
  });
