/** Finds definitions of an attribute in a file, in every spelling of its path. */
import type { AttrName, Attrs, Call, Expr, Inherit, LegacyLet, Let, List, ValueBinding } from "../expr.js";
import { nameOf, staticName } from "../names.js";
import { type Range, type Sequence } from "./text.js";
import { skipBlanks } from "../parse/blanks.js";

/** The place of an expression, with its parentheses. */
export const rangeOf = (expr: Expr): Range => {
  const { start = 0, end = start } = expr.parens?.at(-1) ?? expr;
  return { start, end };
};

/** The result expression of a function, `let`, `with` or `assert`. */
export const resultOf = (expr: Expr): Expr => {
  for (let at = expr; ;) {
    switch (at.kind) {
      case "lambda":
      case "let":
      case "with":
      case "assert":
        at = at.body;
        break;
      default:
        return at;
    }
  }
};

/** The result of an expression, if it is a literal set. */
export const setIn = (expr: Expr): Attrs | undefined => {
  const result = resultOf(expr);
  return result.kind === "attrs" ? result : undefined;
};

/** The last name of the function of a call, and all its arguments: `lib.mkIf a { }` is `mkIf` with two arguments. */
export const calledBy = (call: Call): { readonly name: string | undefined; readonly args: readonly Expr[] } => {
  const args: Expr[] = [];
  let at: Expr = call;
  for (; at.kind === "call"; at = at.function) args.push(at.argument);
  const name = at.kind === "ident" ? at.name : at.kind === "select" ? staticName(at.path.at(-1)) : undefined;
  return { name, args: args.reverse() };
};

/** The names of functions whose last argument is a part of the result, and `//` for both of its operands. */
export type Through = ReadonlySet<string>;

export const NOTHING: Through = new Set();

/** Functions whose first argument is the condition for the last one. */
const CONDITIONAL: Through = new Set(["mkIf", "optional", "optionals", "optionalAttrs", "optionalString"]);

/** A part of a result, and the conditions for it, outermost first. */
export interface Branch<Value = Expr> {
  readonly value: Value;
  readonly conditions: readonly Expr[];
}

/** The literal lists of an expression, also as operands of `++`, in order. */
export const listsIn = (expr: Expr): readonly List[] => {
  const lists: List[] = [];
  const stack = [expr];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const result = resultOf(next);
    if (result.kind === "list") lists.push(result);
    if (result.kind === "binary" && result.operator === "++") stack.push(result.right, result.left);
  }
  return lists;
};

/** The parts of the result of an expression: of calls, their last argument, or each item of it. */
const branchesOf = (expr: Expr, through: Through): readonly Branch[] => {
  const found: Branch[] = [];
  const stack: Branch[] = [{ value: expr, conditions: [] }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { conditions } = next;
    const value = resultOf(next.value);
    const push = (...parts: readonly Expr[]): void => {
      for (const part of parts.toReversed()) stack.push({ value: part, conditions: inner });
    };
    let inner = conditions;
    if (value.kind === "binary" && value.operator === "//" && through.has("//")) push(value.left, value.right);
    else if (value.kind === "call" && through.size > 0) {
      const { name = "", args } = calledBy(value);
      const [first, last] = [args[0], args.at(-1)];
      if (!through.has(name) || last === undefined) found.push({ value, conditions });
      else {
        if (CONDITIONAL.has(name) && first !== undefined && first !== last) inner = [...conditions, first];
        const lists = listsIn(last);
        push(...(lists.length > 0 ? lists.flatMap(({ items }) => items) : [last]));
      }
    } else found.push({ value, conditions });
  }
  return found;
};

/** A set or `let`, whose bindings an edit changes. */
export type Block = Attrs | Let | LegacyLet;

/** True if the values of a block can use its names. */
export const isRecursive = (block: Block): boolean => block.kind !== "attrs" || block.recursive;

/** The literal sets in the result of an expression. */
export const setsIn = (expr: Expr, through: Through): readonly Branch<Attrs>[] =>
  branchesOf(expr, through).flatMap(({ value, conditions }) => (value.kind === "attrs" ? [{ value, conditions }] : []));

/** The places of the parts of a block. */
export const sequenceOf = (text: string, block: Block): Sequence => {
  const start = block.start ?? 0;
  const elements = block.bindings.map(({ start: from = 0, end = 0 }) => ({ start: from, end }));
  if (block.kind === "let") {
    const open = start + "let".length;
    return { open, close: skipBlanks(text, elements.at(-1)?.end ?? open), elements };
  }
  const keyword = block.kind === "legacyLet" ? "let" : block.recursive ? "rec" : "";
  const brace = skipBlanks(text, start + keyword.length);
  return { open: brace + 1, close: (block.end ?? 0) - 1, elements };
};

