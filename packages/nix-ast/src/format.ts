import type { Either } from "fp-ts/lib/Either.js";
import type { ParseError } from "./parse/parse-error.js";
import { parseForm } from "./parse/parse.js";
import { print, type PrintOptions } from "./print/print.js";

/** A Nix file as nixfmt lays it out: comments, blank lines and the line breaks that nixfmt honours are kept. Names that are defined twice do not hinder it. */
export const format = (text: string, options: PrintOptions = {}): Either<ParseError, string> => {
  const parsed = parseForm(text);
  return parsed._tag === "Left" ? parsed : { _tag: "Right", right: print(parsed.right, options) };
};
