/**
 * Expressions in source form: with necessary parentheses, with negative numbers as negations, and with `"` quotes for
 * `''` strings that do not need `''`.
 */
import {
  NODE,
  type Annotated,
  type Binary,
  type BinaryOperator,
  type Expr,
  type IndentedStr,
  type Parens,
  type Tokens,
  type Trivium,
  type Unary,
} from "../expr.js";
import { float, int, INT64_MIN } from "../literal.js";
import { BinaryNode } from "../nodes.js";
import { clash, levelOf, BINARY, LEVEL } from "../operators.js";
import { escapeStr, isPlain } from "../strings.js";

/** Parentheses of the source, or parentheses that precedence requires. */
export interface Paren {
  readonly kind: "paren";
  readonly expr: Expr;
  /** The number of source parentheses of `expr` inside these. */
  readonly depth: number;
  readonly before?: readonly Trivium[];
  readonly after?: string;
  readonly tokens?: Tokens;
}
/** An expression in source form. Source parentheses are nodes around it. */
export type Written = Expr | Paren;

/** `expr` with a negative number as a negation, because Nix has no negative literals. */
const withoutSign = (expr: Expr): Expr => {
  if (expr.kind === "int" && expr.value < 0n) {
    const unsigned =
      expr.value === INT64_MIN ? new BinaryNode("-", negate(int(-INT64_MIN - 1n)), int(1)) : negate(int(-expr.value));
    return annotate(unsigned, expr);
  }
  if (expr.kind === "float" && (expr.value < 0 || Object.is(expr.value, -0))) {
    // Nix negates by subtraction from 0, which loses the sign of -0. A product keeps it.
    return annotate(
      expr.value === 0 ? new BinaryNode("*", float(0), negate(float(1))) : negate(float(-expr.value)),
      expr,
    );
  }
  if (expr.kind === "indentedStr" && isPlain(expr)) return quoted(expr);
  return expr;
};

/** A `''` string with `"` quotes. A tab stays unchanged, as in nixfmt. */
const quoted = (expr: IndentedStr): Expr => {
  const { spelling, ...rest } = expr;
  if (spelling === undefined && !expr.parts.some((part) => typeof part === "string" && part.includes("\t"))) {
    return { ...rest, kind: "str" };
  }
  const texts = expr.parts.map((part, i) => {
    const text = spelling?.[i];
    if (text !== undefined) return text.replace(/''\$|'''/g, (found) => (found === "'''" ? "''" : "\\$"));
    if (typeof part !== "string" || !part.includes("\t")) return undefined;
    return escapeStr(part, i + 1 < expr.parts.length).replaceAll("\\t", "\t");
  });
  return { ...rest, kind: "str", spelling: texts };
};

const negate = (operand: Expr): Unary => ({ [NODE]: true, kind: "unary", operator: "-", operand });

const annotate = (node: Expr, { before, after }: Annotated): Expr => ({
  ...node,
  ...(before ? { before } : {}),
  ...(after === undefined ? {} : { after }),
});

/** Parentheses that the source does not have. The comments of the expression move to them, outside the parentheses. */
const paren = (expr: Expr): Paren => {
  const { before, after } = expr;
  if (before === undefined && after === undefined) return { kind: "paren", expr, depth: 0 };
  const { before: _, after: __, ...inner } = expr;
  return {
    kind: "paren",
    expr: inner,
    depth: 0,
    ...(before ? { before } : {}),
    ...(after === undefined ? {} : { after }),
  };
};

/** The source parentheses of `expr` at `depth`. */
export const sourceParen = (expr: Expr, parens: readonly Parens[], depth: number): Paren => {
  const { before, after, tokens } = parens[depth] as Parens;
  return {
    kind: "paren",
    expr,
    depth,
    ...(before ? { before } : {}),
    ...(after === undefined ? {} : { after }),
    ...(tokens ? { tokens } : {}),
  };
};

/** The content of parentheses. */
export const inside = ({ expr, depth }: Paren): Written =>
  depth > 0 && expr.parens !== undefined ? sourceParen(expr, expr.parens, depth - 1) : withoutSign(expr);

/** `expr` in a place for expressions up to `level`, with parentheses if necessary. */
export const view = (expr: Expr, level: number): Written => {
  const { parens } = expr;
  if (parens !== undefined && parens.length > 0) return sourceParen(expr, parens, parens.length - 1);
  const written = withoutSign(expr);
  return levelOf(written) > level ? paren(written) : written;
};

/** `expr` in a place that always has parentheses. */
export const viewEnclosed = (expr: Expr): Paren => {
  const written = view(expr, LEVEL.greedy);
  return written.kind === "paren" ? written : paren(written);
};

/** An operand, with parentheses if it must not be next to this operator. */
const viewOperand = (operator: BinaryOperator, operand: Expr, level: number): Written =>
  clash(operator, operand) && operand.parens === undefined ? paren(operand) : view(operand, level);

export const viewLeft = ({ operator, left }: Binary): Written => viewOperand(operator, left, BINARY[operator].left);
export const viewRight = ({ operator, right }: Binary): Written => viewOperand(operator, right, BINARY[operator].right);

/** An expression before a `.`. A path needs parentheses, because the `.` would be a part of it. */
export const viewTarget = (target: Expr): Written =>
  target.kind === "path" && target.parens === undefined ? paren(target) : view(target, LEVEL.atom);

/** The operand of a prefix operator. A path needs parentheses after a minus, which would be a part of it. */
export const viewUnaryOperand = ({ operator, operand }: Unary): Written => {
  if (operator === "!") return view(operand, LEVEL.not);
  let first = view(operand, LEVEL.negate);
  while (first.kind === "call") first = view(first.function, LEVEL.call);
  return first.kind === "path" ? viewEnclosed(operand) : view(operand, LEVEL.negate);
};
