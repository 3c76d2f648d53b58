import type { GuestPlan, HostPlan, VmPlan } from "@microvm-emit/model";

/** The folder of a host's VMs, relative to the output directory. The host imports all of its files. */
export const vmFolder = (host: Pick<HostPlan, "name">): string => `hosts/${host.name}/vms`;

/** The file of a VM. */
export const vmFile = (host: Pick<HostPlan, "name">, { name }: Pick<VmPlan, "name">): string =>
  `${vmFolder(host)}/${name}.nix`;

/** The file of a guest that several VMs share. */
export const guestFile = (host: Pick<HostPlan, "name">, { name }: Pick<GuestPlan, "name">): string =>
  `hosts/${host.name}/guests/${name}.nix`;
