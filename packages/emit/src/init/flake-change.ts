import { positionOf, print } from "@microvm-emit/nix-ast";
import { Failed } from "../report/failure.js";
import { diffOf } from "../report/edited.js";
import { handWritten, type ImportedHost, importHost } from "./own-flake.js";

/** The edit of a user's flake. */
export interface FlakeChange {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  /** The hunks of a unified diff. */
  readonly diff: string;
}

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
