/**
 * Writes the declarations of a package's bundled entry points beside them, with only the types that they name: `npm pack` runs
 * it. Without it, the declarations would name the bundled dependencies.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import { entryPoint, project } from "./extractor.js";

const packages = join(project, "packages");

interface Bundle {
  /** The folder with the bundled entry points. */
  readonly folder: string;
  /** The module of each entry point. */
  readonly entries: Readonly<Record<string, string>>;
  /** Other specifiers of imports, by package. */
  readonly imports: Readonly<Record<string, string>>;
}

const bundles: Readonly<Record<string, Bundle>> = {
  "nix-ast": { folder: "dist/lib", entries: { index: "index", scopes: "scopes/scopes" }, imports: {} },
  "microvm-model": { folder: "dist/lib", entries: { index: "index", internal: "internal" }, imports: {} },
  emit: {
    folder: "dist/bin",
    entries: { index: "index", node: "node" },
    imports: { "@microvm-emit/nix-ast": "./ast.js", "@microvm-emit/model": "./index.js" },
  },
};

/** Gathers the declarations of an entry point in one file. */
const rollUp = (projectFolder: string, entry: string, file: string, models: "own" | "other"): void => {
  const none = { default: { logLevel: ExtractorLogLevel.None } };
  const config = ExtractorConfig.prepare({
    configObject: {
      ...entryPoint(projectFolder, entry, models),
      apiReport: { enabled: false },
      docModel: { enabled: false },
      dtsRollup: { enabled: true, untrimmedFilePath: file },
      tsdocMetadata: { enabled: false },
      messages: { compilerMessageReporting: none, extractorMessageReporting: none, tsdocMessageReporting: none },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(projectFolder, "package.json"),
  });
  const { succeeded } = Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message) => (message.handled = true),
  });
  if (!succeeded) throw new Error(`${entry}: no declarations`);
};

/** Exports the values that the code lacks as types only, as `export type *` does. */
const asExported = (text: string, values: ReadonlySet<string>): string => {
  const absent: string[] = [];
  const changed = text.replaceAll(
    /^export (declare (?:const|function|class|enum) (\w+))/gm,
    (all, rest: string, name: string) => {
      if (values.has(name)) return all;
      absent.push(name);
      return rest;
    },
  );
  return absent.length === 0 ? changed : `${changed}\nexport type { ${absent.join(", ")} };\n`;
};

const foreign = /\b(?:from |import\()['"](?!\.|node:|@microvm-emit\/nix-ast['"])/;

const [, , name = ""] = process.argv;
const bundle = bundles[name];
if (bundle === undefined) throw new Error(`No bundle ${name}. Name one of ${Object.keys(bundles).join(", ")}.`);
const root = join(packages, name);
for (const [entry, module] of Object.entries(bundle.entries)) {
  const file = join(root, bundle.folder, `${entry}.d.ts`);
  // An entry point that does not export the types of the model imports them from the one that does, so that users can name them.
  rollUp(root, module, file, entry === "node" ? "other" : "own");
  const values = Object.keys((await import(pathToFileURL(join(root, bundle.folder, `${entry}.js`)).href)) as object);
  const text = Object.entries(bundle.imports).reduce(
    (all, [from, to]) => all.replaceAll(new RegExp(`(?<=\\bfrom )(['"])${from}\\1`, "g"), `"${to}"`),
    asExported(readFileSync(file, "utf8"), new Set(values)),
  );
  const wrong = text.split("\n").find((line) => foreign.test(line) && !line.trimStart().startsWith("*"));
  if (wrong !== undefined) throw new Error(`${file} imports a bundled dependency: ${wrong}`);
  writeFileSync(file, text);
}
if (name === "emit") {
  const file = join(root, bundle.folder, "ast.d.ts");
  rollUp(join(packages, "nix-ast"), "index", file, "own");
}
