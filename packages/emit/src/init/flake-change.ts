import { positionOf, print } from "@microvm-emit/nix-ast";
import { Failed, type Failure } from "../report/failure.js";
import { diffOf } from "../report/edited.js";
import { handWritten, type ImportedHost, importHost, importInputs } from "./own-flake.js";

/** The edit of a user's flake. */
export interface FlakeChange {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  /** The hunks of a unified diff. */
  readonly diff: string;
}

/** The edits that are possible, and the failure of the others with the lines to add by hand. */
export const possibleChangeOf = (
  file: string,
  before: string,
  host: ImportedHost,
): { readonly change: FlakeChange | undefined; readonly failure: Failure | undefined } => {
  try {
    return { change: changeOf(file, before, host), failure: undefined };
  } catch (error) {
    if (!(error instanceof Failed) || error.failures[0].kind !== "flake-not-editable") throw error;
    const [failure] = error.failures;
    const edited = importInputs(before, host);
    if (edited._tag === "Left" || edited.right === before) return { change: undefined, failure };
    const after = edited.right;
    const byHand = print(handWritten(after, host)).split("\n");
    return { change: { file, before, after, diff: diffOf(before, after) }, failure: { ...failure, byHand } };
  }
};

/** @throws {Failed} with the lines to add by hand, if the flake has no literal place for them. */
export const changeOf = (file: string, before: string, host: ImportedHost): FlakeChange => {
  const edited = importHost(before, host);
  if (edited._tag === "Right") return { file, before, after: edited.right, diff: diffOf(before, edited.right) };
  const error = edited.left;
  const [message, offset] =
    error._tag === "ParseError"
      ? [error.problems[0].message, error.problems[0].start]
      : [error.message, error.range?.start];
  const place = offset === undefined ? "" : ` (line ${positionOf(before, offset).line})`;
  throw new Failed({
    kind: "flake-not-editable",
    file,
    reason: `${message}${place}`,
    byHand: print(handWritten(before, host)).split("\n"),
  });
};
