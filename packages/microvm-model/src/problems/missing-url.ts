import { problem } from "./problem.js";

/**
 * Flake input without a URL
 *
 * The default inputs have a URL; your entry may only change other attributes. Your own inputs need a `url`.
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
