/** Finds definitions of an attribute in a file, in every spelling of its path. */
import type { AttrName, Attrs, Expr, Inherit, ValueBinding } from "../expr.js";
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

/** The places of the parts of a set. */
export const sequenceOf = (text: string, set: Attrs): Sequence => {
  const start = set.start ?? 0;
  const brace = set.recursive ? skipBlanks(text, start + "rec".length) : start;
  return {
    open: brace + 1,
    close: (set.end ?? 0) - 1,
    elements: set.bindings.map(({ start: from = 0, end = 0 }) => ({ start: from, end })),
  };
};

/** A binding of a set that is related to a path. */
export type Definition = { readonly set: Attrs; readonly index: number } & (
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

/** All bindings of a set that are related to a path of at least one name. */
export const definitions = (set: Attrs, path: readonly string[]): readonly Definition[] =>
  set.bindings.flatMap((binding, index): readonly Definition[] => {
    if (binding.kind === "inherit") {
      const name = binding.names.map(nameOf).find((one) => one === path[0]);
      return name === undefined ? [] : [{ kind: "inherited", set, index, binding, name, exact: path.length === 1 }];
    }
    const common = commonNames(binding.path, path);
    if (common === path.length) {
      if (binding.path.length === common) return [{ kind: "whole", set, index, binding }];
      return [{ kind: "part", set, index, binding, depth: common }];
    }
    if (common < binding.path.length) return [];
    const inner = setIn(binding.value);
    return inner ? definitions(inner, path.slice(common)) : [{ kind: "opaque", set, index, binding }];
  });

/** A binding with a computed name that may be the path. */
export const computedFor = (set: Attrs, path: readonly string[]): ValueBinding | undefined => {
  for (const binding of set.bindings) {
    if (binding.kind === "inherit") continue;
    let depth = 0;
    while (depth < binding.path.length && staticName(binding.path[depth]) === path[depth]) depth++;
    if (depth < binding.path.length && depth < path.length && staticName(binding.path[depth]) === undefined)
      return binding;
    const inner = depth === binding.path.length ? setIn(binding.value) : undefined;
    const found = inner && computedFor(inner, path.slice(depth));
    if (found) return found;
  }
  return undefined;
};

/** The place for a new binding: in a set, after one of its bindings. */
export interface Place {
  readonly set: Attrs;
  /** -1 for a set without bindings. */
  readonly after: number;
  readonly path: readonly string[];
  /** The number of names of the path that are already defined. */
  readonly depth: number;
}

/** The innermost literal set on the path, after the binding with the longest common prefix. */
export const placeFor = (set: Attrs, path: readonly string[]): Place => {
  let best: Place = { set, after: set.bindings.length - 1, path, depth: 0 };
  set.bindings.forEach((binding, index) => {
    if (binding.kind === "inherit") return;
    const common = commonNames(binding.path, path);
    if (common === 0) return;
    const inner = common === binding.path.length ? setIn(binding.value) : undefined;
    const within = inner && placeFor(inner, path.slice(common));
    const found = within ? { ...within, depth: within.depth + common } : { set, after: index, path, depth: common };
    if (found.depth > best.depth || (found.depth === best.depth && (within !== undefined || best.set === set))) {
      best = found;
    }
  });
  return best;
};
