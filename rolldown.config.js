/** The command as few files, since opening hundreds takes most of its time; the library is left as the compiler made it. */
import { join } from "node:path";
import license from "rollup-plugin-license";

const dist = join(import.meta.dirname, "packages/emit/dist");

export default {
  input: { "microvm-emit": join(dist, "main.js") },
  platform: "node",
  // Loaded only where they are needed, which is seldom.
  external: ["@babel/parser", "jiti", "jsonc-parser", "marked", "yaml"],
  plugins: [license({ thirdParty: { output: join(dist, "microvm-emit.licenses.txt") } })],
  // Beside the compiler's, since both find `package.json` and `problems` from where they lie.
  output: { dir: dist, entryFileNames: "[name].js", chunkFileNames: "microvm-emit.[name].js" },
};
