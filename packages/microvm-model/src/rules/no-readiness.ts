import type { HostPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** cloud-hypervisor tells the host over vsock that the guest is up, and microvm.nix warns of one that cannot (lib/runners/cloud-hypervisor.nix). */
export const noReadiness = (host: HostPlan): readonly Problem[] =>
  host.vms
    .filter(({ machine: { hypervisor, vsockCid } }) => hypervisor === "cloud-hypervisor" && vsockCid === null)
    .map(({ path }) =>
      warning(
        "no-readiness",
        [...path, "vsock"],
        "Without a vsock, the host takes the VM for started before its guest is up, and microvm.nix warns at each evaluation",
        "Leave `vsock` out, so that the index gives its address.",
      ),
    );
