/**
 * Measures parsing and printing of a folder of Nix files: against other npm packages, as ratios to JSON.parse and
 * JSON.stringify of the same trees, and our speed by size:
 *
 *     npx jiti bench/parse.ts FOLDER
 *
 * Needs a build. Without FOLDER it uses MICROVM_EMIT_CORPUS. Each file is parsed separately. The parsers do different
 * work: ours creates plain objects with values, comments and positions; tree-sitter (its WebAssembly) and Lezer create
 * compact trees of tokens. nijs has no parser and prints only data, so it prints the JSON of our trees as Nix.
 */
import { type Expr, parse, print, toNix } from "@microvm-emit/nix-ast";
import { parser as lezer } from "@replit/codemirror-lang-nix";
import nijs from "nijs";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Language, Parser as TreeSitter, type Tree } from "web-tree-sitter";

const rounds = 7;
/** Sizes in MB, with the number of measurements. */
const sizes = [
  [1, 21],
  [10, 5],
  [100, 3],
] as const;

const megabytes = (text: string): number => Buffer.byteLength(text) / 1e6;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const nixFilesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".nix") && !entry.parentPath.includes("node_modules"))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));

const folder = process.argv[2] ?? process.env["MICROVM_EMIT_CORPUS"];
if (folder === undefined) {
  console.log("**NO FOLDER WAS GIVEN: what follows measures our own examples and test fixtures alone,**");
  console.log("**a few small files written for this project. Name a folder of Nix files to learn anything.**\n");
}
const ownFolders = ["examples", "packages/nix-ast/test/fixtures"].map((path) =>
  fileURLToPath(new URL(`../${path}`, import.meta.url)),
);
const texts = (folder === undefined ? ownFolders : [folder]).flatMap(nixFilesBelow);
if (texts.length === 0) throw new Error(`no .nix file below ${String(folder)}`);
const textMB = sum(texts.map(megabytes));

const parsed = texts.map((text) => parse(text));
type Parsed = ReturnType<typeof parse>;
const isTree = (result: Parsed): result is Extract<Parsed, { _tag: "Right" }> => result._tag === "Right";
const trees = parsed.filter(isTree).map(({ right }) => right);

