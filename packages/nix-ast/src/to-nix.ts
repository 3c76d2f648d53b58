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

/** A number as JSON would read it back: an integer where it is exact, a float otherwise; -0 is 0. */
const numberToNix = (value: number): Expr => (Number.isSafeInteger(value) ? int(value) : float(value));

/**
 * JSON-like data as nodes: null, booleans, numbers (integers where exact), `bigint`, strings, arrays, plain objects, and
 * nodes anywhere inside. A property that is `undefined` is left out.
 *
 * @throws {ToNixError} with the path to it, for anything else: dates, maps, class instances, functions, symbols, cycles,
 *   `undefined` in an array.
 * @throws {RangeError} for what Nix cannot say: see {@link int}, {@link float}, {@link str}.
 */
export const toNix = (value: unknown): Expr => convert(value, [], new Set());

const convert = (value: unknown, path: (string | number)[], ancestors: Set<object>): Expr => {
  switch (typeof value) {
    case "string":
      return at(path, () => str(value));
    case "number":
      return at(path, () => numberToNix(value));
    case "bigint":
      return at(path, () => int(value));
    case "boolean":
      return ident(value ? "true" : "false");
    case "object":
      break;
    default:
      throw new ToNixError(describe(value), [...path]);
  }
  if (value === null) return ident("null");
  if (isNode(value)) {
    if (isExpr(value)) return value;
    throw new ToNixError(`a node of kind ${value.kind}, which is no expression,`, [...path]);
  }
  if (ancestors.has(value)) throw new ToNixError("a cycle", [...path]);
  ancestors.add(value);
  const node = Array.isArray(value) ? convertArray(value, path, ancestors) : convertRecord(value, path, ancestors);
  ancestors.delete(value);
  return node;
};

const convertArray = (items: readonly unknown[], path: (string | number)[], ancestors: Set<object>): Expr => {
  const nodes: Expr[] = [];
  for (let index = 0; index < items.length; index++) {
    path.push(index);
    nodes.push(convert(items[index], path, ancestors));
    path.pop();
  }
  return { [NODE]: true, kind: "list", items: nodes };
};

const convertRecord = (record: object, path: (string | number)[], ancestors: Set<object>): Expr => {
  if (!isRecord(record)) throw new ToNixError(describe(record), [...path]);
  const bindings: Binding[] = [];
  for (const [name, value] of Object.entries(record)) {
    if (value === undefined) continue;
    path.push(name);
    at(path, () => checkText(name));
    bindings.push({ [NODE]: true, kind: "binding", path: [name], value: convert(value, path, ancestors) });
    path.pop();
  }
  return { [NODE]: true, kind: "attrs", recursive: false, bindings };
};

/** Adds to a RangeError where in the data the value stands. */
const at = <T>(path: DataPath, make: () => T): T => {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError && path.length > 0) throw new RangeError(error.message + showPath(path));
    throw error;
  }
};
