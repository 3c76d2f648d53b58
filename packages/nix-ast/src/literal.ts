/** Constructors of simple nodes: numbers, strings, paths and names. */
import {
  NODE,
  type DynamicName,
  type Expr,
  type Float,
  type Ident,
  type IndentedStr,
  type Int,
  type Interpolation,
  type Path,
  type SearchPath,
  type Str,
  type StringPart,
} from "./expr.js";
import { isIdentifier } from "./names.js";
import { IdentNode, InterpolationNode, IntNode, StrNode } from "./nodes.js";

export const INT64_MIN = -(2n ** 63n);
export const INT64_MAX = 2n ** 63n - 1n;
/** The smallest double that is not subnormal. Nix rejects smaller numbers. */
export const FLOAT_MIN = 2 ** -1022;

/** `value` for an error message: short, quoted, on one line. */
const show = (value: string): string => JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);

/** False for text with a NUL or a lone surrogate, which Nix strings cannot contain. */
export const isText = (text: string): boolean => !/[\0\p{Surrogate}]/u.test(text);

/** Throws a RangeError unless {@link isText}. */
export const checkText = (text: string): string => {
  if (!isText(text)) {
    throw new RangeError(`Nix strings cannot contain a NUL or a lone surrogate: ${show(text)}`);
  }
  return text;
};

/** Throws a RangeError unless `name` is a valid identifier. */
export const checkIdentifier = (name: string): string => {
  if (!isIdentifier(name)) {
    throw new RangeError(
      `not a Nix identifier: ${show(name)}; expected a letter or _, then letters, digits, _ ' -, and no keyword`,
    );
  }
  return name;
};

/**
 * An integer. RangeError if it does not fit in 64 bits, or for a `number` that is not a safe integer (use a `bigint`).
 */
export const int = (value: number | bigint): Int => {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new RangeError(`not a safe integer: ${String(value)}; pass a bigint, or use float`);
  }
  const exact = BigInt(value);
  if (exact < INT64_MIN || exact > INT64_MAX) throw new RangeError(`integer does not fit in 64 bits: ${String(exact)}`);
  return new IntNode(exact);
};

/** A float, also -0. RangeError for NaN, infinities and subnormal numbers, which Nix has no literals for. */
export const float = (value: number): Float => {
  if (!Number.isFinite(value) || (value !== 0 && Math.abs(value) < FLOAT_MIN)) {
    throw new RangeError(`not a Nix float: ${String(value)}; expected a finite number that is not subnormal`);
  }
  return { [NODE]: true, kind: "float", value };
};

/** Joins adjacent texts and removes empty ones, so that equal strings are equal nodes. */
export const joinParts = (parts: readonly StringPart[]): readonly StringPart[] => {
  const joined: StringPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part === "") continue;
    if (typeof part === "string" && typeof last === "string") joined[joined.length - 1] = last + part;
    else joined.push(part);
  }
  return joined;
};

/** {@link joinParts}, with a RangeError for text that Nix strings cannot contain. */
const checkParts = (parts: readonly StringPart[]): readonly StringPart[] => {
  const joined = joinParts(parts);
  for (const part of joined) if (typeof part === "string") checkText(part);
  return joined;
};

/** `${expr}` in a string or path. */
export const interp = (expr: Expr): Interpolation => new InterpolationNode(expr);

/** `${expr}` as a step of an attribute path. */
export const dynamic = (expr: Expr): DynamicName => ({ [NODE]: true, kind: "dynamicName", expr });

/** A string with `"` quotes: `str("a ", interp(ident("b")))`. RangeError for NUL and lone surrogates. */
export const str = (...parts: readonly StringPart[]): Str => new StrNode(checkParts(parts));

/**
 * A string with `''` quotes. The parts are its value; the printer adds the indentation. RangeError for NUL and lone
 * surrogates.
 */
export const indentedStr = (...parts: readonly StringPart[]): IndentedStr => ({
  [NODE]: true,
  kind: "indentedStr",
  parts: checkParts(parts),
});

/**
 * A path: `path("./hosts/a b.nix")`, `path("./hosts/", interp(name), ".nix")`. It begins with `./`, `../`, `/` or `~/`;
 * otherwise `./` is added. RangeError for NUL and lone surrogates.
 */
export const path = (first: string, ...rest: readonly StringPart[]): Path => {
  const rooted =
    /^(?:\.{0,2}|~)(?:\/|$)/.test(first) && !(first === "" && rest.length > 0) ? first || "./." : `./${first}`;
  const [head, ...tail] = checkParts([rooted, ...rest]);
  return { [NODE]: true, kind: "path", parts: [typeof head === "string" ? head : rooted, ...tail] };
};

const SEARCH_PATH = /^[a-zA-Z0-9._+-]+(?:\/[a-zA-Z0-9._+-]+)*$/;

/** `<nixpkgs/lib>` is `searchPath("nixpkgs/lib")`. RangeError for text that is not allowed between the brackets. */
export const searchPath = (text: string): SearchPath => {
  if (!SEARCH_PATH.test(text)) throw new RangeError(`not a search path: ${show(text)}; write it as "nixpkgs/lib"`);
  return { [NODE]: true, kind: "searchPath", path: text };
};

/** A variable. RangeError for a keyword or a name that needs quotes. */
export const ident = (name: string): Ident => new IdentNode(checkIdentifier(name));
