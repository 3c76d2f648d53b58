import { ESLint } from "eslint";
import tseslint from "typescript-eslint";
import { describe, expect, it } from "vitest";

// The dependency rules look at imports only: without types, the files need not exist.
const eslint = new ESLint({
  overrideConfig: [
    tseslint.configs.disableTypeChecked,
    { languageOptions: { parserOptions: { projectService: false } } },
  ],
});

/** The rules that an import in a file of the given path breaks. */
async function broken(filePath: string, source: string): Promise<string[]> {
  const [result] = await eslint.lintText(`${source}\n`, { filePath });
  return (result?.messages ?? []).map(({ ruleId, message }) => ruleId ?? message);
}

const ast = "packages/nix-ast/src/seeded.ts";
const model = "packages/microvm-model/src/seeded.ts";
const modelRule = "packages/microvm-model/src/rules/seeded.ts";
const compile = "packages/emit/src/compile/seeded.ts";
const index = "packages/emit/src/index.ts";
const edge = "packages/emit/src/output/seeded.ts";

const embedded = "microvm-emit/no-embedded-programs";
const staticImport = "@typescript-eslint/no-restricted-imports";
const dynamicImport = "no-restricted-syntax";

describe("lint rejects an import", () => {
  it.each([
    [ast, 'export * from "node:fs";', staticImport],
    [ast, 'export * from "fs/promises";', staticImport],
    [ast, 'export const fs = await import("node:fs");', dynamicImport],
    [ast, 'export type * from "@microvm-emit/model";', staticImport],
    [ast, 'export type * from "microvm-emit";', staticImport],
    [ast, 'export type * from "../../microvm-model/src/config.js";', staticImport],
    [model, 'export * from "node:net";', staticImport],
    [model, 'export * from "@microvm-emit/nix-ast";', staticImport],
    [model, 'export const ast = await import("@microvm-emit/nix-ast");', dynamicImport],
    [model, 'export type * from "microvm-emit";', staticImport],
    [modelRule, 'export type * from "../../../nix-ast/src/expr.js";', staticImport],
    [modelRule, 'export * from "fp-ts/Either";', staticImport],
    [compile, 'export * from "node:path";', staticImport],
    [compile, 'export * from "path";', staticImport],
    [compile, 'export const fs = await import("node:fs");', dynamicImport],
    [compile, 'export type * from "../../../nix-ast/src/expr.js";', staticImport],
    [compile, 'export * from "fp-ts";', staticImport],
    [index, 'export * from "node:os";', staticImport],
    [compile, "export const folder = process.cwd();", "no-restricted-globals"],
    [edge, 'export * from "../../microvm-model/src/config.js";', staticImport],
    [compile, 'export const program = "#!/bin/sh\\necho";', embedded],
    [compile, "export const program = `\nimport socket\n`;", embedded],
    [compile, "export const program = (port) => `from os import path\nprint(${port})`;", embedded],
    [compile, "export const program = `def answer(question: str) -> None:\n  pass`;", embedded],
    [compile, "export const program = `set -euo pipefail\nls`;", embedded],
    [compile, "export const program = `if [ -e a ]; then\n  rm a\nfi`;", embedded],
    [compile, "export const module = `{ config, lib, ... }:\n{ }`;", embedded],
    [model, "export const module = `{\n  pkgs,\n  ...\n}:\n{ }`;", embedded],
  ])("%s: %s", async (filePath, source, rule) => {
    expect(await broken(filePath, source)).toEqual([rule]);
  });
});

describe("lint accepts an import", () => {
  it.each([
    [ast, 'export * from "./expr.js";'],
    [model, 'export type { Expr } from "@microvm-emit/nix-ast";'],
    [model, 'import type { Expr } from "@microvm-emit/nix-ast";\nexport type Module = Expr;'],
    [modelRule, 'export * from "../config/config.js";'],
    [modelRule, 'export * from "fp-ts/lib/Either.js";'],
    [compile, 'export * from "@microvm-emit/nix-ast";\nexport * from "@microvm-emit/model";'],
    [compile, 'export * from "../file.js";'],
    [edge, 'export * from "node:fs/promises";'],
    [edge, "export const folder = process.cwd();"],
    [edge, 'export const os = await import("node:os");'],
    [compile, 'export const title = "The import socket is done";'],
    [compile, 'export const code = `import { host } from "microvm-emit";\nexport default {};`;'],
    [compile, 'export const words = ["import", "if", "then", "fi", "done", "{ ... }"];'],
  ])("%s: %s", async (filePath, source) => {
    expect(await broken(filePath, source)).toEqual([]);
  });
});
