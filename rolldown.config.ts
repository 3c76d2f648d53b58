/** The command in a few minified files: opening a file a rule, a setting and a dependency takes most of a run's time. */
import { chmodSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { InputOptions, OutputOptions, Plugin } from "rolldown";

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

/** Lets a symlink to the file run it, as npm does when it installs the package. */
const executable: Plugin = {
  name: "executable",
  writeBundle() {
    chmodSync(join(dist, "bin/microvm-emit.js"), 0o755);
  },
};

export default {
  input: { "microvm-emit": join(dist, "cli/main.js") },
  platform: "node",
  // Optional dependencies, which users can leave out.
  external: ["@hpcc-js/wasm-graphviz", "@resvg/resvg-wasm"],
  // ES modules where a package has both: of CommonJS, all is kept and run.
  resolve: {
    mainFields: ["module", "main"],
    alias: { "fp-ts/lib": join(dirname(createRequire(import.meta.url).resolve("fp-ts/package.json")), "es6") },
  },
  plugins: [licences, executable],
  output: {
    // At the depth of cli/main.js, since both find `package.json` and `problems` from where they lie.
    dir: join(dist, "bin"),
    entryFileNames: "[name].js",
    chunkFileNames: "microvm-emit.[name].js",
    minify: true,
    // A group of their own keeps the bundler's CommonJS helpers, which `--help` needs, in another file.
    codeSplitting: { groups: [{ name: "schemas", test: /node_modules.(?:zod|ip-address)/ }] },
  },
} satisfies InputOptions & { readonly output: OutputOptions };