/** A binding of a set that is related to a path. */
export type Definition = {
  readonly set: Block;
  readonly index: number;
  /** The outermost block of the search. */
  readonly root: Block;
  /** The outermost literal set around the binding that is not inside a call, such as an item of `mkMerge`. */
  readonly branch: Block;
  /** The conditions for the set. */
  readonly conditions: readonly Expr[];
} & (
  | /** The binding defines the path. */
    { readonly kind: "whole"; readonly binding: ValueBinding }
    /** The binding defines an attribute inside the path: its own path is longer, with `depth` names in common. */
  | { readonly kind: "part"; readonly binding: ValueBinding; readonly depth: number }
  /** The binding inherits the path or one of its parents. */
  | { readonly kind: "inherited"; readonly binding: Inherit; readonly name: string; readonly exact: boolean }
  /** A parent of the path is not a literal set. */
  | { readonly kind: "opaque"; readonly binding: ValueBinding }
);

/** The length of the common prefix of two paths. */
const commonNames = (path: readonly AttrName[], names: readonly string[]): number => {
  let count = 0;
  while (count < names.length && staticName(path[count]) === names[count]) count++;
  return count;
};

/** All bindings of a block that are related to a path of at least one name. */
export const definitions = (
  set: Block,
  path: readonly string[],
  through: Through = NOTHING,
  conditions: readonly Expr[] = [],
  root = set,
  branch = set,
): readonly Definition[] =>
  set.bindings.flatMap((binding, index): readonly Definition[] => {
    const place = { set, index, root, branch, conditions };
    if (binding.kind === "inherit") {
      const name = binding.names.map(nameOf).find((one) => one === path[0]);
      return name === undefined ? [] : [{ ...place, kind: "inherited", binding, name, exact: path.length === 1 }];
    }
    const common = commonNames(binding.path, path);
    if (common === path.length) {
      if (binding.path.length === common) return [{ ...place, kind: "whole", binding }];
      return [{ ...place, kind: "part", binding, depth: common }];
    }
    if (common < binding.path.length) return [];
    const inner = setsIn(binding.value, through);
    if (inner.length === 0) return [{ ...place, kind: "opaque", binding }];
    const plain = setIn(binding.value);
    return inner.flatMap(({ value, conditions: more }) => {
      const rest = path.slice(common);
      return definitions(value, rest, through, [...conditions, ...more], root, value === plain ? branch : value);
    });
  });

/** A binding with a computed name that may be the path. */
export const computedFor = (
  set: Block,
  path: readonly string[],
  through: Through = NOTHING,
): ValueBinding | undefined => {
  for (const binding of set.bindings) {
    if (binding.kind === "inherit") continue;
    let depth = 0;
    while (depth < binding.path.length && staticName(binding.path[depth]) === path[depth]) depth++;
    if (depth < binding.path.length && depth < path.length && staticName(binding.path[depth]) === undefined)
      return binding;
    if (depth !== binding.path.length) continue;
    for (const { value } of setsIn(binding.value, through)) {
      const found = computedFor(value, path.slice(depth), through);
      if (found) return found;
    }
  }
  return undefined;
};

/** The place for a new binding: in a block, after one of its bindings. */
export interface Place {
  readonly set: Block;
  /** The outermost block of the search. */
  readonly root: Block;
  /** -1 for a block without bindings. */
  readonly after: number;
  readonly path: readonly string[];
  /** The number of names of the path that are already defined. */
  readonly depth: number;
  readonly conditions: readonly Expr[];
}

/** True if a place has fewer conditions than another, or as many and at least as many defined names. */
const isBetter = (one: Place, other: Place): boolean =>
  one.conditions.length === other.conditions.length
    ? one.depth >= other.depth
    : one.conditions.length < other.conditions.length;

/**
 * The innermost literal set on the path, after the binding with the longest common prefix. With several branches, it is
 * in one with the fewest conditions. `blocks` is not empty.
 */
export const placeFor = (blocks: readonly Branch<Block>[], path: readonly string[], through: Through): Place => {
  const places = blocks.map(({ value, conditions }) => placeIn(value, path, through, conditions, value));
  return places.reduce((best, one) => (isBetter(one, best) ? one : best));
};

const placeIn = (
  set: Block,
  path: readonly string[],
  through: Through,
  conditions: readonly Expr[],
  root: Block,
): Place => {
  let best: Place = { set, root, after: set.bindings.length - 1, path, depth: 0, conditions };
  for (const [index, binding] of set.bindings.entries()) {
    if (binding.kind === "inherit") continue;
    const common = commonNames(binding.path, path);
    if (common === 0) continue;
    const inner = common === binding.path.length ? setsIn(binding.value, through) : [];
    const places = inner.map((one) =>
      placeIn(one.value, path.slice(common), through, [...conditions, ...one.conditions], root),
    );
    const within = places.length === 0 ? undefined : places.reduce((good, one) => (isBetter(one, good) ? one : good));
    const found = within
      ? { ...within, depth: within.depth + common }
      : { set, root, after: index, path, depth: common, conditions };
    // Nix merges the attribute with a literal set, but not with a call such as `mkIf`.
    if (within && setIn(binding.value) === undefined) return found;
    if (found.depth > best.depth || (found.depth === best.depth && (within !== undefined || best.set === set))) {
      best = found;
    }
  }
  return best;
};
