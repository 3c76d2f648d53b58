/**
 * Creates the most frequent nodes. V8 allocates an object of a constructor in one step, but a literal with the computed
 * key `NODE` property by property, which takes three times as long.
 */
import {
  NODE,
  type Attrs,
  type AttrPath,
  type Binary,
  type BinaryOperator,
  type Binding,
  type Call,
  type Expr,
  type Ident,
  type IdentParam,
  type Int,
  type Interpolation,
  type Lambda,
  type List,
  type Node,
  type Param,
  type Select,
  type Str,
  type StringPart,
  type ValueBinding,
} from "./expr.js";

export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A constructor of plain objects: they inherit from `Object.prototype` alone. */
const plain = <T, Values extends readonly unknown[]>(
  construct: (this: Mutable<T>, ...values: Values) => void,
): new (...values: Values) => Mutable<T> => {
  construct.prototype = Object.prototype;
  return construct as unknown as new (...values: Values) => Mutable<T>;
};

export const IdentNode = plain(function (this: Mutable<Ident>, name: string, start?: number, end?: number) {
  this[NODE] = true;
  this.kind = "ident";
  this.name = name;
  if (start === undefined || end === undefined) return;
  this.start = start;
  this.end = end;
});

export const IntNode = plain(function (this: Mutable<Int>, value: bigint, start?: number, end?: number) {
  this[NODE] = true;
  this.kind = "int";
  this.value = value;
  if (start === undefined || end === undefined) return;
  this.start = start;
  this.end = end;
});

export const StrNode = plain(function (this: Mutable<Str>, parts: readonly StringPart[], start?: number, end?: number) {
  this[NODE] = true;
  this.kind = "str";
  this.parts = parts;
  if (start === undefined || end === undefined) return;
  this.start = start;
  this.end = end;
});

export const InterpolationNode = plain(function (
  this: Mutable<Interpolation>,
  expr: Expr,
  start?: number,
  end?: number,
) {
  this[NODE] = true;
  this.kind = "interpolation";
  this.expr = expr;
  if (start === undefined || end === undefined) return;
  this.start = start;
  this.end = end;
});

export const ListNode = plain(function (
  this: Mutable<List>,
  items: readonly Expr[],
  start?: number,
  end?: number,
  expanded?: boolean,
) {
  this[NODE] = true;
  this.kind = "list";
  this.items = items;
  if (start === undefined || end === undefined) return;
  this.start = start;
  this.end = end;
  if (expanded !== undefined) this.expanded = expanded;
});

export const AttrsNode = plain(function (
  this: Mutable<Attrs>,
  recursive: boolean,
  bindings: readonly Binding[],
  start?: number,
  end?: number,
  expanded?: boolean,
) {
  this[NODE] = true;
  this.kind = "attrs";
  this.recursive = recursive;
  this.bindings = bindings;
  if (start === undefined || end === undefined) return;
  this.start = start;
  this.end = end;
  if (expanded !== undefined) this.expanded = expanded;
});

export const BindingNode = plain(function (
  this: Mutable<ValueBinding>,
  path: AttrPath,
  value: Expr,
  start?: number,
  end?: number,
) {
  this[NODE] = true;
  this.kind = "binding";
  this.path = path;
  this.value = value;
  if (start === undefined || end === undefined) return;
  this.start = start;
  this.end = end;
});

export const CallNode = plain(function (this: Mutable<Call>, f: Expr, argument: Expr, start?: number, end?: number) {
  this[NODE] = true;
  this.kind = "call";
  this.function = f;
  this.argument = argument;
  if (start === undefined || end === undefined) return;
  this.start = start;
  this.end = end;
});

export const SelectNode = plain(function (
  this: Mutable<Select>,
  target: Expr,
  path: AttrPath,
  start?: number,
  end?: number,
) {
  this[NODE] = true;
  this.kind = "select";
  this.target = target;
  this.path = path;
  if (start === undefined || end === undefined) return;
  this.start = start;
  this.end = end;
});

export const BinaryNode = plain(function (
  this: Mutable<Binary>,
  operator: BinaryOperator,
  left: Expr,
  right: Expr,
  start?: number,
  end?: number,
) {
  this[NODE] = true;
  this.kind = "binary";
  this.operator = operator;
  this.left = left;
  this.right = right;
  if (start === undefined || end === undefined) return;
  this.start = start;
  this.end = end;
});

export const IdentParamNode = plain(function (this: Mutable<IdentParam>, name: string, start?: number, end?: number) {
  this[NODE] = true;
  this.kind = "identParam";
  this.name = name;
  if (start === undefined || end === undefined) return;
  this.start = start;
  this.end = end;
});

export const LambdaNode = plain(function (
  this: Mutable<Lambda>,
  param: Param,
  body: Expr,
  start?: number,
  end?: number,
  sameLine?: boolean,
) {
  this[NODE] = true;
  this.kind = "lambda";
  this.param = param;
  this.body = body;
  if (start === undefined || end === undefined) return;
  this.start = start;
  this.end = end;
  if (sameLine !== undefined) this.sameLine = sameLine;
});

/** True if `value` was created by a constructor of any copy of this package. */
export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && NODE in value && value[NODE] === true;
