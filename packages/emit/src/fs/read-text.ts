import { readFileSync, statSync } from "node:fs";

/**
 * Text of a regular file, or the error code. A repository can name a device that never ends, so other kinds are not
 * read.
 */
export const readText = (file: string): string | { readonly code: string } => {
  try {
    return statSync(file).isFile() ? readFileSync(file, "utf8") : { code: "EINVAL" };
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? "error" };
  }
};

/** Text of a regular file; undefined if it cannot be read. */
export const readIfThere = (file: string): string | undefined => {
  const text = readText(file);
  return typeof text === "string" ? text : undefined;
};

/** Texts that take the place of files, by absolute path. */
export type Texts = ReadonlyMap<string, string>;

/** Reads the text of a file, or the text that takes its place. */
export const readWith =
  (texts?: Texts) =>
  (file: string): string | undefined =>
    texts?.get(file) ?? readIfThere(file);
