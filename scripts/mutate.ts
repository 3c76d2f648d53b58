/**
 * Measures the tests: changes one place of the source at a time, runs the tests of its area, and lists the changes that
 * no test detects.
 *
 *   npx jiti scripts/mutate.ts AREA [COUNT] [SEED]
 *
 * It works on a copy of HEAD in the temporary directory. `npm test` does not run it: each mutation takes as long as the
 * tests of its area.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";

interface Area {
  /** Pathspecs of git. */
  readonly sources: readonly string[];
  /** Prefixes of test files to run, in this order: quick ones first. */
  readonly tests: readonly string[];
  /** True if the tests start the command, which must be built for each mutation. */
  readonly usesCommand?: boolean;
  /** The mutations to try; by default those of TypeScript. */
  readonly mutate?: (text: string) => readonly Mutation[];
}

/** A replacement of text. */
interface Mutation {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

// TypeScript

const SWAPPED_OPERATORS: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [ts.SyntaxKind.LessThanToken]: "<=",
  [ts.SyntaxKind.LessThanEqualsToken]: "<",
  [ts.SyntaxKind.GreaterThanToken]: ">=",
  [ts.SyntaxKind.GreaterThanEqualsToken]: ">",
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: "!==",
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: "===",
  [ts.SyntaxKind.AmpersandAmpersandToken]: "||",
  [ts.SyntaxKind.BarBarToken]: "&&",
  [ts.SyntaxKind.PlusToken]: "-",
  [ts.SyntaxKind.MinusToken]: "+",
};

const SWAPPED_METHODS: Readonly<Record<string, string>> = { some: "every", every: "some", startsWith: "endsWith" };
const DROPPED_METHODS: ReadonlySet<string> = new Set(["filter", "slice", "sort", "toSorted", "trim", "reverse"]);

/** Mutations of the node itself, without its children. */
const mutationsOfNode = (node: ts.Node): readonly Mutation[] => {
  const at = (place: ts.Node, text: string): Mutation => ({ start: place.getStart(), end: place.end, text });
  if (ts.isBinaryExpression(node)) {
    const swapped = SWAPPED_OPERATORS[node.operatorToken.kind];
    return swapped === undefined ? [] : [at(node.operatorToken, swapped)];
  }
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    return [at(node, node.operand.getText())];
  if (ts.isConditionalExpression(node))
    return [at(node.whenTrue, node.whenFalse.getText()), at(node.whenFalse, node.whenTrue.getText())];
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [at(node, "false")];
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [at(node, "true")];
  if (ts.isNumericLiteral(node)) return [at(node, `(${node.text} + 1)`)];
  // Tests do not check prose.
  if (ts.isStringLiteral(node) && /^[\w./:@-]+$/.test(node.text) && !ts.isImportDeclaration(node.parent))
    return [at(node, JSON.stringify(`${node.text}x`))];
  if (ts.isArrayLiteralExpression(node))
    return node.elements.map((element) => at(element, ts.isSpreadElement(element) ? "...[]" : "...[] as never[]"));
  if (ts.isExpressionStatement(node)) return [at(node, ";")];
  if (ts.isIfStatement(node) && node.elseStatement === undefined) return [at(node.expression, "false")];
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { name, expression } = node.expression;
    const swapped = SWAPPED_METHODS[name.text];
    if (swapped !== undefined) return [at(name, swapped)];
    if (DROPPED_METHODS.has(name.text)) return [at(node, expression.getText())];
  }
  return [];
};

const isType = (node: ts.Node): boolean =>
  ts.isTypeNode(node) ||
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node) ||
  ts.isImportDeclaration(node);

const mutationsOfTypeScript = (text: string): readonly Mutation[] => {
  const found: Mutation[] = [];
  const visit = (node: ts.Node): void => {
    if (isType(node)) return;
    found.push(...mutationsOfNode(node));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("source.ts", text, ts.ScriptTarget.ESNext, true));
  return found;
};

// For other languages: deletes a line or swaps a word.

const SWAPPED_WORDS: readonly (readonly [RegExp, string])[] = [
  [/\blib\.all\b/g, "lib.any"],
  [/\blib\.any\b/g, "lib.all"],
  [/&&/g, "||"],
  [/\|\|/g, "&&"],
  [/(?<![=!<>])==(?!=)/g, "!="],
  [/!=/g, "=="],
  [/\btrue\b/g, "false"],
  [/\bfalse\b/g, "true"],
  [/\bTrue\b/g, "False"],
  [/\bFalse\b/g, "True"],
  [/ < /g, " <= "],
  [/ > /g, " >= "],
  [/ <= /g, " < "],
  [/ >= /g, " > "],
  [/\band\b(?= )/g, "or"],
  [/\bnot /g, ""],
  [/\breturn (?!None)/g, "return None and "],
];

