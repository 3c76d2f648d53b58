import { problem } from "./problem.js";

/**
 * Flake input without a URL
 *
 * Default inputs, such as `nixpkgs`, already have a URL, so an entry for one can omit it. Your own inputs need a `url`.
 *
 * ## Fails
 *
 * ```ts config
 * { inputs: { dotfiles: { flake: false } }, hosts }
 * ```
 *
 * ## Passes
 *
 * ```ts config
 * { inputs: { dotfiles: { url: "github:me/dotfiles", flake: false } }, hosts }
 * ```
 */
export const missingUrl = problem("missing-url", "error", { isOfAbsence: true });
