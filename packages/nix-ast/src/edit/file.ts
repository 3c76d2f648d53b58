import type { Expr } from "../expr.js";
import type { ParseError } from "../parse/parse-error.js";
import { parse } from "../parse/parse.js";
import type { Range } from "./text.js";
import type { Result } from "../result.js";

/** A Nix file for editing. Each edit returns a new file. */
export interface NixFile {
  /** The source. */
  readonly text: string;
  /** The syntax tree. Its offsets refer to `text`. */
  readonly expr: Expr;
}

/** The reason of an {@link EditError}. */
export type EditErrorKind =
  /** The name or path is not defined. */
  | "missing"
  /** The name or path is already defined. */
  | "defined"
  /** The name comes from an `inherit`, so its value is elsewhere. */
  | "inherited"
  /** A value on the path is not a literal set. */
  | "notASet"
  /** The value is not a literal list. */
  | "notAList"
  /** The outputs of the flake are not a literal function. */
  | "notAFunction"
  /** Several places match. */
  | "ambiguous"
  /** A variable elsewhere in the file would have another value or become undefined. */
  | "captured"
  /** The flake still uses the input. */
  | "used"
  /** An invalid argument: an empty path, or an input name or reference that Nix rejects. */
  | "invalid"
  /** The edited text would have another meaning than intended. */
  | "unsafe";

/** An edit that is not possible. The file is unchanged. */
export interface EditError {
  readonly _tag: "EditError";
  readonly kind: EditErrorKind;
  /** The reason and a remedy, in one sentence. */
  readonly message: string;
  /** The place in the file, if there is one. */
  readonly range?: Range;
}

/** The edited file, or the reason why the edit is not possible. */
export type Edited = Result<EditError, NixFile>;

export const right = <T>(value: T): Result<never, T> => ({ _tag: "Right", right: value });

export const fail = (kind: EditErrorKind, message: string, range?: Partial<Range>): Result<EditError, never> => {
  const { start, end } = range ?? {};
  const place = start === undefined || end === undefined ? {} : { range: { start, end } };
  return { _tag: "Left", left: { _tag: "EditError", kind, message, ...place } };
};

/** Opens a file for editing. Invalid text returns the error of {@link parse}. */
export const openNix = (text: string): Result<ParseError, NixFile> => {
  const parsed = parse(text);
  return parsed._tag === "Left" ? parsed : right({ text, expr: parsed.right });
};

/** A replacement of a range of text. */
export interface Splice extends Range {
  readonly text: string;
}
