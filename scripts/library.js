/**
 * Writes the files below packages/emit/nix into packages/emit/src/compile/flake/library.generated.ts, so that emit carries them
 * without a file system. Plain JavaScript without dependencies: package.nix runs it, too.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeChanged } from "./write-changed.js";

const emit = join(dirname(fileURLToPath(import.meta.url)), "../packages/emit");
const from = join(emit, "nix");
const to = join(emit, "src/compile/flake/library.generated.ts");

const files = readdirSync(from, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !entry.parentPath.endsWith("__pycache__"))
  .map((entry) => join(entry.parentPath, entry.name).slice(from.length + 1))
  .sort();
const rows = files.map(
  (path) => `  ${JSON.stringify(path)}: ${JSON.stringify(readFileSync(join(from, path), "utf8"))},`,
);
const text = `/** The files of packages/emit/nix: path to text. Written by scripts/library.js. */
export const readLibrary = () => ({
${rows.join("\n")}
}) satisfies Readonly<Record<string, string>>;
`;

writeChanged(to, text);
