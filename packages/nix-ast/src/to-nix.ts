import { NODE, type Binding, type Expr, type Node } from "./expr.js";
import { checkText, float, ident, int, str } from "./literal.js";

/** What every constructor takes where an expression stands: a node, or data that {@link toNix} makes one of. */
export type NixInput = Expr | null | boolean | number | bigint | string | readonly NixInput[] | NixRecord;
/** Attributes by name, in the order of the keys; a key whose value is `undefined` is left out, as JSON does. */
export interface NixRecord {
  readonly [name: string]: NixInput | undefined;
}

/** Where in the data a value stands: keys and indexes from the outside in. */
export type DataPath = readonly (string | number)[];

/** A value that is neither data nor a node, such as a Date, a Map, a function or a cycle. */
export class ToNixError extends TypeError {
  override readonly name = "ToNixError";
  /** Where the value stands in what was passed. */
  readonly path: DataPath;

  constructor(what: string, path: DataPath) {
    super(`cannot turn ${what} into Nix${showPath(path)}`);
    this.path = path;
  }
}

const showPath = (path: DataPath): string =>
  path.length === 0
    ? ""
    : ` at ${path.map((step) => (typeof step === "number" ? `[${String(step)}]` : /^[\w$-]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`)).join("")}`;

/** Whether `value` was made by a constructor of this package, in whichever copy of it. */
export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && NODE in value && value[NODE] === true;

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

/** A plain object: of no class, in whichever realm it was made. */
const isRecord = (value: object): value is Readonly<Record<string, unknown>> => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

/** What `parse` and edits return. As data it would be a set that nobody wants. */
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
 * JSON-like data as nodes: null, booleans, numbers (integers where exact), `bigint`, strings, arrays, plain objects, and
 * nodes anywhere inside. A property that is `undefined` is left out.
 *
 * @throws {ToNixError} with the path to it, for anything else: dates, maps, class instances, functions, symbols, cycles,
 *   `undefined` in an array.
 * @throws {RangeError} for what Nix cannot say: see {@link int}, {@link float}, {@link str}.
 */
export const toNix = (value: unknown): Expr => {
  if (typeof value !== "object" || value === null || isNode(value)) return leafToNix(value, NO_PATH);
  return dataToNix(value);
};

/** An array or object being converted, its parts before `next` done. */
interface Frame {
  readonly source: object;
  /** The names of an object's values. */
  readonly names: readonly string[] | undefined;
  readonly values: readonly unknown[];
  readonly items: Expr[];
  readonly bindings: Binding[];
  next: number;
}

const NO_PATH = (): DataPath => [];

/** Goes through arrays and objects with a stack of its own, so that no depth overflows the program's. */
const dataToNix = (data: object): Expr => {
  const frames: Frame[] = [];
  const ancestors = new Set<object>();
  const path = (): DataPath => frames.map(({ names, next }) => names?.[next - 1] ?? next - 1);
  const enter = (source: object): void => {
    if (ancestors.has(source)) throw new ToNixError("a cycle", path());
    if (isEither(source)) throw new ToNixError("an Either, whose value is to be taken out first,", path());
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
        const node: Expr =
          frame.names === undefined
            ? { [NODE]: true, kind: "list", items: frame.items }
            : { [NODE]: true, kind: "attrs", recursive: false, bindings: frame.bindings };
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
  else frame.bindings.push({ [NODE]: true, kind: "binding", path: [checkText(name)], value: node });
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
      throw new ToNixError(`a node of kind ${value.kind}, which is no expression,`, path());
  }
};

/** A number as JSON would read it back: an integer where it is exact, a float otherwise; -0 is 0. */
const numberToNix = (value: number | bigint): Expr =>
  typeof value === "bigint" || Number.isSafeInteger(value) ? int(value) : float(value);
