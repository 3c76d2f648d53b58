/** Tables of the docs have the values of the code. */
import { readFileSync } from "node:fs";
import { destinations, gitHosts, privateRangeRows } from "@microvm-emit/model";
import * as library from "microvm-emit";
import { describe, expect, it } from "vitest";
import { privateRangesFile, privateRangesJson } from "../scripts/private-ranges.js";

const read = (name: string): string => readFileSync(new URL(`../docs/${name}`, import.meta.url), "utf8");
const docs = { agents: read("agents.md"), toolchains: read("toolchains.md") };

/** The rows of the document's tables that begin with a name in backticks, without that name. */
const tableRowsOf = (text: string, name: string): readonly (readonly string[])[] =>
  text
    .split("\n")
    .filter((line) => line.startsWith(`| \`${name}\` `))
    .map((line) =>
      line
        .split("|")
        .slice(2, -1)
        .map((cell) => cell.trim()),
    );

/** All that the document's tables say of a name in backticks, cell by cell. */
const cellsOf = (text: string, name: string): readonly string[] => tableRowsOf(text, name).flat();

/** Values in backticks, as a list in a cell has them. */
const quoted = (values: readonly string[]): string => values.map((value) => `\`${value}\``).join(", ");

describe("docs/agents.md", () => {
  const rows: readonly (readonly [string, library.Agent])[] = Object.entries(library.agents);

  const functionOf = (name: string): string => name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());

  it.each(rows)("has the row of %s in all its tables", (name, { unfree, releases, state, facts, ...row }) => {
    const domains = row.domains ?? [];
    const until = releases?.until;
    expect(tableRowsOf(docs.agents, name)).toEqual([
      [
        `\`${functionOf(name)}\``,
        `\`${row.package as string}\``,
        unfree === false ? "" : "yes",
        until === undefined ? `since ${String(releases?.since)}` : `${String(releases?.since)} to ${until}`,
        `\`${row.command}\``,
      ],
      [
        `\`${String(state?.directory)}\``,
        `\`${String(state?.variable ?? state?.mountPoint)}\``,
        quoted(Object.keys(state?.links ?? {})),
      ],
      [domains.length === 0 ? "the provider's" : quoted(domains), quoted(row.apiKeyVariables ?? [])],
      [facts?.date, facts?.package, facts?.rest],
    ]);
  });

  it("has no row of an agent that is gone", () => {
    const [, names = ""] = /## Known by name\n([^]*?)\n- /.exec(docs.agents) ?? [];
    const known = [...names.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);
    expect(known).toEqual(Object.keys(library.agents));
  });

  it.each(rows)("has a function %s that is exported", (name, row) => {
    const exported = library as unknown as Readonly<Record<string, () => library.Agent>>;
    expect(exported[functionOf(name)]?.()).toEqual(row);
  });
});

describe("docs/toolchains.md", () => {
  const rows: readonly (readonly [string, library.Toolchain])[] = Object.entries(library.toolchains);

  it.each(rows)("says of %s what its row says", (name, row) => {
    const cells = cellsOf(docs.toolchains, name);
    const variables = Object.entries(row.environment ?? {}).map(([variable, value]) => `${variable}=${value}`);
    for (const values of [row.packages as readonly string[], variables, row.searchPath ?? [], row.caches ?? []])
      expect(cells).toContain(quoted(values));
    expect(cells.some((cell) => cell.startsWith(quoted(row.domains ?? [])))).toBe(true);
  });
});

describe("docs/isolation.md", () => {
  it.each([...Object.keys(gitHosts), "nix"])("has the domains of the preset %s", (word) => {
    expect(cellsOf(read("isolation.md"), word)).toContain(quoted(destinations[word] ?? []));
  });

  it("lists the private ranges of rules and resolver", () => {
    const rows = [...read("isolation.md").matchAll(/^\| `([0-9a-f.:]+\/\d+)` +\| (.+?) +\| (.+?) +\|$/gm)];
    const expected = [...privateRangeRows[4], ...privateRangeRows[6]];
    expect(rows.map(([, range, use, source]) => ({ range, use, source }))).toEqual(expected);
  });

  it("lists the private ranges of the library (`npm run schema` writes them there)", () => {
    expect(JSON.parse(readFileSync(privateRangesFile, "utf8"))).toEqual(privateRangesJson());
  });

  it.each([
    ["npm", "node"],
    ["pypi", "python"],
    ["golang", "go"],
    ["crates", "rust"],
  ])("has the preset %s with the domains of %s", (word, toolchain) => {
    expect(cellsOf(read("isolation.md"), word)).toContain(`those of \`${toolchain}\``);
    expect(destinations[word]).toEqual(destinations[toolchain]);
  });
});
