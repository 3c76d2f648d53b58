import type { SharePlan, VmPlan } from "../plan/plan.js";

/**
 * The mount points in the initrd (nixpkgs nixos/lib/utils.nix, `pathsNeededForBoot`), before a guest knows its
 * identity.
 */
const mountedInInitrd: ReadonlySet<string> = new Set([
  "/",
  "/nix",
  "/nix/store",
  "/var",
  "/var/log",
  "/var/lib",
  "/var/lib/nixos",
  "/etc",
  "/usr",
]);

/** The shares in a guest's NixOS; the VM's kernel command line mounts the others at boot. */
export const builtInShares = ({ storage: { shares, writableStoreOverlay } }: VmPlan): readonly SharePlan[] =>
  shares.filter(
    ({ source, neededForBoot, mountPoint: { value } }) =>
      neededForBoot || source === "/nix/store" || value === writableStoreOverlay || mountedInInitrd.has(value),
  );

/** The shares of a VM that its guest's NixOS does not mention. */
export const ownShares = (vm: VmPlan): readonly SharePlan[] => {
  const builtIn = new Set(builtInShares(vm));
  return vm.storage.shares.filter((share) => !builtIn.has(share));
};
