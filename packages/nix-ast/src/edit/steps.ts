/** Paths to every place of a file: attribute names, and steps into calls, `let`, lists and operators. */
import { childrenOf } from "../children.js";
import type { Expr, Let, LegacyLet, List, Node } from "../expr.js";
import { isIdentifier, nameOf, staticName } from "../names.js";
import type { Result } from "../result.js";
import { fail, right, type EditError } from "./file.js";
import {
  calledBy,
  definitions,
  listsIn,
  NOTHING,
  rangeOf,
  resultOf,
  setsIn,
  type Block,
  type Branch,
  type Through,
} from "./find.js";

/** Attribute names, outermost first. Each name is one attribute, even with dots in it. */
export type Names = readonly string[];

/**
 * A step of a {@link NixPath}. Functions, `let … in`, `with`, `assert` and parentheses need no step: a path continues in
 * their result.
 */
export type Step =
  /** An attribute. */
  | string
  /**
   * An argument of the call of this function, which is named without its path: `{ call: "mkFlake" }` is the argument of
   * `flake-parts.lib.mkFlake`. The call can be in operands, branches and arguments, but not in a set or list.
   * `argument` counts from 0; the default is the last one.
   */
  | { readonly call: string; readonly argument?: number }
  /** A variable of the innermost `let` that defines it. A new variable goes to the innermost `let`. */
  | { readonly let: string }
  /** An item of a literal list, also as an operand of `++`: the index, or the first item with a property. */
  | { readonly item: number | ((item: Expr) => boolean) }
  /** An operand of an operator such as `//`. */
  | { readonly operand: "left" | "right" }
  /** A part of `if … then … else …`. */
  | { readonly branch: "condition" | "then" | "else" }
  /** The default of an argument: `{ default: "pkgs" }` in `{ pkgs ? import <nixpkgs> { } }: …`. */
  | { readonly default: string };

/**
 * A place in a file, outermost step first: `["outputs", { call: "mkFlake" }, "perSystem"]`. A path of names only is an
 * attribute of the result of the file.
 */
export type NixPath = readonly Step[];

/** Options of edits with a path. */
export interface PathOptions {
  /**
   * Functions that need no step: a path continues in their last argument or in its items, such as
   * `["mkIf", "mkMerge", "mkDerivation"]`. `"//"` continues into both operands. Default: none.
   */
  readonly through?: readonly string[];
}

export const throughOf = ({ through }: PathOptions): Through =>
  through === undefined || through.length === 0 ? NOTHING : new Set(through);

const showStep = (step: Step): string => {
  if (typeof step === "string") return isIdentifier(step) ? step : JSON.stringify(step);
  if ("call" in step) return `(${step.call} …)`;
  if ("let" in step) return `(let ${step.let})`;
  if ("item" in step) return typeof step.item === "number" ? `[${String(step.item)}]` : "[…]";
  if ("operand" in step) return `(${step.operand})`;
  return "branch" in step ? `(${step.branch})` : `(${step.default} ? …)`;
};

/** A path for messages; names are in Nix syntax. */
export const showPath = (path: NixPath): string => path.map(showStep).join(".");

/** The target of a path: its last names are attributes of the blocks. */
export interface Target {
  readonly names: Names;
  readonly blocks: readonly Branch<Block>[];
  /** The expression with the blocks. Without names, the place itself. */
  readonly expr: Expr;
  /** The list of the place, if the last step is an item. */
  readonly list?: List;
}

/** Follows a path from an expression. */
export const follow = (root: Expr, path: NixPath, through: Through): Result<EditError, Target> => {
  let target: Target = { names: [], blocks: setsIn(root, through), expr: root };
  for (const [at, step] of path.entries()) {
    if (typeof step === "string") {
      target = { ...target, names: [...target.names, step] };
      continue;
    }
    const from = valueAt(target, through, path.slice(0, at));
    if (from._tag === "Left") return from;
    const next = enter(from.right, step, through);
    if (next._tag === "Left") return next;
    target = next.right;
  }
  return right(target);
};

const targetOf = (expr: Expr, through: Through): Target => ({ names: [], blocks: setsIn(expr, through), expr });

