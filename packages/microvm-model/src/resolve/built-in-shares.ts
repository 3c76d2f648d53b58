import type { SharePlan, VmPlan } from "../plan/plan.js";

/** What NixOS mounts in the initrd (nixpkgs nixos/lib/utils.nix, `pathsNeededForBoot`), long before a guest knows who it is. */
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

/** The shares that a guest's NixOS names; the others are mounted at boot, by what a VM's command line says. */
export const builtInShares = ({ storage: { shares, writableStoreOverlay } }: VmPlan): readonly SharePlan[] =>
  shares.filter(
    ({ source, neededForBoot, mountPoint: { value } }) =>
      neededForBoot || source === "/nix/store" || value === writableStoreOverlay || mountedInInitrd.has(value),
  );

/** The shares that are a VM's own, whatever its guest is. */
export const ownShares = (vm: VmPlan): readonly SharePlan[] => {
  const builtIn = new Set(builtInShares(vm));
  return vm.storage.shares.filter((share) => !builtIn.has(share));
};
