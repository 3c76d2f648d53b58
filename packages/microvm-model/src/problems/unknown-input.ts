import { problem } from "./problem.js";

/**
 * Unknown flake input
 *
 * A module such as `mine.nixosModules.x`, a file of an input, an expression that selects from `inputs`, or a `follows`
 * names an input. It must be `nixpkgs`, `nixpkgs-unstable`, `microvm`, `home-manager`, or one of the config's own
 * `inputs`.
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
