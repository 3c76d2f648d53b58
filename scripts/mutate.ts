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
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  /** A command that detects most mutations in seconds, before the tests run. */
  readonly quick?: readonly string[];
  /** The mutations to try; by default those of TypeScript. */
  readonly mutate?: (text: string) => readonly Mutation[];
}

/** A replacement of text. */
interface Mutation {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Its syntax, which decides the form of a switch; absent in other languages than TypeScript. */
  readonly kind?: "expression" | "name" | "element" | "statement";
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

const SWAPPED_METHODS: ReadonlyMap<string, string> = new Map([
  ["some", "every"],
  ["every", "some"],
  ["startsWith", "endsWith"],
]);
const DROPPED_METHODS: ReadonlySet<string> = new Set(["filter", "slice", "sort", "toSorted", "trim", "reverse"]);

/** The whole of an optional chain: a part of it cannot stand in parentheses. */
const whole = (node: ts.Node): ts.Node =>
  ts.isOptionalChain(node) && ts.isOptionalChain(node.parent) && node.parent.expression === node
    ? whole(node.parent)
    : node;

/** True if the text is not a value: the specifier of a module, or a code that other scripts read from the source. */
const isFixed = ({ parent }: ts.Node): boolean =>
  ts.isImportDeclaration(parent) ||
  ts.isExportDeclaration(parent) ||
  (ts.isCallExpression(parent) && parent.expression.getText() === "problem");

/** Mutations of the node itself, without its children. */
const mutationsOfNode = (node: ts.Node): readonly Mutation[] => {
  const at = (place: ts.Node, text: string, kind: Mutation["kind"] = "expression"): Mutation => ({
    start: place.getStart(),
    end: place.end,
    text,
    kind,
  });
  /** The expression with another text at one place of it. */
  const within = (expression: ts.Node, place: ts.Node, text: string): Mutation => {
    const outer = whole(expression);
    const from = outer.getStart();
    const original = outer.getText();
    return at(outer, original.slice(0, place.getStart() - from) + text + original.slice(place.end - from));
  };
  if (ts.isBinaryExpression(node)) {
    const swapped = SWAPPED_OPERATORS[node.operatorToken.kind];
    return swapped === undefined ? [] : [within(node, node.operatorToken, swapped)];
  }
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    return [at(node, node.operand.getText())];
  if (ts.isConditionalExpression(node))
    return [at(node.whenTrue, node.whenFalse.getText()), at(node.whenFalse, node.whenTrue.getText())];
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [at(node, "false")];
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [at(node, "true")];
  const isName =
    (ts.isPropertyAssignment(node.parent) || ts.isMethodDeclaration(node.parent)) && node.parent.name === node;
  if (ts.isNumericLiteral(node) && !isName) return [at(node, `(${node.text} + 1)`)];
  // Tests do not check prose.
  if (ts.isStringLiteral(node) && /^[\w./:@-]+$/.test(node.text) && !isFixed(node))
    return [at(node, JSON.stringify(`${node.text}x`), isName ? "name" : "expression")];
  if (ts.isArrayLiteralExpression(node)) return node.elements.map((element) => at(element, "...[]", "element"));
  if (ts.isExpressionStatement(node)) return [at(node, ";", "statement")];
  if (ts.isIfStatement(node) && node.elseStatement === undefined) return [at(node.expression, "false")];
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { name, expression } = node.expression;
    const swapped = SWAPPED_METHODS.get(name.text);
    if (swapped !== undefined) return [within(node, name, swapped)];
    if (DROPPED_METHODS.has(name.text)) return [within(node, node, expression.getText())];
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
  ts.forEachChild(ts.createSourceFile("source.ts", text, ts.ScriptTarget.ESNext, true), visit);
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
  (wholeLine: RegExp, words = SWAPPED_WORDS, deleted = "") =>
  (text: string): readonly Mutation[] => {
    const found: Mutation[] = [];
    let start = 0;
    for (const line of text.split("\n")) {
      if (line.trim() !== "" && !line.trim().startsWith("#")) {
        if (wholeLine.test(line)) {
          const indent = /^ */.exec(line)?.[0] ?? "";
          found.push({ start, end: start + line.length, text: deleted === "" ? "" : indent + deleted });
        }
        const code = line.replace(/ {2}# .*/, "");
        for (const [word, other] of words)
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
);

const SWAPPED_WORDS_OF_PYTHON: readonly (readonly [RegExp, string])[] = [
  ...SWAPPED_WORDS,
  [/\bis not None\b/g, "is None"],
  [/\bis None\b/g, "is not None"],
  [/\bnot in\b/g, "in"],
  [/\bmin(?=\()/g, "max"],
  [/\bmax(?=\()/g, "min"],
  [/ \+ /g, " - "],
  [/ - /g, " + "],
  [/ & /g, " | "],
  [/(?<=\b(?:if|while) )(?=[^:]+:$)/g, "False and "],
  [/(?<= if )(?=.+ else )/g, "True or "],
  [/(?<=[=(,[] ?)\d+(?=[,)\]]|$| {2}#)/g, "7"],
];

/** Mutations of Python: a statement on one line or a part of it, but no docstring. */
const mutationsOfPython = (text: string): readonly Mutation[] =>
  mutationsOfLines(
    /^\s+([\w.]+\(.*\)|[\w., []+\]? [-+|&]?= .*[^([{]|break|continue|del .*)$/,
    SWAPPED_WORDS_OF_PYTHON,
    "pass",
  )(text.replaceAll(/"""[^]*?"""/g, (docstring) => docstring.replaceAll(/[^\n]/g, " ")));

const testsOf = (folder: string, ...names: readonly string[]): readonly string[] =>
  names.map((name) => `${folder}/${name}.test`);

const MODEL = "packages/microvm-model/test";
const TESTS_OF_RULES: readonly string[] = [
  ...testsOf(MODEL, "boundaries", "problems", "policy"),
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
      ...testsOf(MODEL, "plans"),
      ...TESTS_OF_RULES,
      ...testsOf(MODEL, "scalars", "guest-link", "guests", "vm-defaults", "tables", "extend", "plan"),
      ...testsOf("test", "schema", "coverage", "golden/examples"),
      "packages/emit/test/plan-summary.test",
    ],
  },
  compile: {
    sources: ["packages/emit/src/compile", ":!*.generated.ts"],
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
    quick: [
      "sh",
      "-c",
      "PYTHONPATH=packages/emit/nix/policy:packages/emit/nix/resolver:packages/emit/nix/vm/state timeout 120 /usr/bin/python3 -B -m unittest discover -f --start-directory test/programs --pattern 'test_resolver*.py'",
    ],
    tests: ["test/programs", "test/lab/resolver"],
    usesCommand: true,
    mutate: mutationsOfPython,
  },
  output: {
    sources: ["packages/emit/src/output", "packages/emit/src/fs", "packages/emit/src/config-file/lock-file.ts"],
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
  edit: {
    sources: ["packages/emit/src/config-file/edit", "packages/emit/src/config-file/locate"],
    tests: testsOf(
      "packages/emit/test",
      ...["edit-laws", "locate", "locate-shapes", "template-place", "yaml-place", "cli/edit", "report"],
    ),
    usesCommand: true,
  },
  "nix-ast": {
    sources: ["packages/nix-ast/src"],
    tests: testsOf(
      "packages/nix-ast/test",
      ...["format", "build", "template", "source-map", "scopes", "errors", "print-data", "to-js", "visit", "deep"],
      ...["attributes", "flake", "flake-inputs", "flake-ref", "flakes", "module", "nodes", "steps", "laws"].map(
        (name) => `edit/${name}`,
      ),
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
const { sources, tests, quick, usesCommand = false, mutate = mutationsOfTypeScript } = area;

/** Pseudorandom numbers from 0 to 1 (mulberry32). */
const random = ((state: number) => (): number => {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
})(Number(seed));

/**
 * The text with a switch at each mutation, which scripts/mutants-runner.ts turns on. A program that a test starts reads
 * the environment instead.
 */
const withSwitches = (text: string, mutations: readonly (Mutation & { readonly id: number })[]): string =>
  `// @ts-nocheck\n${mutations
    .toSorted((a, b) => b.start - a.start)
    .reduce((rest, { id, start, end, text: mutated, kind = "expression" }) => {
      const original = rest.slice(start, end);
      const on = `isMutantOn(${String(id)})`;
      const switched = {
        expression: `(${on} ? (${mutated}) : (${original}))`,
        name: `[${on} ? (${mutated}) : (${original})]`,
        element: `...(${on} ? [] : [${original}])`,
        statement: `if (!${on}) { ${original} }`,
      }[kind];
      return rest.slice(0, start) + switched + rest.slice(end);
    }, text)}
function isMutantOn(id) {
  const { env } = process;
  if (globalThis.mutantsReached === undefined) {
    if (globalThis.mutantsTest !== env.MUTANTS_TEST) globalThis.mutantsSeen = new Set();
    globalThis.mutantsTest = env.MUTANTS_TEST;
    if (!globalThis.mutantsSeen?.has(id) && env.MUTANTS_FOLDER !== undefined) {
      (globalThis.mutantsSeen ??= new Set()).add(id);
      process.getBuiltinModule("fs").appendFileSync(env.MUTANTS_FOLDER + "/reached-by-programs", id + "\\n");
    }
    return Number(env.MUTANT) === id && isBounded();
  }
  globalThis.mutantsReached.add(id);
  return globalThis.mutantOn === id && isBounded();
}
/** A loop that a mutation makes endless comes here again and again, and no timeout of Vitest interrupts it. */
function isBounded() {
  globalThis.mutantsCalls = (globalThis.mutantsCalls ?? 0) + 1;
  if (globalThis.mutantsCalls > 10_000_000) throw new Error("A mutation does not end.");
  return true;
}
`;

const runner = join(import.meta.dirname, "mutants-runner.ts");

/** One process that loads the sources once. Types are not checked: switches break them. */
const configOfVitest = (order: readonly string[]): string => `
  import { execFileSync } from "node:child_process";
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
      bail: process.env.MUTANT === undefined ? 0 : 1,
      // The harness for Nix removes its folder after the first file that imports it.
      isolate: ${String(usesCommand)},
      maxWorkers: 1,
      sequence: { sequencer: InOrder },
      testTimeout: 600_000,
      hookTimeout: 600_000,
      ...(process.env.MUTANT ?? process.env.MUTANTS_FOLDER) && { runner: ${JSON.stringify(runner)} },
      experimental: { fsModuleCache: true },
    },
  });
  if (${String(mutate === mutationsOfTypeScript || !usesCommand)}) config.test.globalSetup = [];
  export default config;
`;
const project = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "microvm-emit-mutants-"));
const copy = join(folder, "project");
const state = join(folder, "state");
for (const made of [copy, state]) mkdirSync(made);
/** The mutations of one run: text of the file, and their results. */
type Mutant = Mutation & { readonly id: number; readonly file: string };

/** So many mutations at random places that do not overlap. */
const sampleOf = (all: readonly Omit<Mutant, "id">[], size: number): readonly Mutant[] => {
  const left = [...all];
  const found: Mutant[] = [];
  while (found.length < size && left.length > 0) {
    const [next] = left.splice(Math.floor(random() * left.length), 1) as [(typeof left)[number]];
    if (!found.some(({ file, start, end }) => file === next.file && start < next.end && next.start < end))
      found.push({ ...next, id: found.length });
  }
  return found;
};

const environment = { ...process.env, XDG_STATE_HOME: state };
const succeeds = (
  command: readonly string[],
  env: NodeJS.ProcessEnv = {},
  stdio: "ignore" | "inherit" = "ignore",
): boolean =>
  spawnSync("npx", command, { cwd: copy, timeout: 3_600_000, stdio, env: { ...environment, ...env } }).status === 0;
const vitest = ["vitest", "run", "--config=vitest.mutants.config.ts", "--reporter=dot"];
const textOf = (file: string): string => readFileSync(join(project, file), "utf8");
const mutated = ({ file, start, end, text }: Mutant): string => {
  const original = textOf(file);
  return original.slice(0, start) + text + original.slice(end);
};

/** The numbers of those that no test detects, with one run of the tests for all, and one for each that needs its own. */
const aliveWithSwitches = (mutants: readonly Mutant[]): ReadonlySet<number> => {
  for (const file of new Set(mutants.map((mutant) => mutant.file)))
    writeFileSync(
      join(copy, file),
      withSwitches(
        textOf(file),
        mutants.filter((mutant) => mutant.file === file),
      ),
    );
  if (usesCommand) build();
  succeeds([...vitest, ...tests], { MUTANTS_FOLDER: folder }, "inherit");
  const { dead, apart } = JSON.parse(readFileSync(join(folder, "result.json"), "utf8")) as {
    readonly dead: Readonly<Record<number, string>>;
    readonly apart: Readonly<Record<number, readonly string[]>>;
  };
  const alive = mutants.map(({ id }) => id).filter((id) => !(id in dead));
  return new Set(
    alive.filter((id) => {
      // Without isolation, the sources load once for all files.
      const files = usesCommand ? apart[id] : tests;
      return apart[id] === undefined || succeeds([...vitest, ...(files ?? [])], { MUTANT: String(id) });
    }),
  );
};

const describe = ({ file, start, end, text }: Mutant): string => {
  const original = textOf(file);
  const line = original.slice(0, start).split("\n").length;
  return `${file}:${line}: ${original.slice(start, end)} → ${text}`;
};

const passesQuickly = (): boolean => {
  const [command, ...args] = quick ?? ["true"];
  return spawnSync(command ?? "", args, { cwd: copy, stdio: "ignore", env: environment }).status === 0;
};

/** The numbers of those that no test detects, with a run of the tests for each. */
const aliveOneByOne = (mutants: readonly Mutant[]): ReadonlySet<number> => {
  if (!passesQuickly() || !succeeds([...vitest, ...tests], {}, "inherit"))
    throw new Error("The tests fail without any change.");
  return new Set(
    mutants.flatMap((mutant) => {
      writeFileSync(join(copy, mutant.file), mutated(mutant));
      const isAlive = passesQuickly() && succeeds([...vitest, "--bail=1", ...tests]);
      console.log(`${isAlive ? "ALIVE" : "dead "} ${describe(mutant)}`);
      writeFileSync(join(copy, mutant.file), textOf(mutant.file));
      return isAlive ? [mutant.id] : [];
    }),
  );
};

/** Without types, which switches break. */
const build = (): void => {
  for (const command of [
    ["node", "scripts/library.js"],
    ["tsc", "-b", "packages/emit"],
    ["rolldown", "-c", "rolldown.config.ts"],
  ])
    if (!succeeds(command)) throw new Error(`Failed: ${command.join(" ")}`);
};

/** True if the mutation is a mistake of types, which no test needs to detect. */
const isTyped = (mutant: Mutant): boolean => {
  writeFileSync(join(copy, mutant.file), mutated(mutant));
  const passes = succeeds(["tsc", "-b", "packages/emit"]);
  writeFileSync(join(copy, mutant.file), textOf(mutant.file));
  return passes;
};

try {
  execFileSync(
    "sh",
    [
      "-c",
      'git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C "$0" && cp -al node_modules "$0/" && cp -a --parents packages/*/dist "$0/" && git init -q "$0" && git -C "$0" add .',
      copy,
    ],
    { cwd: project },
  );
  for (const script of ["library", "problems"]) execFileSync("node", [`scripts/${script}.js`], { cwd: copy });
  writeFileSync(join(copy, "vitest.mutants.config.ts"), configOfVitest(tests));
  const mutants = sampleOf(
    execFileSync("git", ["ls-files", "--", ...sources], { cwd: project, encoding: "utf8" })
      .trim()
      .split("\n")
      .flatMap((file) => {
        const text = textOf(file);
        return mutate(text)
          .filter(({ start, end }) => !EQUIVALENT[file]?.some(([equivalent]) => equivalent === text.slice(start, end)))
          .map((mutation) => ({ ...mutation, file }));
      }),
    Number(count),
  );
  const isTypeScript = mutate === mutationsOfTypeScript;
  const undetected = isTypeScript ? aliveWithSwitches(mutants) : aliveOneByOne(mutants);
  for (const { file } of mutants) writeFileSync(join(copy, file), textOf(file));
  let alive = 0;
  for (const mutant of mutants) {
    const isAlive = undetected.has(mutant.id) && (!isTypeScript || isTyped(mutant));
    if (isAlive) alive += 1;
    if (isTypeScript) console.log(`${isAlive ? "ALIVE" : "dead "} ${describe(mutant)}`);
  }
  console.log(`${name}, seed ${seed}: ${alive} of ${mutants.length} live`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
