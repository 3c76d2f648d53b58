import { problem } from "./problem.js";

/**
 * A flake input has no URL
 *
 * The inputs that are there without being written have a URL already, and writing one may change the rest of it alone.
 * An input of your own has to say where it comes from.
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
