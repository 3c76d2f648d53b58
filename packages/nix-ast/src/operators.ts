import type { BinaryOperator, Expr } from "./expr.js";

/**
 * How tightly each form binds, 0 the tightest: the one precedence table of the language, for printer and parser. Taken
 * from the manual's operator table and Nix's grammar, and tested against real Nix for every pair.
 */
export const LEVEL = { atom: 0, select: 1, call: 2, negate: 3, hasAttr: 4, not: 8, greedy: 16 } as const;

export interface OperatorRule {
  readonly level: number;
  /** The loosest level an operand may have without parentheses. */
  readonly left: number;
  readonly right: number;
}

export const BINARY: Readonly<Record<BinaryOperator, OperatorRule>> = {
  "++": { level: 5, left: 4, right: 5 },
  "*": { level: 6, left: 6, right: 5 },
  "/": { level: 6, left: 6, right: 5 },
  "+": { level: 7, left: 7, right: 6 },
  "-": { level: 7, left: 7, right: 6 },
  "//": { level: 9, left: 8, right: 9 },
  "<": { level: 10, left: 9, right: 9 },
  "<=": { level: 10, left: 9, right: 9 },
  ">": { level: 10, left: 9, right: 9 },
  ">=": { level: 10, left: 9, right: 9 },
  "==": { level: 11, left: 10, right: 10 },
  "!=": { level: 11, left: 10, right: 10 },
  "&&": { level: 12, left: 12, right: 11 },
  "||": { level: 13, left: 13, right: 12 },
  "->": { level: 14, left: 13, right: 14 },
  "|>": { level: 15, left: 15, right: 14 },
  "<|": { level: 15, left: 14, right: 15 },
};

/** The level of an expression as it is written; numbers here are not negative. */
export const levelOf = (expr: Expr): number => {
  switch (expr.kind) {
    case "select":
      return LEVEL.select;
    case "call":
      return LEVEL.call;
    case "unary":
      return expr.operator === "-" ? LEVEL.negate : LEVEL.not;
    case "hasAttr":
      return LEVEL.hasAttr;
    case "binary":
      return BINARY[expr.operator].level;
    case "let":
    case "with":
    case "assert":
    case "if":
    case "lambda":
      return LEVEL.greedy;
    default:
      return LEVEL.atom;
  }
};

/** The two pipes share a level but cannot be mixed without parentheses. */
export const clash = (operator: BinaryOperator, operand: Expr): boolean =>
  operand.kind === "binary" &&
  operand.operator !== operator &&
  BINARY[operator].level === BINARY["|>"].level &&
  BINARY[operand.operator].level === BINARY["|>"].level;
