import type { Binding, Expr, Node } from "./expr.js";
import { AttrsNode, BindingNode, isNode, ListNode } from "./nodes.js";
import { checkText, float, ident, int, str } from "./literal.js";

export { isNode };

/** The input of constructors for expressions: a node, or data that {@link toNix} converts. */
export type NixInput = Expr | null | boolean | number | bigint | string | readonly NixInput[] | NixRecord;
/** Attributes by name, in key order. A key with the value `undefined` is omitted, as in JSON. */
export interface NixRecord {
  /** A value by attribute name; `undefined` is left out. */
  readonly [name: string]: NixInput | undefined;
}

/** The path of a value in the data: keys and indexes, outermost first. */
export type DataPath = readonly (string | number)[];

/** A value that is not data and not a node, such as a Date, a Map, a function or a cycle. */
export class ToNixError extends TypeError {
  /** The name of the class. */
  override readonly name = "ToNixError";
  /** The path of the value in the input. */
  readonly path: DataPath;

  constructor(value: string, path: DataPath) {
    super(`cannot convert ${value} to Nix${showPath(path)}`);
    this.path = path;
  }
}

const showPath = (path: DataPath): string =>
  path.length === 0
    ? ""
    : ` at ${path.map((step) => (typeof step === "number" ? `[${String(step)}]` : /^[\w$-]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`)).join("")}`;

const isExpr = (node: Node): node is Expr => {
  switch (node.kind) {
    case "binding":
    case "inherit":
    case "identParam":
    case "formals":
    case "formal":
    case "interpolation":
    case "name":
    case "dynamicName":
      return false;
    default:
      return true;
  }
};

/** True if `value` is a plain object without a class, of any realm. */
const isRecord = (value: object): value is Readonly<Record<string, unknown>> => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

/** True if `value` is a result of `parse` or an edit. As data, it would silently become a set. */
const isEither = (value: object): boolean => {
  const { _tag: tag } = value as { readonly _tag?: unknown };
  return (tag === "Left" && "left" in value) || (tag === "Right" && "right" in value);
};

const describe = (value: unknown): string => {
  switch (typeof value) {
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
    case "object":
      return `an object of class ${(value as object).constructor.name || "(unnamed)"}`;
    default:
      return String(value);
  }
};

/**
 * Converts JSON-like data to nodes: null, booleans, numbers (integers if exact), `bigint`, strings, arrays, plain
 * objects, and nodes anywhere inside. A property with the value `undefined` is omitted.
 *
 * @throws {ToNixError} with the path, for any other value: dates, maps, class instances, functions, symbols, cycles,
 *   `undefined` in an array.
 * @throws {RangeError} for values that Nix cannot represent: see {@link int}, {@link float}, {@link str}.
 */
export const toNix = (value: unknown): Expr => {
  if (typeof value !== "object" || value === null || isNode(value)) return leafToNix(value, NO_PATH);
  return dataToNix(value);
};

/** A partly converted array or object. The parts before `next` are done. */
interface Frame {
  readonly source: object;
  /** The keys of an object. */
  readonly names: readonly string[] | undefined;
  readonly values: readonly unknown[];
  readonly items: Expr[];
  readonly bindings: Binding[];
  next: number;
}

const NO_PATH = (): DataPath => [];

/** Converts arrays and objects with its own stack, so that depth does not overflow the call stack. */
const dataToNix = (data: object): Expr => {
  const frames: Frame[] = [];
  const ancestors = new Set<object>();
  const path = (): DataPath => frames.map(({ names, next }) => names?.[next - 1] ?? next - 1);
  const enter = (source: object): void => {
    if (ancestors.has(source)) throw new ToNixError("a cycle", path());
    if (isEither(source)) throw new ToNixError("an Either (pass its value instead)", path());
    if (!Array.isArray(source) && !isRecord(source)) throw new ToNixError(describe(source), path());
    const names = Array.isArray(source) ? undefined : Object.keys(source);
    const values: readonly unknown[] = Array.isArray(source) ? source : Object.values(source);
    ancestors.add(source);
    frames.push({ source, names, values, items: [], bindings: [], next: 0 });
  };
  enter(data);
  try {
    for (;;) {
      const frame = frames.at(-1) as Frame;
      if (frame.next < frame.values.length) {
        const value = frame.values[frame.next++];
        if (value === undefined && frame.names !== undefined) continue;
        if (typeof value === "object" && value !== null && !isNode(value)) enter(value);
        else add(frame, leafToNix(value, path));
      } else {
        frames.pop();
        ancestors.delete(frame.source);
        const node: Expr = frame.names === undefined ? new ListNode(frame.items) : new AttrsNode(false, frame.bindings);
        const outer = frames.at(-1);
        if (outer === undefined) return node;
        add(outer, node);
      }
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(error.message + showPath(path()), { cause: error });
  }
};

const add = (frame: Frame, node: Expr): void => {
  const name = frame.names?.[frame.next - 1];
  if (name === undefined) frame.items.push(node);
  else frame.bindings.push(new BindingNode([checkText(name)], node));
};

const leafToNix = (value: unknown, path: () => DataPath): Expr => {
  switch (typeof value) {
    case "string":
      return str(value);
    case "number":
    case "bigint":
      return numberToNix(value);
    case "boolean":
      return ident(value ? "true" : "false");
    default:
      if (value === null) return ident("null");
      if (!isNode(value)) throw new ToNixError(describe(value), path());
      if (isExpr(value)) return value;
      throw new ToNixError(`a node of kind ${value.kind}, which is not an expression,`, path());
  }
};

/** Converts a number as JSON does: an integer if exact, otherwise a float; -0 becomes 0. */
const numberToNix = (value: number | bigint): Expr =>
  typeof value === "bigint" || Number.isSafeInteger(value) ? int(value) : float(value);
