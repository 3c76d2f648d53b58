import { problem } from "./problem.js";

/**
 * Unknown flake input
 *
 * The config uses a flake input that does not exist. Inputs appear in modules such as `mine.nixosModules.x`, in files
 * of inputs, in expressions that select from `inputs`, and in `follows`. The flake has the inputs `nixpkgs`,
 * `nixpkgs-unstable`, `microvm`, `home-manager` and `microvm-emit`, and those in the config's `inputs`.
 *
 * ## Fails
 *
 * ```ts config
 * { inputs: { mine: { url: "github:me/mine", follows: { nixpkgs: "nixpkg" } } }, hosts }
 * ```
 *
 * ## Passes
 *
 * ```ts config
 * { inputs: { mine: { url: "github:me/mine", follows: { nixpkgs: "nixpkgs" } } }, hosts }
 * ```
 */
export const unknownInput = problem("unknown-input", "error", { isOfAbsence: true });