const mutationsOfLines =
  (wholeLine: RegExp, comment: string) =>
  (text: string): readonly Mutation[] => {
    const found: Mutation[] = [];
    let start = 0;
    for (const line of text.split("\n")) {
      if (line.trim() !== "" && !line.trim().startsWith(comment)) {
        if (wholeLine.test(line)) found.push({ start, end: start + line.length, text: "" });
        const code = line.replace(/ {2}# .*/, "");
        for (const [word, other] of SWAPPED_WORDS)
          for (const { index, 0: matched } of code.matchAll(word))
            found.push({ start: start + index, end: start + index + matched.length, text: other });
      }
      start += line.length + 1;
    }
    return found;
  };

/** Mutations of Nix: a binding or a rule of nftables on one line, except texts for readers. */
const mutationsOfNix = mutationsOfLines(
  /^\s+(?!description|example|message)([\w".${}-]+ = .*;|(?!.*[{}]$)\w+ .* (drop|accept|return|continue)( comment.*)?)$/,
  "#",
);

const testsOf = (folder: string, ...names: readonly string[]): readonly string[] =>
  names.map((name) => `${folder}/${name}.test`);

const MODEL = "packages/microvm-model/test";
const TESTS_OF_RULES: readonly string[] = [
  ...testsOf(MODEL, "problems", "policy"),
  "test/problems-pages.test",
  ...testsOf(MODEL, "dangerous-folders", "broken-ssh-key", "nixpkgs-release", "silence", "hypervisor"),
];

/** Without inputs.test, which tests the stand-ins, and rig.test, which needs real inputs. */
const TESTS_OF_NIX: readonly string[] = testsOf(
  "test/nix",
  ...["library", "units", "networks", "vm-state", "configs", "storage", "guest", "hosts", "host-user", "secrets"],
  ...["names", "classes", "agents", "vm-conflicts", "midna"],
);

const AREAS: Readonly<Record<string, Area>> = {
  rules: { sources: ["packages/microvm-model/src/rules/*.ts"], tests: TESTS_OF_RULES },
  resolve: {
    sources: [
      "packages/microvm-model/src/plan",
      "packages/microvm-model/src/resolve",
      "packages/microvm-model/src/validate",
      "packages/microvm-model/src/scalars",
    ],
    tests: [
      ...TESTS_OF_RULES,
      ...testsOf(MODEL, "guests", "vm-defaults", "tables", "extend", "plan"),
      ...testsOf("test", "schema", "coverage", "golden/examples"),
    ],
  },
  compile: {
    sources: ["packages/emit/src/compile/*.ts", "packages/emit/src/compile/*/*.ts", ":!*.generated.ts"],
    // Without test/golden, which fails on any change of text.
    tests: [...testsOf("packages/emit/test", "policy", "guests", "pipeline"), "test/coverage.test", ...TESTS_OF_NIX],
    usesCommand: true,
  },
  library: {
    sources: ["packages/emit/nix/*.nix", ":!packages/emit/nix/policy/rules.nix"],
    tests: TESTS_OF_NIX,
    usesCommand: true,
    mutate: mutationsOfNix,
  },
  policy: {
    sources: ["packages/emit/nix/policy/rules.nix"],
    tests: ["test/nix/networks", "test/lab/policy.test", "test/lab/policy-"],
    usesCommand: true,
    mutate: mutationsOfNix,
  },
  resolver: {
    sources: ["packages/emit/nix/resolver/*.py"],
    tests: ["test/programs", "test/lab/resolver"],
    usesCommand: true,
    mutate: mutationsOfLines(/^\s+[\w.]+\(.*\)$|^\s+[\w.]+ = .*$/, "#"),
  },
  write: {
    sources: [
      "packages/emit/src/output/write.ts",
      "packages/emit/src/output/transaction.ts",
      "packages/emit/src/output/manifest.ts",
      "packages/emit/src/config-file/lock-file.ts",
    ],
    tests: testsOf(
      "packages/emit/test",
      "write/write",
      "lock-file",
      "write/atomic",
      "merge",
      "cli/emit",
      "cli/bad-input",
    ),
    usesCommand: true,
  },
  "nix-ast": {
    sources: ["packages/nix-ast/src"],
    tests: testsOf(
      "packages/nix-ast/test",
      ...["format", "build", "edit/attributes", "edit/flake", "edit/flakes", "edit/laws", "template", "source-map"],
      ...["operators", "layout", "laws", "values", "parse"],
    ),
  },
};

/** Mutations that change nothing observable, by the original text, with the reason. */
const EQUIVALENT: Readonly<Record<string, readonly (readonly [text: string, because: string])[]>> = {
  "packages/emit/nix/policy/options.nix": [['          to = "192.168.1.10";', "part of an example"]],
  "packages/microvm-model/src/rules/shared-across-policies.ts": [
    ["all.filter(({ share }) => !share.readOnly)", "a folder without a writer has nothing to tell: this saves work"],
  ],
};

const [name = "", count = "20", seed = String(Date.now() % 100_000)] = process.argv.slice(2);
const area = AREAS[name];
if (area === undefined) throw new Error(`Name an area: ${Object.keys(AREAS).join(", ")}`);
const { sources, tests, usesCommand = false, mutate = mutationsOfTypeScript } = area;

/** Pseudorandom numbers from 0 to 1 (mulberry32). */
const random = ((state: number) => (): number => {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
})(Number(seed));

/** One process that loads the sources once and stops at the first failure. */
const configOfVitest = (order: readonly string[], withCommand: boolean): string => `
  import { mergeConfig } from "vitest/config";
  import { BaseSequencer } from "vitest/node";
  import project from "./vitest.config.js";

  const order = ${JSON.stringify(order)};
  const rank = ({ moduleId }) => order.findIndex((beginning) => moduleId.includes(beginning));
  class InOrder extends BaseSequencer {
    sort(files) {
      return files.toSorted((a, b) => rank(a) - rank(b));
    }
  }
  const config = mergeConfig(project, {
    test: {
      bail: 1,
      // The harness for Nix removes its folder after the first file that imports it.
      isolate: ${String(withCommand)},
      maxWorkers: 1,
      sequence: { sequencer: InOrder },
      experimental: { fsModuleCache: true },
    },
  });
  if (!${String(withCommand)}) config.test.globalSetup = [];
  export default config;
`;

const project = join(import.meta.dirname, "..");
const copy = mkdtempSync(join(tmpdir(), "microvm-emit-mutants-"));
try {
  execFileSync(
    "sh",
    [
      "-c",
      'git archive HEAD | tar -x -C "$0" && cp -al node_modules "$0/" && git init -q "$0" && git -C "$0" add .',
      copy,
    ],
    { cwd: project },
  );
  execFileSync("npm", ["run", "--silent", "build"], { cwd: copy, stdio: "ignore" });
  const succeeds = (command: readonly string[], stdio: "ignore" | "inherit" = "ignore"): boolean =>
    spawnSync("npx", command, { cwd: copy, timeout: 600_000, stdio }).status === 0;
  writeFileSync(join(copy, "vitest.mutants.config.ts"), configOfVitest(tests, usesCommand));
  const vitest = ["vitest", "run", "--config=vitest.mutants.config.ts", ...tests];
  if (!succeeds(vitest, "inherit")) throw new Error("The tests fail without any change.");
  const all = execFileSync("git", ["ls-files", "--", ...sources], { cwd: project, encoding: "utf8" })
    .trim()
    .split("\n")
    .flatMap((file) => {
      const text = readFileSync(join(copy, file), "utf8");
      return mutate(text)
        .filter(({ start, end }) => !EQUIVALENT[file]?.some(([equivalent]) => equivalent === text.slice(start, end)))
        .map((mutation) => ({ file, mutation }));
    });
  let alive = 0;
  const tried = Math.min(Number(count), all.length);
  for (let i = 0; i < tried; i++) {
    const [{ file, mutation }] = all.splice(Math.floor(random() * all.length), 1) as [(typeof all)[number]];
    const path = join(copy, file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.slice(0, mutation.start) + mutation.text + text.slice(mutation.end));
    const isAlive = succeeds(vitest) && succeeds(["tsc", "-b"]);
    writeFileSync(path, text);
    const line = text.slice(0, mutation.start).split("\n").length;
    const what = `${file}:${line}: ${text.slice(mutation.start, mutation.end)} → ${mutation.text}`;
    if (isAlive) alive += 1;
    console.log(`${isAlive ? "ALIVE" : "dead "} ${what}`);
  }
  console.log(`${name}, seed ${seed}: ${alive} of ${tried} live`);
} finally {
  rmSync(copy, { recursive: true, force: true });
}
