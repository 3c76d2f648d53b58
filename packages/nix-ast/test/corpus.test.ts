/**
 * The parser and formatter on files that others wrote. MICROVM_EMIT_CORPUS names folders of Nix files that nixfmt has
 * formatted at width 100 (home-manager), MICROVM_EMIT_NIXFMT the folder of nixfmt's sources with its own tests.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { format, parse, print, showParseError } from "../src/index.js";

const folders = (process.env["MICROVM_EMIT_CORPUS"] ?? "").split(delimiter).filter((folder) => folder !== "");
const nixfmt = process.env["MICROVM_EMIT_NIXFMT"];

const nixFiles = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".nix"))
    .map((entry) => join(entry.parentPath, entry.name));

const formatted = (text: string, width = 100): string => {
  const result = format(text, { width });
  if (result._tag === "Left") throw new Error(showParseError(result.left));
  return result.right;
};

if (folders.length === 0) it.skip("files of others: name folders of them in MICROVM_EMIT_CORPUS");
describe.each(folders)("%s", (folder) => {
  const files = nixFiles(folder);

  it("is left as it is, 99.5 % of its files at least", () => {
    const changed = files.filter((file) => formatted(readFileSync(file, "utf8")) !== readFileSync(file, "utf8"));
    console.log(`${folder}: ${String(files.length - changed.length)} of ${String(files.length)} files unchanged`);
    expect(changed.length / files.length, changed.slice(0, 20).join("\n")).toBeLessThanOrEqual(0.005);
  });

  it("prints the same once read back, and keeps its comments, at any width", () => {
    for (const file of files) {
      const text = readFileSync(file, "utf8");
      const comments = (source: string): number => source.match(/#/g)?.length ?? 0;
      const tree = parse(text);
      if (tree._tag === "Left") throw new Error(showParseError(tree.left, file));
      expect(comments(print(tree.right, { width: 60 })), file).toBeGreaterThanOrEqual(comments(text));
      const once = formatted(text);
      expect(formatted(once), file).toBe(once);
    }
  });
});

if (nixfmt === undefined) it.skip("nixfmt's own tests: name the folder of its sources in MICROVM_EMIT_NIXFMT");
describe.skipIf(nixfmt === undefined)("nixfmt's own tests, at their width of 80", () => {
  const tests = join(nixfmt ?? "", "test");
  const names = (kind: string): readonly string[] =>
    existsSync(join(tests, kind)) ? readdirSync(join(tests, kind)) : [];

  it.each(names("correct"))("correct/%s is left as it is", (name) => {
    const text = readFileSync(join(tests, "correct", name), "utf8");
    expect(formatted(text, 80)).toBe(text);
  });
  it.each(names("diff"))("diff/%s is changed as it should be", (name) => {
    const text = (file: string): string => readFileSync(join(tests, "diff", name, file), "utf8");
    expect(formatted(text("in.nix"), 80)).toBe(text("out.nix"));
    expect(formatted(text("out.nix"), 80)).toBe(text("out.nix"));
  });
  it.each(names("invalid"))("invalid/%s is refused", (name) => {
    expect(format(readFileSync(join(tests, "invalid", name), "utf8"))._tag).toBe("Left");
  });
});
