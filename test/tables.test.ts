/** Generated files equal their sources. */
import { readFileSync } from "node:fs";
import { destinations, gitHosts } from "@microvm-emit/model/internal";
import * as library from "microvm-emit";
import { describe, expect, it } from "vitest";
import { resolverPort } from "../packages/microvm-model/src/rules/duplicate-host-port.js";
import { presets } from "../packages/microvm-model/src/catalogue/presets.js";
import { camelCase } from "../packages/microvm-model/src/common/camel-case.js";
import { generatedFiles } from "../scripts/generate.js";

const read = (name: string): string => readFileSync(new URL(`../docs/${name}`, import.meta.url), "utf8");

it("generated files are up to date (`npm run generate` writes them)", async () => {
  const files = await generatedFiles();
  expect(files.size).toBeGreaterThanOrEqual(7);
  for (const [path, text] of files) expect(readFileSync(path, "utf8"), path).toBe(text);
});

describe("a table of the docs", () => {
  const tables = { agents: library.agents, toolchains: library.toolchains, isolation: presets };

  it.each(Object.entries(tables))("of %s.md has exactly the rows of the catalogue", (page, rows) => {
    const [first = ""] = /^\| (?:name|preset) [^]*?\n(?!\|)/m.exec(read(`${page}.md`)) ?? [];
    expect([...first.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name)).toEqual(Object.keys(rows));
  });
});

describe("a known agent", () => {
  const functions = library as unknown as Readonly<Record<string, () => library.Agent>>;
  const rows = Object.entries(library.agents);

  it.each(rows)("%s has a function that is exported", (name, row) => {
    expect(functions[camelCase(name)]?.()).toEqual(row);
  });
});

describe("a preset", () => {
  it.each(Object.entries(presets))("%s opens domains", (name, of) => {
    expect(destinations[name]).toEqual(typeof of === "string" ? destinations[of] : of);
    expect(destinations[name]?.length).toBeGreaterThan(0);
  });

  it("exists for each Git host with a known key in guests", () => {
    expect(Object.keys(presets)).toEqual(expect.arrayContaining(Object.keys(gitHosts)));
  });
});

it("the port of the resolver in rules is the one of the library", () => {
  const facts = readFileSync(new URL("../packages/emit/nix/policy/facts.nix", import.meta.url), "utf8");
  expect(facts).toContain(`resolverPort = ${String(resolverPort)};`);
});
