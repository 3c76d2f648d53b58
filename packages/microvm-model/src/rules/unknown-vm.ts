import { isOfDefaults } from "../compose/vm-defaults.js";
import { problem } from "../problems/problem.js";
import { didYouMean } from "../common/suggest.js";
import type { Rule } from "./rule.js";

/**
 * Unknown VM
 *
 * `reachVms` contains names of VMs on the same host, with optional TCP ports after a colon. The other VM's `firewall`
 * must open these ports.
 *
 * ## Fails
 *
 * ```ts vm
 * { reachVms: ["database"] }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * {
 *   vms: {
 *     a: { reachVms: ["database:5432"] },
 *     database: { firewall: { allowedTCPPorts: [5432] } },
 *   },
 * }
 * ```
 */
const unknownVm = problem("unknown-vm", "error", { isOfAbsence: true });

export const check: Rule = ({ vms, importedVms }, { written }) => {
  const names = new Set(vms.map(({ name }) => name));
  return vms.flatMap(({ name, network: { policy } }) =>
    policy.vms
      .filter(({ value }) => !names.has(value))
      .map(({ value, path }) => {
        if (importedVms.some((vm) => vm.name === value))
          return unknownVm(
            path,
            `The VM ${value} is imported, so its address is unknown`,
            "Describe it in the host's `vms`, or remove it from `reachVms`.",
          );
        // An entry of `vmDefaults` can name any VM.
        const known = [...names].filter((other) => other !== name || isOfDefaults(written(path)));
        return unknownVm(
          path,
          `There is no VM ${value} on this host`,
          known.length === 0
            ? "Describe it in `vms`, or remove it from `reachVms`: the host has no other VM."
            : didYouMean(value, known),
        );
      }),
  );
};
