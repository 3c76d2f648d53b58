import type { VmPlan } from "@microvm-emit/model";

/** A VM's file in the folder of its host. Names of VMs have no underscore, so no other VM has this file. */
export const fileOf = ({ name }: Pick<VmPlan, "name">): string => `${name === "default" ? "default_" : name}.nix`;
