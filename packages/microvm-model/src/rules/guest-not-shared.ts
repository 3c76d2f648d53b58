import type { Rule } from "./rule.js";
import type { GuestPlan } from "../plan/plan.js";
import { problem } from "../problems/problem.js";

/**
 * VM needs its own NixOS evaluation
 *
 * VMs of a host with the same NixOS configuration share one evaluation and one system. Each VM reads its name, network,
 * mounts and environment at boot, from the kernel's command line. This command line has space for 1,400 ASCII characters, in
 * base64. A VM with longer settings gets its own evaluation, which takes far longer.
 *
 * `microvm-emit plan` shows the guests of each host.
 *
 * ## Fails
 *
 * ```ts host
 * { vms: { a: {}, b: { environment: { GREETING: "grüezi" } } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { vms: { a: {}, b: { guest: "own", environment: { GREETING: "grüezi" } } } }
 * ```
 */
const guestNotShared = problem("guest-not-shared", "warning");

export const check: Rule = (host) => {
  // A single VM never shares its guest.
  if (host.vms.length < 2) return [];
  const vms = new Map(host.vms.map((vm) => [vm.name, vm]));
  return host.guests.flatMap(({ name, own }) => {
    const vm = vms.get(name);
    if (own === null || own === "single" || own === "asked" || vm === undefined) return [];
    return [
      guestNotShared(
        vm.path,
        `The VM needs its own NixOS evaluation: ${words[own].why}`,
        `${words[own].remedy}, or set \`guest: "own"\`.`,
      ),
    ];
  });
};

const words: Readonly<
  Record<Exclude<GuestPlan["own"], "single" | "asked" | null>, { readonly why: string; readonly remedy: string }>
> = {
  long: {
    why: "its name, network, shares and environment do not fit on the kernel's command line",
    remedy: "Give it fewer shares or a shorter `environment`",
  },
  "not-ascii": {
    why: "its shares or environment are not ASCII",
    remedy: "Use only ASCII in shares and environment",
  },
};
