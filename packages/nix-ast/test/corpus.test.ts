/**
 * Tests the parser and formatter with files of other projects. MICROVM_EMIT_CORPUS contains folders of Nix files that
 * nixfmt formatted at width 100 (home-manager), MICROVM_EMIT_NIXFMT the source folder of nixfmt with its tests.
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

if (folders.length === 0) it.skip("files of other projects: set MICROVM_EMIT_CORPUS to their folders");
describe.each(folders)("%s", (folder) => {
  const files = nixFiles(folder);

  it("at least 99.5 % of the files are unchanged", () => {
    const changed = files.filter((file) => formatted(readFileSync(file, "utf8")) !== readFileSync(file, "utf8"));
    console.log(`${folder}: ${String(files.length - changed.length)} of ${String(files.length)} files unchanged`);
    expect(changed.length / files.length, changed.slice(0, 20).join("\n")).toBeLessThanOrEqual(0.005);
  });

  it("formatting is idempotent and keeps comments at any width", () => {
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

if (nixfmt === undefined) it.skip("tests of nixfmt: set MICROVM_EMIT_NIXFMT to its source folder");
describe.skipIf(nixfmt === undefined)("tests of nixfmt, at its width of 80", () => {
  const tests = join(nixfmt ?? "", "test");
  const names = (kind: string): readonly string[] =>
    existsSync(join(tests, kind)) ? readdirSync(join(tests, kind)) : [];

  it.each(names("correct"))("correct/%s is unchanged", (name) => {
    const text = readFileSync(join(tests, "correct", name), "utf8");
    expect(formatted(text, 80)).toBe(text);
  });
  it.each(names("diff"))("diff/%s is formatted as expected", (name) => {
    const text = (file: string): string => readFileSync(join(tests, "diff", name, file), "utf8");
    expect(formatted(text("in.nix"), 80)).toBe(text("out.nix"));
    expect(formatted(text("out.nix"), 80)).toBe(text("out.nix"));
  });
  it.each(names("invalid"))("invalid/%s is rejected", (name) => {
    expect(format(readFileSync(join(tests, "invalid", name), "utf8"))._tag).toBe("Left");
  });
});
