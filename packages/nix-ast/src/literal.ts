/** Constructors of the nodes without sub-structure: numbers, strings, paths, names. */
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

export const INT64_MIN = -(2n ** 63n);
export const INT64_MAX = 2n ** 63n - 1n;
/** The smallest double that is not subnormal; Nix refuses to read smaller ones. */
export const FLOAT_MIN = 2 ** -1022;

/** `value` as an error message shows it: short, quoted, on one line. */
const show = (value: string): string => JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);

/** Throws a RangeError if Nix cannot hold `text`: it has a NUL or half a surrogate pair. */
export const checkText = (text: string): string => {
  if (/[\0\p{Surrogate}]/u.test(text)) {
    throw new RangeError(`Nix text cannot hold a NUL or a lone surrogate: ${show(text)}`);
  }
  return text;
};

/** Throws a RangeError unless `name` can be written as a variable. */
export const checkIdentifier = (name: string): string => {
  if (!isIdentifier(name)) {
    throw new RangeError(`not a Nix identifier: ${show(name)}; a letter or _, then letters, digits, _ ' -, no keyword`);
  }
  return name;
};

/** An integer. RangeError beyond 64 bits, or for a `number` that is no safe integer (write a `bigint`). */
export const int = (value: number | bigint): Int => {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new RangeError(`not a safe integer: ${String(value)}; pass a bigint, or use float`);
  }
  const exact = BigInt(value);
  if (exact < INT64_MIN || exact > INT64_MAX) throw new RangeError(`beyond a 64-bit integer: ${String(exact)}`);
  return { [NODE]: true, kind: "int", value: exact };
};

/** A float, -0 included. RangeError for NaN, the infinities and subnormal numbers, which Nix cannot write. */
export const float = (value: number): Float => {
  if (!Number.isFinite(value) || (value !== 0 && Math.abs(value) < FLOAT_MIN)) {
    throw new RangeError(`Nix has no float ${String(value)}: it must be finite and not subnormal`);
  }
  return { [NODE]: true, kind: "float", value };
};

/** Joins neighbouring texts and drops empty ones, so that equal strings are equal nodes. */
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

/** {@link joinParts} of texts that Nix can hold; RangeError for others. */
const checkParts = (parts: readonly StringPart[]): readonly StringPart[] => {
  const joined = joinParts(parts);
  for (const part of joined) if (typeof part === "string") checkText(part);
  return joined;
};

/** `${expr}` inside a string or path. */
export const interp = (expr: Expr): Interpolation => ({ [NODE]: true, kind: "interpolation", expr });

/** `${expr}` as a step of an attribute path. */
export const dynamic = (expr: Expr): DynamicName => ({ [NODE]: true, kind: "dynamicName", expr });

/** A string with `"` quotes: `str("a ", interp(ident("b")))`. RangeError for NUL and lone surrogates. */
export const str = (...parts: readonly StringPart[]): Str => ({ [NODE]: true, kind: "str", parts: checkParts(parts) });

/**
 * A string with `''` quotes, one source line for each of its lines. The parts are its value: indentation is the
 * printer's. RangeError for NUL and lone surrogates.
 */
export const indentedStr = (...parts: readonly StringPart[]): IndentedStr => ({
  [NODE]: true,
  kind: "indentedStr",
  parts: checkParts(parts),
});

/**
 * A path: `path("./hosts/a b.nix")`, `path("./hosts/", interp(name), ".nix")`. It begins with `./`, `../`, `/` or `~/`; any
 * other text is taken as relative, as if `./` stood before it. RangeError for NUL and lone surrogates.
 */
export const path = (first: string, ...rest: readonly StringPart[]): Path => {
  const rooted =
    /^(?:\.{0,2}|~)(?:\/|$)/.test(first) && !(first === "" && rest.length > 0) ? first || "./." : `./${first}`;
  const [head, ...tail] = checkParts([rooted, ...rest]);
  return { [NODE]: true, kind: "path", parts: [typeof head === "string" ? head : rooted, ...tail] };
};

const SEARCH_PATH = /^[a-zA-Z0-9._+-]+(?:\/[a-zA-Z0-9._+-]+)*$/;

/** `<nixpkgs/lib>` is `searchPath("nixpkgs/lib")`. RangeError for text that cannot stand between the brackets. */
export const searchPath = (text: string): SearchPath => {
  if (!SEARCH_PATH.test(text)) throw new RangeError(`not a search path: ${show(text)}; write it as "nixpkgs/lib"`);
  return { [NODE]: true, kind: "searchPath", path: text };
};

/** A variable. RangeError for a keyword or a name that cannot be written without quotes. */
export const ident = (name: string): Ident => ({ [NODE]: true, kind: "ident", name: checkIdentifier(name) });
