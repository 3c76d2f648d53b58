import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failed } from "../report/failure.js";
import { configExtensions } from "./load.js";

const names = configExtensions.map((extension) => `microvm.config${extension}`);

/**
 * The config in `directory` or the nearest parent. Throws {@link Failed} for a config that another user put into a
 * parent such as `/tmp`, because loading a config runs it.
 */
export const findConfig = (directory: string): string => {
  for (let folder = directory; ; folder = dirname(folder)) {
    const file = configIn(folder);
    if (file !== undefined) {
      const { uid } = statSync(file);
      const own = process.getuid?.();
      if (own !== undefined && uid !== own && uid !== 0)
        throw new Failed({ kind: "config-of-another-user", file, uid });
      return file;
    }
    if (dirname(folder) === folder) throw new Failed({ kind: "config-not-found", directory, names });
  }
};

/** The config in a folder, if there is one. */
export const configIn = (folder: string): string | undefined => {
  let entries: ReadonlySet<string>;
  try {
    entries = new Set(readdirSync(folder));
  } catch {
    // A folder with search but no read permission.
    return undefined;
  }
  const name = names.find((candidate) => entries.has(candidate));
  return name === undefined ? undefined : join(folder, name);
};
