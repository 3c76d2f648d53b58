import { type GuestPlan, type HostPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** A guest of one VM costs an evaluation and a system of its own, which nobody asked for. */
export const guestNotShared = (host: HostPlan): readonly Problem[] => {
  // A single VM has its guest alone in any case.
  if (host.vms.length < 2) return [];
  const vms = new Map(host.vms.map((vm) => [vm.name, vm]));
  return host.guests.flatMap(({ name, own }) => {
    const vm = vms.get(name);
    if (own === null || own === "single" || own === "asked" || vm === undefined) return [];
    return [
      warning(
        "guest-not-shared",
        vm.path,
        `The VM cannot share a NixOS evaluation with others: ${words[own].why}`,
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
    remedy: "Write these in ASCII",
  },
};
