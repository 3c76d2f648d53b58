/**
 * Judges the edits of nix-ast on real files: `npx jiti scripts/judge-edits.ts FOLDER …`. Each edited file has to be
 * valid for Nix, and each insertion has to be undone exactly by its removal. The folders contain flakes, in files whose
 * name ends with `flake.nix`, and modules or other Nix code.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as nixAst from "../packages/nix-ast/src/index.js";
import type { Edited, Expr, NixFile, NixInput, NixPath, Step } from "../packages/nix-ast/src/index.js";

const { openNix, insertAttr, removeAttr, setOption, removeOption, getOption, staticName } = nixAst;

/** The most sets of one file that get an attribute. */
const MOST_SETS = 12;

class Score {
  readonly name: string;
  tried = 0;
  edited = 0;
  restored = 0;
  readonly refused = new Map<string, string[]>();
  readonly different: string[] = [];

  constructor(name: string) {
    this.name = name;
  }

  row(): string {
    const percent = (part: number, all: number): string => (all === 0 ? "-" : `${((100 * part) / all).toFixed(2)} %`);
    return `${this.name.padEnd(44)} ${String(this.tried).padStart(6)} ${percent(this.edited, this.tried).padStart(9)} ${percent(this.restored, this.edited).padStart(9)}`;
  }
}

const scores: Score[] = [];
const results: { readonly from: string; readonly text: string }[] = [];
const verbose = process.argv.includes("--verbose");

