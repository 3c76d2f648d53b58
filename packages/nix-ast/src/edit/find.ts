/** What a file says about an attribute, however its path is written. */
import type { AttrName, Attrs, Expr, Inherit, ValueBinding } from "../expr.js";
import { nameOf, staticName } from "../names.js";
import { type Range, type Sequence } from "./text.js";
import { skipBlanks } from "../parse/blanks.js";

/** Where an expression stands, with its parentheses. */
export const rangeOf = (expr: Expr): Range => {
  const { start = 0, end = start } = expr.parens?.at(-1) ?? expr;
  return { start, end };
};

/** What a function, `let`, `with` or `assert` gives in the end. */
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

/** The set that an expression gives in the end, if it is written out. */
export const setIn = (expr: Expr): Attrs | undefined => {
  const result = resultOf(expr);
  return result.kind === "attrs" ? result : undefined;
};

/** Where the parts of a set stand. */
export const sequenceOf = (text: string, set: Attrs): Sequence => {
  const start = set.start ?? 0;
  const brace = set.recursive ? skipBlanks(text, start + "rec".length) : start;
  return {
    open: brace + 1,
    close: (set.end ?? 0) - 1,
    elements: set.bindings.map(({ start: from = 0, end = 0 }) => ({ start: from, end })),
  };
};

/** A binding that has to do with a path, in its set. */
export type Definition = { readonly set: Attrs; readonly index: number } & (
  | /** It says what the path is. */
    { readonly kind: "whole"; readonly binding: ValueBinding }
    /** It says what is inside, where its path goes on after `depth` names. */
  | { readonly kind: "part"; readonly binding: ValueBinding; readonly depth: number }
  /** It inherits the path or something that it leads through. */
  | { readonly kind: "inherited"; readonly binding: Inherit; readonly name: string; readonly exact: boolean }
  /** It is something on the way that is not written out as a set. */
  | { readonly kind: "opaque"; readonly binding: ValueBinding }
);

/** How many names two paths have in common from the start. */
const commonNames = (path: readonly AttrName[], names: readonly string[]): number => {
  let count = 0;
  while (count < names.length && staticName(path[count]) === names[count]) count++;
  return count;
};

/** All that a set says about a path of at least one name. */
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

/** A binding whose name is computed where a path has one, so that it may be that path. */
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

/** Where a binding for a path that is not there yet goes: into a set, after one of its bindings. */
export interface Place {
  readonly set: Attrs;
  /** -1 for a set without bindings. */
  readonly after: number;
  readonly path: readonly string[];
  /** How many names of the path were found. */
  readonly depth: number;
}

/** The innermost set written out on the way, or next to the bindings that share most of the path. */
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
