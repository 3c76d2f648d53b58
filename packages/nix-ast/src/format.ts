import type { Either } from "fp-ts/lib/Either.js";
import type { ParseError } from "./parse/parse-error.js";
import { parse } from "./parse/parse.js";
import { print, type PrintOptions } from "./print/print.js";

/** A Nix file as nixfmt lays it out: comments, blank lines and the line breaks that nixfmt honours are kept. */
export const format = (text: string, options: PrintOptions = {}): Either<ParseError, string> => {
  const parsed = parse(text);
  return parsed._tag === "Left" ? parsed : { _tag: "Right", right: print(parsed.right, options) };
};
