/** The command as few files of our own: opening a file a rule and a file a setting takes most of a run's time. */
import { join } from "node:path";
import type { InputOptions, OutputOptions } from "rolldown";

const dist = join(import.meta.dirname, "packages/emit/dist");

export default {
  input: { "microvm-emit": join(dist, "main.js") },
  platform: "node",
  // Others' packages are left where npm puts them.
  external: (id) => /^[^./]/.test(id) && !id.startsWith("@microvm-emit/"),
  // Beside the compiler's, since both find `package.json` and `problems` from where they lie.
  output: { dir: dist, entryFileNames: "[name].js", chunkFileNames: "microvm-emit.[name].js" },
} satisfies InputOptions & { readonly output: OutputOptions };
