import { readFileSync, statSync } from "node:fs";

/** The text of a file, or the code of the error. A repository can name a device that never ends, so only plain files are read. */
export const readText = (file: string): string | { readonly code: string } => {
  try {
    return statSync(file).isFile() ? readFileSync(file, "utf8") : { code: "EINVAL" };
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? "error" };
  }
};

/** The text of a file; undefined if it cannot be read. */
export const readIfThere = (file: string): string | undefined => {
  const text = readText(file);
  return typeof text === "string" ? text : undefined;
};
