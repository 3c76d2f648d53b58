import type { SecretPlan, VmPlan } from "../plan/plan.js";

/** The VM's secrets and credential files: QEMU reads the latter by path, as root reads secrets. */
export const secretsOf = ({ path, secrets, machine: { credentialFiles } }: VmPlan): readonly SecretPlan[] => [
  ...secrets,
  ...Object.entries(credentialFiles).map(([name, file]): SecretPlan => ({
    path: [...path, "credentialFiles", name],
    name,
    file,
    variable: null,
    by: "credential",
  })),
];
