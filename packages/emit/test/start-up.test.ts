/** Counts the bytes that Node parses before a command runs; CPU time is in bench/start-up.ts. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const entry = fileURLToPath(new URL("../dist/bin/microvm-emit.js", import.meta.url));

/** The file and all files that it imports statically. */
const loadedBy = (file: string, seen = new Map<string, string>()): ReadonlyMap<string, string> => {
  if (seen.has(file)) return seen;
  const text = readFileSync(file, "utf8");
  seen.set(file, text);
  for (const [, path = ""] of text.matchAll(/(?:from|import)\s*["`'](\.\/[^"`']+\.js)["`']/g))
    loadedBy(join(dirname(file), path), seen);
  return seen;
};

it("the command line is parsed without the model", () => {
  const main = readFileSync(entry, "utf8");
  const [, terminal] = /import\(\s*["`'](\.\/[^"`']*terminal[^"`']*)["`']\s*\)/.exec(main) ?? [];
  const files = loadedBy(join(dirname(entry), terminal ?? ""));
  expect(files.size).toBeGreaterThan(1);
  expect([...files.keys()].filter((file) => /schemas|plan-file/.test(file))).toEqual([]);
  const bytes = [...files.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  expect(bytes).toBeLessThan(150_000);
});
