import type { Rule } from "./rule.js";
import { hypervisors } from "../catalogue/hypervisors.js";
import { problem } from "../problems/problem.js";

/**
 * Options are for another hypervisor than the VM's
 *
 * microvm.nix has a block of options for each hypervisor, of which only that of the VM's own is read.
 *
 * ## Fails
 *
 * ```ts vm
 * { hypervisor: "cloud-hypervisor", microvm: { qemu: { extraArgs: ["-vnc", ":0"] } } }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { hypervisor: "qemu", microvm: { qemu: { extraArgs: ["-vnc", ":0"] } } }
 * ```
 */
const otherHypervisor = problem("other-hypervisor", "warning");

/** What is said to one hypervisor, another does not read. */
export const check: Rule = (host) =>
  host.vms.flatMap(({ path, machine: { hypervisor, options } }) => {
    const blocks = new Set(options.map(({ option: [block] }) => block));
    return hypervisors
      .filter((name) => name !== hypervisor && blocks.has(name))
      .map((name) =>
        otherHypervisor(
          [...path, "microvm", name],
          `This is for ${name}, and the VM runs with ${hypervisor}`,
          `Take it out, or set hypervisor: "${name}".`,
          [{ path: [...path, "hypervisor"], note: "what the VM runs with" }],
        ),
      );
  });