/** The only expression at a target. */
const valueAt = ({ names, blocks, expr }: Target, through: Through, path: NixPath): Result<EditError, Expr> => {
  if (names.length === 0) return right(expr);
  const found = blocks.flatMap(({ value, conditions }) => definitions(value, names, through, conditions));
  const [only, other] = found;
  const shown = showPath(path);
  if (only === undefined) return fail("missing", `\`${shown}\` is not defined in the file`, rangeOf(expr));
  if (other !== undefined) return fail("ambiguous", `\`${shown}\` has several definitions`, other.binding);
  switch (only.kind) {
    case "whole":
      return right(only.binding.value);
    case "part":
      return fail("ambiguous", `\`${shown}\` is not one expression; continue the path to an attribute`, only.binding);
    case "inherited":
      return fail("inherited", `\`${only.name}\` is inherited; follow a path to its source`, only.binding);
    case "opaque":
      return fail("notASet", `a parent of \`${shown}\` is not a literal set`, rangeOf(only.binding.value));
  }
};

const enter = (expr: Expr, step: Exclude<Step, string>, through: Through): Result<EditError, Target> => {
  if ("call" in step) return enterCall(expr, step.call, step.argument, through);
  if ("let" in step) return enterLet(expr, step.let);
  if ("item" in step) return enterItem(expr, step.item, through);
  const result = resultOf(expr);
  const place = rangeOf(result);
  if ("operand" in step) {
    if (result.kind === "binary") return right(targetOf(result[step.operand], through));
    return fail("missing", `no operator with a ${step.operand} operand here`, place);
  }
  if ("branch" in step) {
    if (result.kind === "if") return right(targetOf(result[step.branch], through));
    return fail("missing", `no \`if\` here`, place);
  }
  for (let at = expr; at !== result && "body" in at; at = at.body) {
    if (at.kind !== "lambda" || at.param.kind !== "formals") continue;
    const found = at.param.formals.find(({ name }) => name === step.default)?.default;
    if (found) return right(targetOf(found, through));
  }
  return fail("missing", `no argument \`${step.default}\` with a default here`, rangeOf(expr));
};

const enterCall = (
  expr: Expr,
  name: string,
  argument: number | undefined,
  through: Through,
): Result<EditError, Target> => {
  const found: (readonly Expr[])[] = [];
  const stack: Node[] = [expr];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.kind === "attrs" || node.kind === "list") continue;
    if (node.kind === "call") {
      const called = calledBy(node);
      if (called.name === name) {
        found.push(called.args);
        continue;
      }
      stack.push(...called.args.toReversed());
      let callee: Expr = node;
      while (callee.kind === "call") callee = callee.function;
      stack.push(callee);
    } else if (node.kind === "let" || node.kind === "lambda") stack.push(node.body);
    else stack.push(...childrenOf(node).toReversed());
  }
  const [args, other] = found;
  const place = rangeOf(expr);
  if (args === undefined) return fail("missing", `no call of \`${name}\` here`, place);
  if (other !== undefined) {
    return fail("ambiguous", `several calls of \`${name}\` here; add steps that lead to one of them`, place);
  }
  const value = args.at(argument ?? -1);
  if (value !== undefined) return right(targetOf(value, through));
  return fail("missing", `the call of \`${name}\` has only ${String(args.length)} arguments`, place);
};

const enterLet = (expr: Expr, name: string): Result<EditError, Target> => {
  const lets: (Let | LegacyLet)[] = [];
  for (let at = expr; ;) {
    if (at.kind === "let" || at.kind === "legacyLet") lets.push(at);
    if (at.kind === "legacyLet" || !("body" in at)) break;
    at = at.body;
  }
  const names = (block: Let | LegacyLet): readonly (string | undefined)[] =>
    block.bindings.flatMap((one) => (one.kind === "inherit" ? one.names.map(nameOf) : [staticName(one.path[0])]));
  const block = lets.findLast((one) => names(one).includes(name)) ?? lets.at(-1);
  if (block) return right({ names: [name], blocks: [{ value: block, conditions: [] }], expr });
  return fail("missing", "no `let` here", rangeOf(expr));
};

const enterItem = (
  expr: Expr,
  wanted: number | ((item: Expr) => boolean),
  through: Through,
): Result<EditError, Target> => {
  const lists = listsIn(expr);
  if (lists.length === 0) return fail("notAList", "no literal list here", rangeOf(expr));
  const items = lists.flatMap((list) => list.items.map((item) => ({ list, item })));
  const found = typeof wanted === "number" ? items.at(wanted) : items.find(({ item }) => wanted(item));
  if (found) return right({ ...targetOf(found.item, through), list: found.list });
  return fail("missing", `the list has no such item among ${String(items.length)}`, rangeOf(expr));
};
