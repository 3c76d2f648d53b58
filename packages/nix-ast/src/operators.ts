import type { BinaryOperator, Expr } from "./expr.js";

/**
 * Precedence levels, for printer and parser; 0 binds most tightly. From the operator table of the Nix manual and the
 * grammar of Nix. Tests compare each pair of operators with Nix.
 */
export const LEVEL = { atom: 0, select: 1, call: 2, negate: 3, hasAttr: 4, not: 8, greedy: 16 } as const;

export interface OperatorRule {
  readonly level: number;
  /** The highest level of an operand without parentheses. */
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

/** The level of an expression in source form, in which numbers are not negative. */
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

/** The two pipes have the same level, but need parentheses when mixed. */
export const clash = (operator: BinaryOperator, operand: Expr): boolean =>
  operand.kind === "binary" &&
  operand.operator !== operator &&
  BINARY[operator].level === BINARY["|>"].level &&
  BINARY[operand.operator].level === BINARY["|>"].level;