/** The trees as JSON: integers as strings, without marks. */
const json = JSON.stringify(trees, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
const data = JSON.parse(json) as object[];

const require = createRequire(import.meta.url);
await TreeSitter.init();
const treeSitter = new TreeSitter();
treeSitter.setLanguage(await Language.load(require.resolve("@cursorless/tree-sitter-wasms/out/tree-sitter-nix.wasm")));

const withTree = <T>(text: string, use: (tree: Tree) => T): T => {
  const tree = treeSitter.parse(text);
  if (tree === null) throw new Error("tree-sitter gave up");
  try {
    return use(tree);
  } finally {
    tree.delete();
  }
};

const lezerFails = (text: string): boolean => {
  let found = false;
  lezer.parse(text).iterate({
    enter: ({ type }) => {
      found ||= type.isError;
    },
  });
  return found;
};

/** The value of an expression that contains only data. */
const dataOf = (expr: Expr): unknown => {
  switch (expr.kind) {
    case "list":
      return expr.items.map(dataOf);
    case "attrs":
      return Object.fromEntries(
        expr.bindings.map((binding) => {
          if (binding.kind === "inherit" || binding.path.length > 1) throw new Error("not data");
          const [name] = binding.path;
          if (typeof name !== "string" && name.kind !== "name") throw new Error("not data");
          return [typeof name === "string" ? name : name.name, dataOf(binding.value)];
        }),
      );
    case "str":
    case "indentedStr":
      return expr.parts.map((part) => (typeof part === "string" ? part : "${…}")).join("");
    case "int":
      return Number(expr.value);
    case "float":
      return expr.value;
    case "ident":
      if (expr.name === "true" || expr.name === "false") return expr.name === "true";
      if (expr.name === "null") return null;
      throw new Error("not data");
    default:
      throw new Error("not data");
  }
};

/** True if the text does not evaluate to the data. */
const misprints = (text: string, datum: object): boolean => {
  const result = parse(text);
  if (!isTree(result)) return true;
  try {
    return JSON.stringify(dataOf(result.right)) !== JSON.stringify(datum);
  } catch {
    return true;
  }
};

interface Contender {
  readonly name: string;
  readonly rival: "JSON.parse" | "JSON.stringify";
  /** Processes the whole folder. */
  readonly run: () => unknown;
  /** Number of files with a wrong result, and the meaning of wrong here. */
  readonly errors: () => readonly [count: number, meaning: string] | undefined;
}

const contenders: readonly Contender[] = [
  { name: "JSON.parse", rival: "JSON.parse", run: () => JSON.parse(json) as unknown, errors: () => undefined },
  {
    name: "nix-ast: parse",
    rival: "JSON.parse",
    run: () => texts.map((text) => parse(text)),
    errors: () => [texts.length - trees.length, "do not parse"],
  },
  {
    name: "@replit/codemirror-lang-nix",
    rival: "JSON.parse",
    run: () => texts.map((text) => lezer.parse(text)),
    errors: () => [texts.filter(lezerFails).length, "have an error node"],
  },
  {
    name: "tree-sitter-nix (WebAssembly)",
    rival: "JSON.parse",
    run: () => texts.map((text) => withTree(text, (tree) => tree.rootNode.endIndex)),
    errors: () => [
      texts.filter((text) => withTree(text, (tree) => tree.rootNode.hasError)).length,
      "have an error node",
    ],
  },
  { name: "JSON.stringify", rival: "JSON.stringify", run: () => JSON.stringify(data), errors: () => undefined },
  {
    name: "nix-ast: print",
    rival: "JSON.stringify",
    run: () => trees.map((tree) => print(tree)),
    errors: () => [
      trees.filter((tree) => {
        const text = print(tree);
        const again = parse(text);
        return !isTree(again) || print(again.right) !== text;
      }).length,
      "print differently once parsed again",
    ],
  },
  {
    name: "nix-ast: print, JSON as Nix",
    rival: "JSON.stringify",
    run: () => data.map((datum) => print(toNix(datum))),
    errors: () => [data.filter((datum) => misprints(print(toNix(datum)), datum)).length, "come out as other data"],
  },
  {
    name: "nijs: jsToNix, JSON as Nix",
    rival: "JSON.stringify",
    run: () => data.map((datum) => nijs.jsToNix(datum, true)),
    errors: () => [
      data.filter((datum) => misprints(nijs.jsToNix(datum, true), datum)).length,
      "come out as other data",
    ],
  },
];

const time = (run: () => unknown): number => {
  const start = performance.now();
  run();
  return performance.now() - start;
};

/** Median milliseconds of each, run in turns so that other load affects all alike. */
const race = (runs: readonly (() => unknown)[], times: number, warmUp = 0): number[] => {
  const taken = runs.map((): number[] => []);
  for (let round = -warmUp; round < times; round++) {
    runs.forEach((run, index) => {
      const milliseconds = time(run);
      if (round >= 0) taken[index]?.push(milliseconds);
    });
  }
  return taken.map(median);
};

const table = (head: readonly string[], rows: readonly (readonly string[])[]): void => {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  console.log([line(head), line(head.map((_, index) => (index === 0 ? "---" : "--:"))), ...rows.map(line)].join("\n"));
};

console.log(
  `${String(texts.length)} files, ${textMB.toFixed(1)} MB of Nix, ${megabytes(json).toFixed(1)} MB as JSON; median of ${String(rounds)}; MB/s are of the Nix.\n`,
);
const taken = race(
  contenders.map(({ run }) => run),
  rounds,
  2,
);
const timeOf = (name: string): number => taken[contenders.findIndex((contender) => contender.name === name)] ?? NaN;
table(
  ["", "MB/s", "time, × JSON", "files in error", "%"],
  contenders.map(({ name, rival, errors }) => {
    const counted = errors();
    return [
      name,
      ((1e3 * textMB) / timeOf(name)).toFixed(1),
      `${(timeOf(name) / timeOf(rival)).toFixed(1)} × ${rival}`,
      counted === undefined ? "" : `${String(counted[0])} ${counted[1]}`,
      counted === undefined ? "" : ((100 * counted[0]) / texts.length).toFixed(1),
    ];
  }),
);

/** Repeats the files as elements of one list until it has the size. */
const listOf = (size: number): string => {
  const items: string[] = [];
  for (let total = 0, index = 0; total < size; index++) {
    const item = `(\n${texts[index % texts.length] ?? ""}\n)\n`;
    items.push(item);
    total += megabytes(item);
  }
  return `[\n${items.join("")}]\n`;
};
const treeOf = (text: string): Expr => {
  const result = parse(text);
  if (!isTree(result)) throw new Error("a list of the files does not parse");
  return result.right;
};

console.log("\nOne list of the files by size:\n");
table(
  ["MB", "parse, MB/s", "print, MB/s"],
  sizes.map(([size, times]) => {
    const text = listOf(size);
    const speed = ([milliseconds = NaN]: readonly number[]): string =>
      ((1e3 * megabytes(text)) / milliseconds).toFixed(1);
    let tree = treeOf(text);
    const parsing = speed(race([() => (tree = treeOf(text))], times));
    const printing = speed(race([() => print(tree)], times));
    return [megabytes(text).toFixed(1), parsing, printing];
  }),
);

const parseRatio = timeOf("nix-ast: parse") / timeOf("JSON.parse");
const printRatio = timeOf("nix-ast: print") / timeOf("JSON.stringify");
console.log(
  `\nparse takes ${parseRatio.toFixed(1)} × JSON.parse (at most 8 wanted), print ${printRatio.toFixed(1)} × JSON.stringify (at most 6 wanted)`,
);
if (folder !== undefined && !(parseRatio <= 8 && printRatio <= 6)) process.exitCode = 1;
