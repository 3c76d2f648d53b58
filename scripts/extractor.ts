/** Settings of API Extractor that its uses share. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { IConfigFile } from "@microsoft/api-extractor";

export const project = fileURLToPath(new URL("..", import.meta.url));

/** Folders of our packages. The extractor takes one below `node_modules` for another project's. */
const folders = {
  other: { model: join(project, "node_modules/@microvm-emit/model"), emit: join(project, "node_modules/microvm-emit") },
  own: { model: join(project, "packages/microvm-model"), emit: join(project, "packages/emit") },
};

/** The entry point of a package as TypeScript declares it. The paths of the compiler name sources, which the extractor cannot read. */
export const entryPoint = (
  projectFolder: string,
  entry: string,
  models: keyof typeof folders,
): Pick<IConfigFile, "projectFolder" | "mainEntryPointFilePath" | "compiler" | "newlineKind"> => {
  const { model, emit } = folders[models];
  const nixAst = join(project, "node_modules/@microvm-emit/nix-ast/dist");
  const paths = {
    "@microvm-emit/nix-ast": [join(nixAst, "index.d.ts")],
    "@microvm-emit/nix-ast/scopes": [join(nixAst, "scopes/scopes.d.ts")],
    "@microvm-emit/model": [join(model, "dist/index.d.ts")],
    "@microvm-emit/model/internal": [join(model, "dist/internal.d.ts")],
    "microvm-emit": [join(emit, "dist/index.d.ts")],
    "microvm-emit/node": [join(emit, "dist/node.d.ts")],
  };
  return {
    projectFolder,
    mainEntryPointFilePath: join(projectFolder, `dist/${entry}.d.ts`),
    compiler: { overrideTsconfig: { extends: "./tsconfig.json", compilerOptions: { paths } } },
    newlineKind: "lf",
  };
};
