import type { Expr } from "@microvm-emit/nix-ast";
import type { NixFile } from "../file.js";

/** The modules that guests import, each written once however many use it. */
export interface SharedModules {
  /**
   * The file name of the module that `key` stands for, null for one that no config changes, made by `make` when it is new. Modules of one name and different
   * keys get a number behind the name.
   */
  readonly use: (name: string, key: unknown, make: () => Expr) => string;
  /** All that were used, by name. */
  readonly files: () => readonly NixFile[];
}

export const sharedModules = (): SharedModules => {
  const files = new Map<string, NixFile>();
  const fileNames = new Map<string, string>();
  return {
    use: (name, key, make) => {
      const identity = `${name} ${JSON.stringify(key, bigintAsText)}`;
      const known = fileNames.get(identity);
      if (known !== undefined) return known;
      let fileName = `${name}.nix`;
      for (let number = 2; files.has(fileName); number += 1) fileName = `${name}-${String(number)}.nix`;
      fileNames.set(identity, fileName);
      files.set(fileName, {
        kind: "nix",
        path: `modules/${fileName}`,
        ...(key === null && { isFixed: true }),
        expr: make(),
      });
      return fileName;
    },
    files: () => [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
};

const bigintAsText = (_: string, value: unknown): unknown => (typeof value === "bigint" ? `${String(value)}n` : value);
