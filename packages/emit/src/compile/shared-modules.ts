import type { Expr } from "@microvm-emit/nix-ast";
import type { NixFile } from "../output-file.js";

/** Modules that guests import; each is written once. */
export interface SharedModules {
  /**
   * Returns the file name of the module for `name` and `key`; `make` builds it on first use. When a name is taken, the
   * module also takes the name of the first VM that uses it, so that a new VM renames no file.
   */
  readonly use: (name: string, key: unknown, vm: string, make: () => Expr) => string;
  /** All modules so far, by path. */
  readonly files: () => readonly NixFile[];
}

export const sharedModules = (): SharedModules => {
  const files = new Map<string, NixFile>();
  const fileNames = new Map<string, string>();
  return {
    use: (name, key, vm, make) => {
      const identity = `${name} ${JSON.stringify(key, bigintAsText)}`;
      const known = fileNames.get(identity);
      if (known !== undefined) return known;
      let fileName = `${name}.nix`;
      for (let suffix = `-${vm}`; files.has(fileName); suffix += `-${vm}`) fileName = `${name}${suffix}.nix`;
      fileNames.set(identity, fileName);
      files.set(fileName, {
        kind: "nix",
        path: `modules/${fileName}`,
        expr: make(),
      });
      return fileName;
    },
    files: () => [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
};

const bigintAsText = (_: string, value: unknown): unknown => (typeof value === "bigint" ? `${String(value)}n` : value);
