import type { ParseError } from "./parse/parse-error.js";
import { parseForm } from "./parse/parse.js";
import { print, type PrintOptions } from "./print/print.js";
import type { Result } from "./result.js";

/**
 * A Nix file as nixfmt lays it out: comments, blank lines, the line breaks that nixfmt honours and what stands between
 * `nixfmt:disable` and `nixfmt:enable` are kept. What Nix can read but refuses, such as a name that is defined twice, does
 * not hinder it.
 */
export const format = (text: string, options: PrintOptions = {}): Result<ParseError, string> => {
  const parsed = parseForm(text);
  return parsed._tag === "Left" ? parsed : { _tag: "Right", right: print(parsed.right, options) };
};
