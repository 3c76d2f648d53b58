/** Constructors of nodes with child nodes. For an expression, they also accept data, which {@link toNix} converts. */
import {
  NODE,
  type Annotated,
  type Assert,
  type AttrName,
  type AttrPath,
  type Attrs,
  type Binary,
  type BinaryOperator,
  type Binding,
  type Call,
  type Formal,
  type Formals,
  type HasAttr,
  type If,
  type Inherit,
  type IdentParam,
  type Lambda,
  type Let,
  type List,
  type Param,
  type Select,
  type Trivium,
  type Unary,
  type ValueBinding,
  type With,
} from "./expr.js";
import { checkIdentifier, checkText } from "./literal.js";
import { joinAfter } from "./trivia.js";
import { isNode } from "./nodes.js";
import { toNix, type NixInput, type NixRecord } from "./to-nix.js";

export { dynamic, float, ident, indentedStr, int, interp, path, searchPath, str } from "./literal.js";

const checkName = (name: AttrName): AttrName => (typeof name === "string" ? checkText(name) : name);
const checkPath = (path: AttrName | AttrPath): AttrPath => {
  if (typeof path === "string" || "kind" in path) return [checkName(path)];
  path.forEach(checkName);
  return path;
};

/** `[ a b ]` */
export const list = (items: readonly NixInput[]): List => ({
  [NODE]: true,
  kind: "list",
  items: items.map((item) => toNix(item)),
});

/** The bindings of a set or `let`: a list, or a record of values by attribute name. */
export type Bindings = readonly Binding[] | NixRecord;

const isBindings = (bindings: Bindings): bindings is readonly Binding[] => Array.isArray(bindings);

/** Converts a record or list to bindings. */
export const toBindings = (bindings: Bindings): readonly Binding[] => {
  if (isBindings(bindings)) {
    const wrong = bindings.findIndex(
      (one: unknown) => !isNode(one) || (one.kind !== "binding" && one.kind !== "inherit"),
    );
    if (wrong >= 0)
      throw new TypeError(`item ${String(wrong + 1)} is not a binding: create it with binding or inherit`);
    return bindings;
  }
  const node = toNix(bindings);
  if (node.kind !== "attrs")
    throw new TypeError(`expected a list or record of bindings, not a node of kind ${node.kind}`);
  return node.bindings;
};

/** `{ a = 1; }` from a record, or from bindings for attribute paths and `inherit`. */
export const attrs = (bindings: Bindings): Attrs => ({
  [NODE]: true,
  kind: "attrs",
  recursive: false,
  bindings: toBindings(bindings),
});

/** `rec { a = 1; b = a; }` */
export const recAttrs = (bindings: Bindings): Attrs => ({ ...attrs(bindings), recursive: true });

/** `a.b = value;` is `binding(["a", "b"], value)`. Each name is one attribute, even with dots in it. */
export const binding = (path: AttrName | AttrPath, value: NixInput): ValueBinding => ({
  [NODE]: true,
  kind: "binding",
  path: checkPath(path),
  value: toNix(value),
});

/** `inherit a b;` */
export const inherit = (...names: readonly string[]): Inherit => ({
  [NODE]: true,
  kind: "inherit",
  names: names.map(checkText),
});

/** `inherit (from) a b;` */
export const inheritFrom = (from: NixInput, ...names: readonly string[]): Inherit => ({
  ...inherit(...names),
  from: toNix(from),
});

/** `let bindings in body` */
export const letIn = (bindings: Bindings, body: NixInput): Let => ({
  [NODE]: true,
  kind: "let",
  bindings: toBindings(bindings),
  body: toNix(body),
});

/** `with scope; body` */
export const withIn = (scope: NixInput, body: NixInput): With => ({
  [NODE]: true,
  kind: "with",
  scope: toNix(scope),
  body: toNix(body),
});

/** `assert condition; body` */
export const assertThat = (condition: NixInput, body: NixInput): Assert => ({
  [NODE]: true,
  kind: "assert",
  condition: toNix(condition),
  body: toNix(body),
});

/** `if condition then yes else no` */
export const ifElse = (condition: NixInput, yes: NixInput, no: NixInput): If => ({
  [NODE]: true,
  kind: "if",
  condition: toNix(condition),
  then: toNix(yes),
  else: toNix(no),
});

/**
 * `param: body`. A string is the name of the argument; {@link formals} are the names of its attributes. RangeError for
 * an invalid name.
 */
export const lambda = (param: string | Param, body: NixInput): Lambda => ({
  [NODE]: true,
  kind: "lambda",
  param: typeof param === "string" ? identParam(param) : param,
  body: toNix(body),
});

const identParam = (name: string): IdentParam => ({ [NODE]: true, kind: "identParam", name: checkIdentifier(name) });

/** `name ? default` in {@link formals}. RangeError for an invalid name. */
export const formal = (name: string, byDefault?: NixInput): Formal => ({
  [NODE]: true,
  kind: "formal",
  name: checkIdentifier(name),
  ...(byDefault === undefined ? {} : { default: toNix(byDefault) }),
});

