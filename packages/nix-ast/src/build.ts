/** Constructors of the nodes that hold others. Where an expression stands they take data too, as {@link toNix} does. */
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
import { isNode, toNix, type NixInput, type NixRecord } from "./to-nix.js";

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

/** The bindings of a set or `let`: a list of them, or a record of values by name, each name one attribute. */
export type Bindings = readonly Binding[] | NixRecord;

const isBindings = (bindings: Bindings): bindings is readonly Binding[] => Array.isArray(bindings);

/** The bindings that a record or list of them stands for. */
export const toBindings = (bindings: Bindings): readonly Binding[] => {
  if (isBindings(bindings)) {
    const wrong = bindings.findIndex(
      (one: unknown) => !isNode(one) || (one.kind !== "binding" && one.kind !== "inherit"),
    );
    if (wrong >= 0) throw new TypeError(`bindings are made by binding and inherit; number ${String(wrong + 1)} is not`);
    return bindings;
  }
  const node = toNix(bindings);
  if (node.kind !== "attrs") throw new TypeError(`bindings are a list or a record, not a node of kind ${node.kind}`);
  return node.bindings;
};

/** `{ a = 1; }` from a record, or from bindings where attribute paths or `inherit` are wanted. */
export const attrs = (bindings: Bindings): Attrs => ({
  [NODE]: true,
  kind: "attrs",
  recursive: false,
  bindings: toBindings(bindings),
});

/** `rec { a = 1; b = a; }` */
export const recAttrs = (bindings: Bindings): Attrs => ({ ...attrs(bindings), recursive: true });

/** `a.b = value;` is `binding(["a", "b"], value)`; each name is one attribute, whatever dots it holds. */
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
 * `param: body`; a string names the whole argument, {@link formals} takes it apart. RangeError for a name that cannot
 * stand as a variable.
 */
export const lambda = (param: string | Param, body: NixInput): Lambda => ({
  [NODE]: true,
  kind: "lambda",
  param: typeof param === "string" ? identParam(param) : param,
  body: toNix(body),
});

const identParam = (name: string): IdentParam => ({ [NODE]: true, kind: "identParam", name: checkIdentifier(name) });

/** `name ? default` in {@link formals}. RangeError for a name that cannot stand as a variable. */
export const formal = (name: string, byDefault?: NixInput): Formal => ({
  [NODE]: true,
  kind: "formal",
  name: checkIdentifier(name),
  ...(byDefault === undefined ? {} : { default: toNix(byDefault) }),
});

/** What {@link formals} may have beside names. */
export interface FormalsOptions {
  /** Allow further attributes: `...`. Default: false. */
  readonly ellipsis?: boolean;
  /** Name the whole argument: `as: { name: "inputs", side: "after" }` is `{ … }@inputs`. */
  readonly as?: { readonly name: string; readonly side: "before" | "after" };
}

/**
 * `{ a, b ? 1, ... }@all` as the parameter of a {@link lambda}. RangeError for a name that cannot stand as a variable
 * or stands twice.
 */
export const formals = (
  names: readonly (string | Formal)[],
  { ellipsis = false, as }: FormalsOptions = {},
): Formals => {
  const list = names.map((name) => (typeof name === "string" ? formal(name) : name));
  const seen = new Set<string>();
  for (const name of [...list.map((one) => one.name), ...(as ? [checkIdentifier(as.name)] : [])]) {
    if (seen.has(name)) throw new RangeError(`formal ${JSON.stringify(name)} stands twice`);
    seen.add(name);
  }
  return { [NODE]: true, kind: "formals", formals: list, ellipsis, ...(as ? { as } : {}) };
};

/** `f a b`: nested calls, one for each argument. */
export function call(f: NixInput, argument: NixInput, ...more: readonly NixInput[]): Call {
  let node: Call = { [NODE]: true, kind: "call", function: toNix(f), argument: toNix(argument) };
  for (const next of more) node = { [NODE]: true, kind: "call", function: node, argument: toNix(next) };
  return node;
}

/** `target.a.b` is `select(target, "a", "b")`; each name is one attribute. */
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

/** What {@link comment} puts around a node. */
export interface Comments {
  /** Lines before the node; a text of several lines becomes several comments. */
  readonly before?: string | readonly string[];
  /** Text after the node, on its line. Of several lines, it stands before the node instead. */
  readonly after?: string;
  /** The language of a string, for editors: `bash` prints `/* bash *\/` before it. RangeError unless it is one word. */
  readonly language?: string;
}

const LANGUAGE = /^[A-Za-z0-9+._-]{1,30}$/;
const lines = (text: string): readonly string[] => checkText(text).split(/\r\n|[\r\n]/);

/** The same node with comments, after those it has. No text can end its comment. */
export const comment = <T extends Annotated>(node: T, { before = [], after, language }: Comments): T => {
  const afterLines = after === undefined ? [] : lines(after).map((line) => line.trim());
  const own = [...[before].flat().flatMap(lines), ...(afterLines.length > 1 ? afterLines : [])];
  const trivia = own.map((line): Trivium => ({ kind: "lineComment", text: line.trimEnd() && ` ${line.trimEnd()}` }));
  if (language !== undefined) {
    if (!LANGUAGE.test(language)) throw new RangeError(`not the name of a language: ${JSON.stringify(language)}`);
    trivia.push({ kind: "languageTag", text: language });
  }
  const [afterLine] = afterLines;
  return {
    ...node,
    ...(trivia.length > 0 ? { before: [...(node.before ?? []), ...trivia] } : {}),
    ...(afterLines.length === 1 && afterLine ? { after: joinAfter(node.after, afterLine) } : {}),
  };
};

/** The same node with a blank line before it, where it stands in a list of items, bindings or formals. */
export const blankLine = <T extends Annotated>(node: T): T => ({
  ...node,
  before: [{ kind: "blankLine" }, ...(node.before ?? [])],
});
