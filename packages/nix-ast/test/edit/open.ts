/** Unwraps results of edits that must succeed, or must fail. */
import type { Either } from "fp-ts/lib/Either.js";
import { expect } from "vitest";
import { openNix, type EditError, type NixFile } from "../../src/edit/edit.js";
import { showParseError } from "../../src/index.js";

export const open = (text: string): NixFile => {
  const opened = openNix(text);
  if (opened._tag === "Left") throw new Error(showParseError(opened.left));
  return opened.right;
};

export const done = <T>(edited: Either<EditError, T>): T => {
  if (edited._tag === "Left") throw new Error(edited.left.message);
  return edited.right;
};

export const errorOf = (edited: Either<EditError, unknown>): EditError => {
  if (edited._tag === "Right")
    expect.unreachable(
      `no error but ${JSON.stringify(edited.right, (_, v: unknown) => (typeof v === "bigint" ? String(v) : v))}`,
    );
  return edited.left;
};