const attempt = (
  name: string,
  from: string,
  file: NixFile,
  edit: (file: NixFile) => Edited,
  undo: (file: NixFile) => Edited,
): void => {
  let score = scores.find((one) => one.name === name);
  if (score === undefined) scores.push((score = new Score(name)));
  score.tried++;
  const edited = edit(file);
  if (edited._tag === "Left") {
    const { kind, message } = edited.left;
    const key = `${kind}: ${message.replaceAll(/`[^`]*`/g, "…")}`;
    score.refused.set(key, [...(score.refused.get(key) ?? []), from]);
    return;
  }
  score.edited++;
  results.push({ from: `${name} ${from}`, text: edited.right.text });
  const undone = undo(edited.right);
  if (undone._tag === "Right" && undone.right.text === file.text) score.restored++;
  else score.different.push(undone._tag === "Left" ? `${from} (${undone.left.message})` : from);
};

/** The paths of the literal sets of a file, each with a name that is not in the set. */
const pathsIn = (root: Expr): readonly NixPath[] => {
  const found: NixPath[] = [];
  const walk = (expr: Expr, path: readonly Step[]): void => {
    const bindings = (list: readonly nixAst.Binding[], step?: (name: string) => Step): void => {
      for (const one of list) {
        if (one.kind === "inherit") continue;
        const names = one.path.map(staticName);
        if (names.some((name) => name === undefined)) continue;
        const [first = "", ...rest] = names as string[];
        walk(one.value, [...path, step ? step(first) : first, ...rest]);
      }
    };
    switch (expr.kind) {
      case "attrs":
        found.push([...path, "astedit"]);
        bindings(expr.bindings);
        return;
      case "let":
        bindings(expr.bindings, (name) => ({ let: name }));
        walk(expr.body, path);
        return;
      case "with":
      case "assert":
      case "lambda":
        walk(expr.body, path);
        return;
      case "list":
        for (const [index, item] of expr.items.entries()) walk(item, [...path, { item: index }]);
        return;
      case "if":
        for (const branch of ["then", "else"] as const) walk(expr[branch], [...path, { branch }]);
        return;
      case "binary":
        for (const operand of ["left", "right"] as const) walk(expr[operand], [...path, { operand }]);
        return;
      case "call": {
        const args: Expr[] = [];
        let at: Expr = expr;
        for (; at.kind === "call"; at = at.function) args.unshift(at.argument);
        const name = at.kind === "ident" ? at.name : at.kind === "select" ? staticName(at.path.at(-1)) : undefined;
        if (name === undefined) return;
        for (const [argument, value] of args.entries()) walk(value, [...path, { call: name, argument }]);
        return;
      }
      default:
    }
  };
  walk(root, []);
  return found;
};

const VALUES: readonly NixInput[] = [true, { text: "one\ntwo", list: [1, { a: "b" }] }];

const judge = (path: string): void => {
  const opened = openNix(readFileSync(path, "utf8"));
  if (opened._tag === "Left") {
    console.log(`not read: ${path}`);
    return;
  }
  const file = opened.right;
  const value = VALUES[file.text.length % VALUES.length] as NixInput;
  attempt(
    "an attribute of the file by names alone",
    path,
    file,
    (it) => insertAttr(it, ["astedit"], value),
    (it) => removeAttr(it, ["astedit"]),
  );
  const all = pathsIn(file.expr);
  const paths = all.filter((_, i) => i % Math.ceil(all.length / MOST_SETS) === 0);
  for (const at of paths) {
    attempt(
      "an attribute of any set by a path with steps",
      path,
      file,
      (it) => insertAttr(it, at, value),
      (it) => removeAttr(it, at),
    );
  }
  const plain = all.find((at) => at.length > 1) ?? all[0];
  if (plain) {
    attempt(
      "an attribute of one set of the file",
      path,
      file,
      (it) => insertAttr(it, plain, value),
      (it) => removeAttr(it, plain),
    );
  }
  if (path.endsWith("flake.nix")) judgeFlake(path, file);
  else judgeModule(path, file, value);
};

const isModule = ({ expr }: NixFile): boolean => {
  let at = expr;
  let formals: readonly string[] | undefined;
  for (; ; at = at.body) {
    if (at.kind === "lambda" && at.param.kind === "formals" && at.param.ellipsis) {
      formals ??= at.param.formals.map(({ name }) => name);
    }
    if (!("body" in at)) break;
  }
  if (at.kind !== "attrs") return false;
  const names = at.bindings.flatMap((one) => (one.kind === "binding" ? [staticName(one.path[0])] : []));
  const isOne = ["config", "options", "imports", "services", "programs", "environment", "home", "boot", "networking"];
  return (formals !== undefined || at === expr) && names.some((name) => name !== undefined && isOne.includes(name));
};

const judgeModule = (path: string, file: NixFile, value: NixInput): void => {
  if (!isModule(file)) return;
  const option = ["services", "astedit", "settings"];
  attempt(
    "an option of a module (setOption)",
    path,
    file,
    (it) => {
      const edited = setOption(it, option, value);
      if (edited._tag === "Right" && getOption(edited.right, option).length !== 1) throw new Error(`lost: ${path}`);
      return edited;
    },
    (it) => removeOption(it, option),
  );
};

const judgeFlake = (path: string, file: NixFile): void => {
  const name = "astedit-input";
  attempt(
    "an input of a flake (addFlakeInput)",
    path,
    file,
    (it) => nixAst.addFlakeInput(it, name, { url: "github:owner/repo" }),
    (it) => nixAst.removeFlakeInput(it, name),
  );
  for (const input of nixAst.listFlakeInputs(file)) {
    if (input.url === undefined) continue;
    const { url } = input;
    attempt(
      "the ref of an input (setFlakeInput)",
      path,
      file,
      (it) => nixAst.setFlakeInput(it, input.name, { url: "github:owner/other/branch" }),
      (it) => nixAst.setFlakeInput(it, input.name, { url }),
    );
  }
};

const folders = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const files = folders.flatMap((folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".nix"))
    .map((entry) => join(entry.parentPath, entry.name)),
);
for (const file of files) judge(file);

console.log(`${String(files.length)} files`);
console.log(`${"edit".padEnd(44)} ${"tried".padStart(6)} ${"edited".padStart(9)} ${"restored".padStart(9)}`);
for (const score of scores) {
  console.log(score.row());
  if (!verbose) continue;
  for (const [reason, from] of [...score.refused].toSorted((a, b) => b[1].length - a[1].length).slice(0, 12)) {
    console.log(`  ${String(from.length).padStart(5)} ${reason}\n        ${from[0] ?? ""}`);
  }
  for (const from of score.different.slice(0, 15)) console.log(`  not restored: ${from}`);
}

/** The texts that Nix does not accept, by halves. */
const refusedBy = (all: readonly (typeof results)[number][], folder: string): readonly string[] => {
  const paths = all.map(({ text }, i) => {
    const path = join(folder, `${String(i)}.nix`);
    writeFileSync(path, text);
    return path;
  });
  const refused: string[] = [];
  const check = (from: number, to: number): void => {
    try {
      execFileSync("nix-instantiate", ["--parse", ...paths.slice(from, to)], {
        stdio: ["ignore", "ignore", "pipe"],
        env: { ...process.env, NIX_CONFIG: "extra-experimental-features = pipe-operators" },
      });
    } catch (error) {
      if (to - from > 1) {
        const middle = (from + to) >> 1;
        check(from, middle);
        check(middle, to);
      } else refused.push(`${all[from]?.from ?? ""}: ${String((error as { readonly stderr?: unknown }).stderr)}`);
    }
  };
  for (let from = 0; from < paths.length; from += 200) check(from, Math.min(paths.length, from + 200));
  return refused;
};

if (!process.argv.includes("--no-nix")) {
  const folder = mkdtempSync(join(tmpdir(), "judge-edits-"));
  try {
    const refused = refusedBy(results, folder);
    console.log(`Nix reads ${String(results.length - refused.length)} of ${String(results.length)} edited files`);
    for (const one of refused.slice(0, 20)) console.log(`  ${one}`);
    if (refused.length > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
