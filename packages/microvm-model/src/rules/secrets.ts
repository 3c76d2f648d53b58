import type { SecretPlan, VmPlan } from "../plan/plan.js";

/** The VM's secrets, keys and credential files: QEMU reads the latter by path, as root reads secrets. */
export const secretsOf = ({ path, secrets, keys, machine: { credentialFiles } }: VmPlan): readonly SecretPlan[] => [
  ...secrets,
  ...keys.map(({ path: place, provider, file }): SecretPlan => ({
    path: place,
    name: provider,
    file,
    variable: null,
    by: "share",
  })),
  ...Object.entries(credentialFiles).map(([name, file]): SecretPlan => ({
    path: [...path, "credentialFiles", name],
    name,
    file,
    variable: null,
    by: "credential",
  })),
];