/** Options of {@link formals}. */
export interface FormalsOptions {
  /** Allow further attributes: `...`. Default: false. */
  readonly ellipsis?: boolean;
  /** A name for the whole argument: `as: { name: "inputs", side: "after" }` is `{ … }@inputs`. */
  readonly as?: { readonly name: string; readonly side: "before" | "after" };
}

/** `{ a, b ? 1, ... }@all` as the parameter of a {@link lambda}. RangeError for an invalid or duplicate name. */
export const formals = (
  names: readonly (string | Formal)[],
  { ellipsis = false, as }: FormalsOptions = {},
): Formals => {
  const list = names.map((name) => (typeof name === "string" ? formal(name) : name));
  const seen = new Set<string>();
  for (const name of [...list.map((one) => one.name), ...(as ? [checkIdentifier(as.name)] : [])]) {
    if (seen.has(name)) throw new RangeError(`duplicate formal ${JSON.stringify(name)}`);
    seen.add(name);
  }
  return { [NODE]: true, kind: "formals", formals: list, ellipsis, ...(as ? { as } : {}) };
};

/** `f a b`, as nested calls. */
export function call(f: NixInput, argument: NixInput, ...more: readonly NixInput[]): Call {
  let node: Call = { [NODE]: true, kind: "call", function: toNix(f), argument: toNix(argument) };
  for (const next of more) node = { [NODE]: true, kind: "call", function: node, argument: toNix(next) };
  return node;
}

/** `target.a.b` is `select(target, "a", "b")`. Each name is one attribute. */
export const select = (target: NixInput, ...path: AttrPath): Select => ({
  [NODE]: true,
  kind: "select",
  target: toNix(target),
  path: checkPath(path),
});

/** `target.a.b or byDefault` is `selectOr(target, ["a", "b"], byDefault)`. */
export const selectOr = (target: NixInput, path: AttrName | AttrPath, byDefault: NixInput): Select => ({
  [NODE]: true,
  kind: "select",
  target: toNix(target),
  path: checkPath(path),
  or: toNix(byDefault),
});

/** `target ? a.b` is `hasAttr(target, "a", "b")`. */
export const hasAttr = (target: NixInput, ...path: AttrPath): HasAttr => ({
  [NODE]: true,
  kind: "hasAttr",
  target: toNix(target),
  path: checkPath(path),
});

/** `!operand` */
export const not = (operand: NixInput): Unary => ({
  [NODE]: true,
  kind: "unary",
  operator: "!",
  operand: toNix(operand),
});

/** `-operand` */
export const negate = (operand: NixInput): Unary => ({
  [NODE]: true,
  kind: "unary",
  operator: "-",
  operand: toNix(operand),
});

/** `left operator right`: `binary(a, "++", b)`. */
export const binary = (left: NixInput, operator: BinaryOperator, right: NixInput): Binary => ({
  [NODE]: true,
  kind: "binary",
  operator,
  left: toNix(left),
  right: toNix(right),
});

/** Comments for {@link comment}. */
export interface Comments {
  /** Comments on lines before the node. Text with several lines becomes several comments. */
  readonly before?: string | readonly string[];
  /** A comment after the node on its line. Text with several lines is put before the node instead. */
  readonly after?: string;
  /**
   * The language of a string, for editors: `bash` prints `/* bash *\/` before the string. RangeError unless it is one
   * word.
   */
  readonly language?: string;
}

const LANGUAGE = /^[A-Za-z0-9+._-]{1,30}$/;
const lines = (text: string): readonly string[] => checkText(text).split(/\r\n|[\r\n]/);

/** A copy of the node with more comments. No text can end its comment and become code. */
export const comment = <T extends Annotated>(node: T, { before = [], after, language }: Comments): T => {
  const afterLines = after === undefined ? [] : lines(after).map((line) => line.trim());
  const own = [...[before].flat().flatMap(lines), ...(afterLines.length > 1 ? afterLines : [])];
  const trivia = own.map((line): Trivium => ({ kind: "lineComment", text: line.trimEnd() && ` ${line.trimEnd()}` }));
  if (language !== undefined) {
    if (!LANGUAGE.test(language)) throw new RangeError(`not a language name: ${JSON.stringify(language)}`);
    trivia.push({ kind: "languageTag", text: language });
  }
  const [afterLine] = afterLines;
  return {
    ...node,
    ...(trivia.length > 0 ? { before: [...(node.before ?? []), ...trivia] } : {}),
    ...(afterLines.length === 1 && afterLine ? { after: joinAfter(node.after, afterLine) } : {}),
  };
};

/** A copy of the node with a blank line before it. It applies to list items, bindings and formals. */
export const blankLine = <T extends Annotated>(node: T): T => ({
  ...node,
  before: [{ kind: "blankLine" }, ...(node.before ?? [])],
});
