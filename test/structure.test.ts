/**
 * Tests the structure of the sources: no import circles between files of a package, and imports between folders only as
 * in a table. Type imports count too, because readers follow them as well.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

type Arrows = Readonly<Record<string, readonly string[]>>;

/** The folders of each package, `.` for files beside them, and the folders that each may import. */
const rooms: Readonly<Record<string, Arrows>> = {
  "nix-ast": {
    ".": ["edit", "parse", "print"],
    parse: ["."],
    print: ["."],
    edit: [".", "parse", "print"],
    scopes: ["."],
  },
  "microvm-model": {
    common: [],
    problems: ["common"],
    scalars: ["common"],
    catalogue: ["common", "scalars"],
    config: ["catalogue", "common", "problems", "scalars"],
    compose: ["catalogue", "common", "config", "problems"],
    validate: ["catalogue", "common", "compose", "config", "problems", "scalars"],
    plan: ["catalogue", "config", "problems", "scalars"],
    resolve: ["catalogue", "common", "config", "plan", "problems", "scalars"],
    rules: ["catalogue", "common", "compose", "config", "plan", "problems", "resolve", "scalars"],
    ".": ["catalogue", "common", "compose", "config", "plan", "problems", "resolve", "rules", "scalars", "validate"],
  },
  emit: {
    ".": ["check", "compare", "compile", "config-file", "output", "report", "stages"],
    stages: [".", "check", "config-file", "config-file/locate", "output", "report"],
    compile: [".", "compile/flake", "compile/host"],
    "compile/flake": [".", "compile"],
    "compile/guest": [".", "compile"],
    "compile/host": [".", "compile", "compile/flake", "compile/guest"],
    report: ["compile/flake", "report/failures"],
    "report/failures": ["report"],
    compare: [".", "report"],
    graph: ["report"],
    fs: ["report"],
    "config-file": [".", "compile", "config-file/locate", "fs", "output", "report"],
    "config-file/locate": ["config-file", "fs", "report"],
    "config-file/edit": ["config-file", "config-file/locate", "fs", "output", "report"],
    output: [".", "fs", "report"],
    check: [".", "compile", "compile/flake", "config-file", "config-file/locate", "fs", "report"],
    vm: ["config-file", "fs", "report"],
    git: ["report", "vm"],
    mcp: [],
    adopt: [".", "check", "config-file", "fs", "init", "report"],
    init: ["cli", "cli/commands", "config-file", "fs", "report"],
    cli: [
      ".",
      "adopt",
      "check",
      "cli/commands",
      "compare",
      "compile",
      "compile/flake",
      "config-file",
      "config-file/edit",
      "fs",
      "git",
      "graph",
      "output",
      "report",
      "vm",
    ],
    "cli/commands": [
      ".",
      "adopt",
      "check",
      "cli",
      "compare",
      "config-file",
      "fs",
      "git",
      "graph",
      "init",
      "mcp",
      "output",
      "report",
      "vm",
    ],
  },
};

const packages = new URL("../packages/", import.meta.url).pathname;

/** The files of a package by their path below src, each with the files of the same package that it imports. */
const importsOf = (name: string): ReadonlyMap<string, readonly string[]> => {
  const src = join(packages, name, "src");
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(join(src, file), "utf8"), true, true);
      const targets = importedFiles
        .filter(({ fileName }) => fileName.startsWith("."))
        .map(({ fileName }) => posix.join(dirname(file), fileName).replace(/\.js$/, ".ts"));
      return [file, targets.filter((target) => known.has(target))];
    }),
  );
};

/** The strongly connected components with more than one node (Tarjan), each and all sorted. */
const circlesIn = (graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] => {
  const circles: string[][] = [];
  const order = new Map<string, number>();
  const open: string[] = [];
  const visit = (node: string): number => {
    const number = order.size;
    order.set(node, number);
    open.push(node);
    let low = number;
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (open.includes(next)) low = Math.min(low, order.get(next) ?? low);
    }
    if (low === number) {
      const circle = open.splice(open.indexOf(node));
      if (circle.length > 1 || graph.get(node)?.includes(node) === true) circles.push(circle.sort());
    }
    return low;
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return circles.sort();
};

/** One way around a circle, as `a.ts → b.ts → a.ts`. */
const wayAround = (
  graph: ReadonlyMap<string, readonly string[]>,
  [start = "", ...others]: readonly string[],
): string => {
  const inside = new Set([start, ...others]);
  const ways = [[start]];
  for (const way of ways) {
    for (const next of graph.get(way.at(-1) ?? "") ?? []) {
      if (next === start) return [...way, start].join(" → ");
      if (inside.has(next) && inside.delete(next)) ways.push([...way, next]);
    }
  }
  return start;
};

const roomOf = (file: string): string => dirname(file);

/** Each arrow between folders, with a file that needs it. */
const arrowsOf = (graph: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, string> =>
  new Map(
    [...graph].flatMap(([file, targets]) =>
      targets
        .filter((target) => roomOf(target) !== roomOf(file))
        .map((target) => [`${roomOf(file)} → ${roomOf(target)}`, `${file} → ${target}`] as const),
    ),
  );

describe.each(Object.entries(rooms))("packages/%s", (name, table) => {
  const graph = importsOf(name);
  const arrows = arrowsOf(graph);
  const allowed = Object.entries(table).flatMap(([from, targets]) => targets.map((to) => `${from} → ${to}`));

  it("imports without circles", () => {
    expect(graph.size).toBeGreaterThan(10);
    expect(circlesIn(graph).map((circle) => wayAround(graph, circle))).toEqual([]);
  });

  it("has only folders of the table", () => {
    expect([...new Set([...graph.keys()].map(roomOf))].sort()).toEqual(Object.keys(table).sort());
  });

  it("imports only along the arrows of the table", () => {
    expect([...arrows].filter(([arrow]) => !allowed.includes(arrow)).map(([, files]) => files)).toEqual([]);
  });

  it("needs each arrow of the table", () => {
    expect(allowed.filter((arrow) => !arrows.has(arrow))).toEqual([]);
  });
});

it("layers the folders of the model", () => {
  const layers = new Map(Object.entries(rooms["microvm-model"] ?? {}));
  expect(circlesIn(layers)).toEqual([]);
});

it("finds a circle and names it", () => {
  const graph = new Map([
    ["a", ["b"]],
    ["b", ["c", "d"]],
    ["c", ["a"]],
    ["d", []],
  ]);
  expect(circlesIn(graph)).toEqual([["a", "b", "c"]]);
  expect(wayAround(graph, ["a", "b", "c"])).toBe("a → b → c → a");
});
