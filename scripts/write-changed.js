import { readFileSync, writeFileSync } from "node:fs";

/** Writes a generated file if its text changed: an untouched file keeps TypeScript's incremental build short. */
export const writeChanged = (file, text) => {
  if (textOf(file) !== text) writeFileSync(file, text);
};

/** The text of a file; undefined before the first build. */
const textOf = (file) => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
};
