/**
 * Expressions as they are written: with the parentheses that precedence asks for, negative numbers as the negations they
 * are in Nix, and `''` strings that need no `''` with `"` quotes.
 */
import { binary, float, int, negate } from "./build.js";
import { type Annotated, type Binary, type Expr, type Trivium } from "./expr.js";
import { clash, levelOf, BINARY, LEVEL } from "./operators.js";
import { isPlain } from "./strings.js";

/** Parentheses. They take over the comments of what they hold, for they stand outside it. */
export interface Paren {
  readonly kind: "paren";
  readonly expr: Expr;
  readonly before?: readonly Trivium[];
  readonly after?: string;
  readonly tokens?: undefined;
}
export type Written = Expr | Paren;

const INT64_MIN = -(2n ** 63n);

/** `expr` without a number that is negative, which Nix has no literal for. */
const withoutSign = (expr: Expr): Expr => {
  if (expr.kind === "int" && expr.value < 0n) {
    const unsigned =
      expr.value === INT64_MIN ? binary(negate(int(-INT64_MIN - 1n)), "-", int(1)) : negate(int(-expr.value));
    return annotate(unsigned, expr);
  }
  if (expr.kind === "float" && (expr.value < 0 || Object.is(expr.value, -0))) {
    // Nix negates by subtracting from 0, which loses the sign of a zero; a product keeps it.
    return annotate(expr.value === 0 ? binary(float(0), "*", negate(float(1))) : negate(float(-expr.value)), expr);
  }
  if (expr.kind === "indentedStr" && isPlain(expr.parts)) return { ...expr, kind: "str" };
  return expr;
};

const annotate = (node: Expr, { before, after }: Annotated): Expr => ({
  ...node,
  ...(before ? { before } : {}),
  ...(after === undefined ? {} : { after }),
});

export const paren = (expr: Expr): Paren => {
  const { before, after } = expr;
  if (before === undefined && after === undefined) return { kind: "paren", expr };
  const { before: _, after: __, ...inner } = expr;
  return { kind: "paren", expr: inner, ...(before ? { before } : {}), ...(after === undefined ? {} : { after }) };
};

/** `expr` in a place that takes what binds at least as tightly as `level`. */
export const view = (expr: Expr, level: number): Written => {
  const written = withoutSign(expr);
  return levelOf(written) > level ? paren(written) : written;
};

export const viewLeft = (expr: Binary): Written =>
  clash(expr.operator, expr.left) ? paren(expr.left) : view(expr.left, BINARY[expr.operator].left);
export const viewRight = (expr: Binary): Written =>
  clash(expr.operator, expr.right) ? paren(expr.right) : view(expr.right, BINARY[expr.operator].right);

/** What a `.` can follow: no number and no path, whose text would swallow it. */
export const viewTarget = (target: Expr): Written =>
  target.kind === "int" || target.kind === "float" || target.kind === "path"
    ? paren(withoutSign(target))
    : view(target, LEVEL.atom);
