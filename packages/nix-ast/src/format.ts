import type { ParseError } from "./parse/parse-error.js";
import { parseForm } from "./parse/parse.js";
import { print, type PrintOptions } from "./print/print.js";
import type { Result } from "./result.js";

/**
 * Formats a Nix file as nixfmt does. It keeps comments, blank lines, the line breaks that nixfmt keeps, and the text
 * between `nixfmt:disable` and `nixfmt:enable`. It accepts well-formed code that Nix rejects, such as duplicate names.
 */
export const format = (text: string, options: PrintOptions = {}): Result<ParseError, string> => {
  const parsed = parseForm(text);
  return parsed._tag === "Left" ? parsed : { _tag: "Right", right: print(parsed.right, options) };
};
