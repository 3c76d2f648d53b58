import { builtinModules } from "node:module";
import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";
import { noEmbeddedPrograms } from "./scripts/no-embedded-programs.js";

/** The rooms of packages/emit that may touch the disk, processes and the terminal. */
const edge = ["adopt", "check", "cli", "config-file", "fs", "git", "init", "mcp", "output", "stages", "vm"].map(
  (room) => `packages/emit/src/${room}/**`,
);

const node = {
  regex: `^(node:.*|(${builtinModules.filter((name) => !name.startsWith("_")).join("|")})(/.*)?)$`,
  message: "Node's modules are used only at the edge of packages/emit.",
};
const fpTs = {
  regex: "^fp-ts(?!/lib/.*\\.js$)",
  message: "Write fp-ts/lib/Name.js: Node's ESM resolver finds no other form.",
};
const otherPackageByPath = {
  regex: "(^|/)(nix-ast|microvm-model|emit|prettier-plugin-nix)/",
  message: "Import the package by its name: what its index does not export is not for others.",
};
const forbiddenPackage = (name, because) => ({ regex: `^${name}(/.*)?$`, message: because });

const sayWhat = "nix-ast knows the Nix language and nothing of microVMs.";
const onlyNix = "The plugin formats any Nix: it needs nix-ast alone.";
const neverBack = "The model does not know what is made of it.";
const typesOnly = {
  ...forbiddenPackage("@microvm-emit/nix-ast", "The model may only name the types of nix-ast: it writes no Nix."),
  allowTypeImports: true,
};

/** What the files may not import, with `import()` held to the same as `import`. */
const restrictImports = (files, patterns, ignores = []) => ({
  files,
  ignores,
  rules: {
    "@typescript-eslint/no-restricted-imports": [
      "error",
      { patterns: [fpTs, ...patterns].map((pattern) => ({ caseSensitive: true, ...pattern })) },
    ],
    "no-restricted-syntax": [
      "error",
      ...patterns.map(({ regex, message }) => ({
        selector: `ImportExpression > Literal.source[value=/${regex.replaceAll("/", "\\/")}/]`,
        message,
      })),
    ],
  },
});

export default defineConfig(
  globalIgnores(["**/dist/", "**/*.generated.ts", "out/", "test/golden/"]),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", ignoreRestSiblings: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // A quarter of the time of lint, for enums, which the compiler forbids, and for classes, which have no private state.
      "@typescript-eslint/no-unsafe-enum-assignment": "off",
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ["**/*.{js,mjs}"],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { console: "readonly", process: "readonly" } },
  },

  restrictImports(
    ["packages/nix-ast/src/**"],
    [
      node,
      otherPackageByPath,
      forbiddenPackage("@microvm-emit/model", sayWhat),
      forbiddenPackage("microvm-emit", sayWhat),
    ],
  ),
  restrictImports(
    ["packages/microvm-model/src/**"],
    [node, otherPackageByPath, typesOnly, forbiddenPackage("microvm-emit", neverBack)],
  ),
  restrictImports(
    ["packages/prettier-plugin-nix/src/**"],
    [
      node,
      otherPackageByPath,
      forbiddenPackage("@microvm-emit/model", onlyNix),
      forbiddenPackage("microvm-emit", onlyNix),
    ],
  ),
  restrictImports(["packages/emit/src/**"], [otherPackageByPath]),
  restrictImports(["packages/emit/src/**"], [node, otherPackageByPath], edge),
  {
    files: ["packages/*/src/**"],
    plugins: { "microvm-emit": { rules: { "no-embedded-programs": noEmbeddedPrograms } } },
    rules: { "microvm-emit/no-embedded-programs": ["error", ["a script", "Python", "shell", "Nix"]] },
  },
  {
    files: ["packages/*/src/**"],
    ignores: edge,
    rules: { "no-restricted-globals": ["error", "process", "Buffer", "console", "setTimeout", "setInterval"] },
  },
);
