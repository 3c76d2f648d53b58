import type { Rule } from "./rule.js";
import { hypervisors } from "../catalogue/hypervisors.js";
import { problem } from "../problems/problem.js";

/**
 * Options for another hypervisor
 *
 * microvm.nix has a block of options for each hypervisor. It only reads the block of the VM's hypervisor.
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

export const check: Rule = (host) =>
  host.vms.flatMap(({ path, machine: { hypervisor, options } }) => {
    const blocks = new Set(options.map(({ option: [block] }) => block));
    return hypervisors
      .filter((name) => name !== hypervisor && blocks.has(name))
      .map((name) =>
        otherHypervisor(
          [...path, "microvm", name],
          `Options for ${name} have no effect: the VM uses ${hypervisor}`,
          `Remove them, or set hypervisor: "${name}".`,
          [{ path: [...path, "hypervisor"], note: "the VM's hypervisor" }],
        ),
      );
  });
