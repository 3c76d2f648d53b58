/**
 * The published files. They contain the dependencies, of which most is unused, so that users install few packages. The command
 * is in few files, since opening one for each rule, setting and dependency takes most of a run's time.
 */
import { chmodSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import {
  type CodeSplittingGroup,
  type InputOptions,
  type OutputChunk,
  type OutputOptions,
  type Plugin,
  rolldown,
} from "rolldown";

type Configuration = InputOptions & { readonly output: OutputOptions };

const packages = join(import.meta.dirname, "packages");
const dist = join(packages, "emit/dist");
const require = createRequire(import.meta.url);

/** The folder of a dependency. */
const folderOf = (name: string): string => dirname(require.resolve(`${name}/package.json`));

/** Writes the licences of the packages that the files contain, as these require. */
const licences = (name: string, ...more: readonly string[]): Plugin => ({
  name: "licences",
  generateBundle(_, bundle) {
    const modules = Object.values(bundle).flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
    const packages = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []));
    for (const other of more) packages.add(folderOf(other));
    const texts = [...packages].sort().map((folder) => {
      const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
      if (file === undefined) throw new Error(`${folder} has no licence file.`);
      return `${folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length)}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
    });
    this.emitFile({
      type: "asset",
      fileName: `${name}.licences.txt`,
      source: texts.join(`\n${"-".repeat(80)}\n\n`),
    });
  },
});

/**
 * Keeps the library's files out of the code: only commands that write them read their text. `imports` of package.json chooses
 * between Node, which reads them when they are needed, and browsers.
 */
const libraryText: Plugin = {
  name: "library-text",
  async resolveId(id, importer) {
    if (!id.endsWith("/library.generated.js") || importer === undefined) return undefined;
    const file = "microvm-emit.library";
    const { readLibrary } = (await import(join(dirname(importer), id))) as {
      readonly readLibrary: () => Readonly<Record<string, string>>;
    };
    this.emitFile({ type: "asset", fileName: `${file}.json`, source: JSON.stringify(readLibrary()) });
    this.emitFile({
      type: "asset",
      fileName: `${file}.node.js`,
      source: `import { readFileSync } from "node:fs";
export const readLibrary = () => JSON.parse(readFileSync(new URL("./${file}.json", import.meta.url), "utf8"));
`,
    });
    this.emitFile({
      type: "asset",
      fileName: `${file}.js`,
      source: `import files from "./${file}.json";
export const readLibrary = () => files;
`,
    });
    return { id: "#library", external: true };
  },
};

/** Writes the used part of @babel/parser, which `require` loads synchronously. */
const babelParser: Plugin = {
  name: "babel-parser",
  async load(id) {
    if (!id.endsWith("/config-file/commonjs.js")) return undefined;
    const parser = await rolldown({ input: require.resolve("@babel/parser"), platform: "node" });
    const { output } = await parser.generate({ format: "cjs", minify: true, exports: "named" });
    await parser.close();
    const fileName = "microvm-emit.babel-parser.cjs";
    this.emitFile({ type: "asset", fileName, source: output[0].code });
    return readFileSync(id, "utf8").replaceAll('require("@babel/parser")', `require("./${fileName}")`);
  },
};

/** Lets a symlink to the file run it, as npm does when it installs the package. */
const executable: Plugin = {
  name: "executable",
  writeBundle() {
    chmodSync(join(dist, "bin/microvm-emit.js"), 0o755);
  },
};

/**
 * Converts ip-address, which has only CommonJS, to an ES module: the bundler's own code for CommonJS needs Node, and browsers load
 * this package, too.
 */
const ipAddress: Plugin = {
  name: "ip-address",
  async load(id) {
    const entry = require.resolve("ip-address");
    if (id !== entry) return undefined;
    const build = await rolldown({ input: entry, platform: "neutral" });
    const { output } = await build.generate({ format: "esm" });
    await build.close();
    const names = Object.keys(require(entry) as object);
    return output[0].code.replace(/export default (\w+\(\));/, `export const { ${names.join(", ")} } = $1;`);
  },
};

/** ES modules where a package has both: of CommonJS, all is kept and run. */
const resolve: InputOptions["resolve"] = {
  mainFields: ["module", "main"],
  alias: {
    "fp-ts/lib": join(folderOf("fp-ts"), "es6"),
    "@microvm-emit/model/internal": join(packages, "microvm-model/dist/internal.js"),
    "@microvm-emit/model": join(packages, "microvm-model/dist/index.js"),
  },
};

/** Writes declarations that refer to those of the modules; `npm pack` replaces them by scripts/declarations.ts. */
const declarations = (modules: Readonly<Record<string, string>>): Plugin => ({
  name: "declarations",
  generateBundle() {
    for (const [entry, module] of Object.entries(modules))
      this.emitFile({ type: "asset", fileName: `${entry}.d.ts`, source: `export * from "${module}";\n` });
  },
});

/** The language for those who import it alone. */
const nixAst: Configuration = {
  input: {
    index: join(packages, "nix-ast/dist/index.js"),
    scopes: join(packages, "nix-ast/dist/scopes/scopes.js"),
  },
  platform: "neutral",
  plugins: [declarations({ index: "../index.js", scopes: "../scopes/scopes.js" })],
  output: {
    dir: join(packages, "nix-ast/dist/lib"),
    cleanDir: true,
    chunkFileNames: "[name].js",
    codeSplitting: { groups: [{ name: "nix-ast" }] },
  },
};

/** The model for those who import it alone. */
const model: Configuration = {
  input: {
    index: join(packages, "microvm-model/dist/index.js"),
    internal: join(packages, "microvm-model/dist/internal.js"),
  },
  platform: "neutral",
  external: ["@microvm-emit/nix-ast"],
  resolve,
  plugins: [ipAddress, licences("model"), declarations({ index: "../index.js", internal: "../internal.js" })],
  output: {
    dir: join(packages, "microvm-model/dist/lib"),
    cleanDir: true,
    chunkFileNames: "[name].js",
    codeSplitting: { groups: [{ name: "model" }] },
  },
};

/** `microvm-emit/ast`, in a file of its own so that bundlers can leave the rest out. */
const ast: Configuration = {
  input: { ast: join(packages, "nix-ast/dist/index.js") },
  platform: "neutral",
  plugins: [declarations({ ast: "@microvm-emit/nix-ast" })],
  output: { dir: join(dist, "bin"), cleanDir: true, minify: true },
};

/** Imports modules as a namespace from their own files: the bundler would build each namespace as an object, with code for Node. */
const namespaces: Plugin = {
  name: "namespaces",
  resolveId(id, importer) {
    if (id === "@microvm-emit/nix-ast") return { id: "./ast.js", external: true };
    const isOwn = importer !== undefined && join(dirname(importer), id) === join(dist, "index.js");
    return isOwn ? { id: "./index.js", external: true } : undefined;
  },
};

const input: InputOptions = {
  input: { "microvm-emit": join(dist, "cli/main.js"), index: join(dist, "index.js"), node: join(dist, "node.js") },
  platform: "node",
  // A module that one command imports on demand may be part of another command.
  checks: { ineffectiveDynamicImport: false },
  preserveEntrySignatures: "allow-extension",
  // Dependencies, of which users can leave out the optional ones.
  external: ["jiti", "@hpcc-js/wasm-graphviz", "@resvg/resvg-wasm"],
  resolve,
  plugins: [ipAddress, libraryText, babelParser, namespaces],
};

/** The modules that the bundler needs for these files of `dist` and what they import, except by a dynamic import. */
const modulesFor = (chunks: readonly OutputChunk[], files: readonly string[]): ReadonlySet<string> => {
  const ids = files.map((file) => join(dist, file));
  const needed = new Set(chunks.filter(({ moduleIds }) => ids.some((id) => moduleIds.includes(id))));
  // The iteration also visits what it adds.
  for (const { imports } of needed) for (const chunk of chunks) if (imports.includes(chunk.fileName)) needed.add(chunk);
  return new Set([...needed].flatMap(({ moduleIds }) => moduleIds).filter((id) => !id.startsWith("\0")));
};

/**
 * Gathers what commands load together. By default the bundler writes a file for each set of modules that the same
 * commands load, and to open 60 of them takes longer than to read a few large ones.
 */
const groups = async (): Promise<CodeSplittingGroup[]> => {
  const { output } = await (await rolldown(input)).generate();
  const chunks = output.filter((file) => file.type === "chunk");
  const first = modulesFor(chunks, ["cli/main.js"]);
  const start = modulesFor(chunks, ["cli/terminal.js", "report/wrap.js"]);
  const pipeline = modulesFor(chunks, ["index.js"]);
  const plan = modulesFor(chunks, ["config-file/plan-file.js", "report/plan-summary.js", "report/plan-table.js"]);
  // Browsers load the pipeline, so that it contains no module for Node.
  const both = new Set([...pipeline].filter((id) => first.has(id) || start.has(id)));
  const entries = new Set(Object.values(input.input as Readonly<Record<string, string>>));
  // A module lies in the first group that has it.
  return Object.entries({ both, first, start, pipeline, plan }).map(([name, modules], position) => ({
    name,
    priority: 10 - position,
    test: (id) => !entries.has(id) && modules.has(id),
  }));
};

const command = async (): Promise<Configuration> => ({
  ...input,
  plugins: [
    input.plugins,
    licences("microvm-emit", "@babel/parser"),
    declarations({ index: "../index.js", node: "../node.js" }),
    executable,
  ],
  output: {
    // At the depth of cli/main.js, since both find `package.json` and `problems` from where they lie.
    dir: join(dist, "bin"),
    entryFileNames: "[name].js",
    chunkFileNames: "microvm-emit.[name].js",
    minify: true,
    // The groups are closed: none needs a module of a later one.
    codeSplitting: { includeDependenciesRecursively: false, groups: await groups() },
  },
});

export default async (): Promise<Configuration[]> => [nixAst, model, ast, await command()];
