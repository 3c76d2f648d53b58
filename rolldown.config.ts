/** The command in a few minified files: opening a file a rule, a setting and a dependency takes most of a run's time. */
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

const dist = join(import.meta.dirname, "packages/emit/dist");

/** Writes the licences of the packages that the files contain, as these require. */
const licences: Plugin = {
  name: "licences",
  generateBundle(_, bundle) {
    const modules = Object.values(bundle).flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
    const packages = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []));
    const texts = [...packages].sort().map((folder) => {
      const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
      if (file === undefined) throw new Error(`${folder} has no licence file.`);
      return `${folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length)}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
    });
    this.emitFile({
      type: "asset",
      fileName: "microvm-emit.licences.txt",
      source: texts.join(`\n${"-".repeat(80)}\n\n`),
    });
  },
};

/** Keeps the library's files out of the code: only commands that write them read their text. */
const libraryText: Plugin = {
  name: "library-text",
  async load(id) {
    if (!id.endsWith("/library.generated.js")) return undefined;
    const { readLibrary } = (await import(id)) as { readonly readLibrary: () => Readonly<Record<string, string>> };
    const fileName = "microvm-emit.library.json";
    this.emitFile({ type: "asset", fileName, source: JSON.stringify(readLibrary()) });
    return `
      import { readFileSync } from "node:fs";
      export const readLibrary = () => JSON.parse(readFileSync(new URL("./${fileName}", import.meta.url), "utf8"));`;
  },
};

/** Lets a symlink to the file run it, as npm does when it installs the package. */
const executable: Plugin = {
  name: "executable",
  writeBundle() {
    chmodSync(join(dist, "bin/microvm-emit.js"), 0o755);
  },
};

const input: InputOptions = {
  input: { "microvm-emit": join(dist, "cli/main.js") },
  platform: "node",
  // A module that one command imports on demand may be part of another command.
  checks: { ineffectiveDynamicImport: false },
  preserveEntrySignatures: "allow-extension",
  // Optional dependencies, which users can leave out.
  external: ["@hpcc-js/wasm-graphviz", "@resvg/resvg-wasm"],
  // ES modules where a package has both: of CommonJS, all is kept and run.
  resolve: {
    mainFields: ["module", "main"],
    alias: { "fp-ts/lib": join(dirname(createRequire(import.meta.url).resolve("fp-ts/package.json")), "es6") },
  },
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
  // A module lies in the first group that has it.
  return [
    { name: "first", files: ["cli/main.js"] },
    { name: "start", files: ["cli/terminal.js", "report/wrap.js"] },
    { name: "plan", files: ["config-file/plan-file.js", "report/plan-summary.js", "report/plan-table.js"] },
  ].map(({ name, files }, position) => {
    const modules = modulesFor(chunks, files);
    const entry = join(dist, "cli/main.js");
    return { name, priority: 10 - position, test: (id) => id !== entry && modules.has(id) };
  });
};

export default async (): Promise<InputOptions & { readonly output: OutputOptions }> => ({
  ...input,
  plugins: [libraryText, licences, executable],
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
