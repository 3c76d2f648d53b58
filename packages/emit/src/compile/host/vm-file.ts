import type { VmPlan } from "@microvm-emit/model";

/**
 * The name of a VM's file in the folder of its host. `default_` cannot clash, because names of VMs have no underscore.
 */
export const fileOf = ({ name }: Pick<VmPlan, "name">): string => `${name === "default" ? "default_" : name}.nix`;
