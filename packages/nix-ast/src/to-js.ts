import type { Attrs, Expr, Node } from "./expr.js";
import { staticName } from "./names.js";
import type { Result } from "./result.js";

/** Data that a Nix expression can write out. A Nix integer that is not a safe integer is a `bigint`. */
export type NixData =
  null | boolean | number | bigint | string | readonly NixData[] | { readonly [name: string]: NixData };

/** A part of an expression that is not data. */
export interface NotDataError {
  readonly _tag: "NotDataError";
  /** The reason, in one sentence. */
  readonly message: string;
  /** The part, with its offsets if it was parsed. */
  readonly node: Node;
}

type Container = NixData[] | Record<string, NixData>;

/** A value to convert, and its place in the result. */
interface Task {
  readonly expr: Expr;
  readonly into: Container;
  readonly key: string | number;
}

const CONSTANTS: Readonly<Record<string, NixData>> = { null: null, true: true, false: false };

const KINDS: Readonly<Partial<Record<Node["kind"], string>>> = {
  ident: "a variable",
  path: "a path",
  searchPath: "a path",
  lambda: "a function",
  call: "a call",
  select: "a selection",
  binary: "an operator",
  inherit: "an inherited attribute",
};

/**
 * The data of an expression that is written out: null, booleans, numbers, strings, lists and sets. It is the inverse of
 * {@link toNix}. Attribute paths become nested objects. An error for everything that Nix has to evaluate: variables,
 * calls, interpolations, operators, paths.
 */
export const toJs = (expr: Expr): Result<NotDataError, NixData> => {
  const root: NixData[] = [];
  const tasks: Task[] = [{ expr, into: root, key: 0 }];
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    const { into, key } = task;
    const node = task.expr;
    switch (node.kind) {
      case "list": {
        const items: NixData[] = [];
        put(into, key, items);
        // Filled in order, so that the array is dense.
        for (let i = node.items.length - 1; i >= 0; i--)
          tasks.push({ expr: node.items[i] as Expr, into: items, key: i });
        break;
      }
      case "attrs": {
        const wrong = fill(node, into, key, tasks);
        if (wrong) return notData(wrong);
        break;
      }
      default: {
        const value = leafOf(node);
        if (value === undefined) return notData(node);
        put(into, key, value);
      }
    }
  }
  return { _tag: "Right", right: root[0] ?? null };
};

const notData = (node: Node): Result<NotDataError, never> => {
  const message = `${KINDS[node.kind] ?? "this expression"} is not data; evaluate it with Nix`;
  return { _tag: "Left", left: { _tag: "NotDataError", message, node } };
};

/** Sets a property, also `__proto__`. */
const put = (into: Container, key: string | number, value: NixData): void => {
  if (key === "__proto__") {
    Object.defineProperty(into, key, { value, enumerable: true, configurable: true, writable: true });
  } else (into as Record<string | number, NixData>)[key] = value;
};

/** The object of an attribute, which several bindings may define together. */
const objectAt = (into: Container, key: string | number): Record<string, NixData> => {
  const known = Object.hasOwn(into, key) ? (into as Record<string | number, NixData>)[key] : undefined;
  if (typeof known === "object" && known !== null && !Array.isArray(known)) return known as Record<string, NixData>;
  const created: Record<string, NixData> = {};
  put(into, key, created);
  return created;
};

/** Adds the tasks for the attributes of a set. Returns the first part that is not data, if there is one. */
const fill = (set: Attrs, into: Container, key: string | number, tasks: Task[]): Node | undefined => {
  const target = objectAt(into, key);
  const added: Task[] = [];
  for (const binding of set.bindings) {
    if (binding.kind === "inherit") return binding;
    const names = binding.path.map(staticName);
    const last = names.pop();
    let at: Container = target;
    for (const name of names) {
      if (name === undefined) return binding;
      at = objectAt(at, name);
    }
    if (last === undefined) return binding;
    added.push({ expr: binding.value, into: at, key: last });
  }
  tasks.push(...added.reverse());
  return undefined;
};

const leafOf = (node: Expr): NixData | undefined => {
  switch (node.kind) {
    case "int":
      return Number.isSafeInteger(Number(node.value)) ? Number(node.value) : node.value;
    case "float":
      return node.value;
    case "str":
    case "indentedStr":
      return node.parts.every((part) => typeof part === "string") ? node.parts.join("") : undefined;
    case "ident":
      return Object.hasOwn(CONSTANTS, node.name) ? CONSTANTS[node.name] : undefined;
    case "unary": {
      if (node.operator !== "-") return undefined;
      const { operand } = node;
      if (operand.kind === "float") return -operand.value;
      return operand.kind === "int" ? leafOf({ ...operand, value: -operand.value }) : undefined;
    }
    default:
      return undefined;
  }
};
