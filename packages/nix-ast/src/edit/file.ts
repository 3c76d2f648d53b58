import type { Expr } from "../expr.js";
import type { ParseError } from "../parse/parse-error.js";
import { parse } from "../parse/parse.js";
import { changed } from "./compare.js";
import type { Range } from "./text.js";
import type { Result } from "../result.js";

/** A Nix file to read and change. Changes give another one. */
export interface NixFile {
  readonly text: string;
  /** What the text holds; offsets of its nodes are offsets in `text`. */
  readonly expr: Expr;
}

export type EditErrorKind =
  /** There is nothing by that name or path. */
  | "missing"
  /** There is something by that name or path already. */
  | "defined"
  /** The name comes from an `inherit`, so that its value is elsewhere. */
  | "inherited"
  /** What should be a set is not written out as one. */
  | "notASet"
  /** What should be a list is not written out as one. */
  | "notAList"
  /** The outputs of a flake are not written out as a function. */
  | "notAFunction"
  /** Several places fit. */
  | "ambiguous"
  /** A variable elsewhere in the file would mean something else, or nothing any more. */
  | "captured"
  /** What was asked for cannot be said: a path without names, the name of an input that Nix does not take. */
  | "invalid"
  /** The text would not be read back as it is meant. */
  | "unsafe";

/** Why a file cannot be changed as asked. */
export interface EditError {
  readonly _tag: "EditError";
  readonly kind: EditErrorKind;
  /** What is wrong and what to do, in a sentence. */
  readonly message: string;
  /** What it is about, in the text of the file, where there is such a place. */
  readonly range?: Range;
}

export type Edited = Result<EditError, NixFile>;

export const right = <T>(value: T): Result<never, T> => ({ _tag: "Right", right: value });

export const fail = (kind: EditErrorKind, message: string, range?: Partial<Range>): Result<EditError, never> => {
  const { start, end } = range ?? {};
  const place = start === undefined || end === undefined ? {} : { range: { start, end } };
  return { _tag: "Left", left: { _tag: "EditError", kind, message, ...place } };
};

/** Reads a file to change. Text that is not Nix is the error of {@link parse}. */
export const openNix = (text: string): Result<ParseError, NixFile> => {
  const parsed = parse(text);
  return parsed._tag === "Left" ? parsed : right({ text, expr: parsed.right });
};

/** A stretch of text that gives way to another. */
export interface Splice extends Range {
  readonly text: string;
}

/** The file with these changes, none of which overlap, once it is sure that they change nothing else. */
export const splice = (file: NixFile, splices: readonly Splice[]): Edited => {
  const ordered = splices.toSorted((a, b) => a.start - b.start);
  let text = "";
  let at = 0;
  for (const { start, end, text: added } of ordered) {
    text += file.text.slice(at, start) + added;
    at = end;
  }
  const parsed = parse(text + file.text.slice(at));
  if (parsed._tag === "Left") {
    const [{ message }] = parsed.left.problems;
    return fail("unsafe", `the file would not be valid Nix any more (${message}); change it by hand`, ordered[0]);
  }
  const after = { text: text + file.text.slice(at), expr: parsed.right };
  const lost = changed(file, after, ordered);
  if (lost === undefined) return right(after);
  return fail("unsafe", "the change would change what this means too; change it by hand", lost);
};
