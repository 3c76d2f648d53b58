import type { Expr } from "@microvm-emit/nix-ast";
import type { NixFile } from "../output-file.js";

/** The modules that guests import, each written once however many use it. */
export interface SharedModules {
  /**
   * The file name of the module that `key` stands for, made by `make` when it is new. Of several modules with one name, all but
   * the first are also named after the first VM that uses them, so that a new VM renames none.
   */
  readonly use: (name: string, key: unknown, vm: string, make: () => Expr) => string;
  /** All that were used, by name. */
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
