import type { ParseError } from "./parse/parse-error.js";
import { parseForm } from "./parse/parse.js";
import { print, type PrintOptions } from "./print/print.js";
import type { Result } from "./result.js";

/** Options of {@link format}. */
export interface FormatOptions extends PrintOptions {
  /** Ignore the line breaks that nixfmt usually keeps, as `nixfmt --strict` does. Default: false. */
  readonly strict?: boolean;
}

/**
 * Formats a Nix file as nixfmt does. It keeps comments, blank lines, the line breaks that nixfmt keeps, and the text
 * between `nixfmt:disable` and `nixfmt:enable`. It accepts well-formed code that Nix rejects, such as duplicate names.
 *
 * @example
 *
 * ```ts
 * import { format } from "@microvm-emit/nix-ast";
 *
 * const formatted = format("{a=1;# why\nb=2;}");
 * console.log(formatted._tag === "Right" ? formatted.right : "no valid Nix");
 * ```
 *
 * ```nix
 * {
 *   a = 1; # why
 *   b = 2;
 * }
 * ```
 */
export const format = (
  text: string,
  { strict = false, ...options }: FormatOptions = {},
): Result<ParseError, string> => {
  const parsed = parseForm(text, !strict);
  return parsed._tag === "Left" ? parsed : { _tag: "Right", right: print(parsed.right, options) };
};
