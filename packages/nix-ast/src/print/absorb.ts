/** Decides which expressions can begin on the current line, and which are simple enough to stay on one line. */
import type { AttrPath, Attrs, Expr, Formals, Lambda, LegacyLet, List, Trivium } from "../expr.js";
import { isIdentifier } from "../names.js";
import { LEVEL } from "../operators.js";
import { isMultiline } from "../strings.js";
import { inside, sourceParen, view, viewTarget, type Paren, type Written } from "./view.js";

type Commented = { readonly [Field in "before" | "after" | "tokens"]?: Expr[Field] | undefined };

export const isBare = ({ before, after, tokens }: Commented): boolean =>
  before === undefined && after === undefined && tokens === undefined;
const onlyTags = (before: readonly Trivium[] | undefined): boolean =>
  before === undefined || before.every((trivium) => trivium.kind === "languageTag");

/** True if it is a term in the grammar of nixfmt: an atom, a selection, parentheses. */
export const isTerm = (expr: Written): boolean => {
  switch (expr.kind) {
    case "let":
    case "with":
    case "assert":
    case "if":
    case "lambda":
    case "call":
    case "hasAttr":
    case "unary":
    case "binary":
      return false;
    default:
      return true;
  }
};

/** Terms on several lines that can begin on the current line. */
export const isAbsorbable = (expr: Written): boolean => {
  switch (expr.kind) {
    case "indentedStr":
      return isMultiline(expr.parts);
    case "list":
      return expr.items.length > 0 || isFilled(expr);
    case "attrs":
    case "legacyLet":
      return expr.bindings.length > 0 || isFilled(expr);
    case "paren": {
      const inner = inside(expr);
      return isOpen(expr, inner) && (inner.kind === "paren" ? isAbsorbableParen(inner) : isAbsorbable(inner));
    }
    default:
      return false;
  }
};

/** True if parentheses do not prevent a term inside from beginning on the current line. */
const isOpen = ({ before, tokens }: Paren, inner: Written): boolean =>
  before === undefined && tokens?.open === undefined && isTerm(inner) && onlyTags(inner.before);

/**
 * The answer for each pair of parentheses of an expression, innermost first, cached because the printer checks every
 * pair.
 */
const absorbableParens = new WeakMap<Expr, boolean[]>();

const isAbsorbableParen = ({ expr, depth }: Paren): boolean => {
  let answers = absorbableParens.get(expr);
  if (answers === undefined) absorbableParens.set(expr, (answers = []));
  for (let at = answers.length; at <= depth; at++) {
    const paren = sourceParen(expr, expr.parens ?? [], at);
    const inner = inside(paren);
    answers.push(isOpen(paren, inner) && (at > 0 ? answers[at - 1] === true : isAbsorbable(inner)));
  }
  return answers[depth] === true;
};

/** True if empty brackets contain a comment or a line break of the source. */
const isFilled = ({ before, inner, expanded, tokens }: List | Attrs | LegacyLet): boolean =>
  inner !== undefined || expanded === true || before !== undefined || tokens?.open !== undefined;

/** As {@link isAbsorbable}, and also `with x; [ … ]` and functions with such a body. */
export const isAbsorbableExpr = (expr: Written): boolean => {
  const chain: Lambda[] = [];
  let body = expr;
  let known: boolean | undefined;
  while (known === undefined) {
    if (body.kind === "lambda") {
      known = absorbableLambdas.get(body);
      if (known !== undefined) break;
      chain.push(body);
      const { param, sameLine } = body;
      const next = view(body.body, LEVEL.greedy);
      if (param.kind === "formals") {
        const { as, before, tokens } = param;
        if (!canFlatten(param) || as || before !== undefined || tokens?.open || sameLine !== true) known = false;
      } else if (next.kind !== "lambda") known = isAbsorbable(next);
      body = next;
    } else known = isAbsorbable(body.kind === "with" ? view(body.body, LEVEL.greedy) : body);
  }
  // A cache, because each function of a long chain is checked.
  if (chain.length > 1) for (const lambda of chain) absorbableLambdas.set(lambda, known);
  return known;
};

const absorbableLambdas = new WeakMap<Lambda, boolean>();

/** True if formals can be on one line: at most two names, without defaults or comments. */
export const canFlatten = ({ formals, inner, expanded, tokens }: Formals): boolean =>
  expanded !== true &&
  inner === undefined &&
  tokens?.close === undefined &&
  tokens?.["..."] === undefined &&
  formals.length <= 2 &&
  formals.every((formal) => formal.default === undefined && isBare(formal));

export const isSimplePath = (path: AttrPath): boolean =>
  path.every((name) =>
    typeof name === "string"
      ? isIdentifier(name)
      : name.kind === "name" && (name.spelling === "or" || (name.spelling === undefined && isIdentifier(name.name))),
  );

/** An expression with more parts is not simple. */
const SIMPLE_PARTS = 256;

/** Simple enough for one line: names, numbers, strings, plain selections, and their calls with up to two arguments. */
export const isSimple = (expr: Written): boolean => {
  const waiting: Written[] = [expr];
  for (let parts = 0, next = waiting.pop(); next !== undefined; next = waiting.pop(), parts++) {
    // A comment after a selection belongs to its last name, which is ignored here.
    if (!(next.kind === "select" ? next.before === undefined : isBare(next)) || parts > SIMPLE_PARTS) return false;
    switch (next.kind) {
      case "str":
      case "indentedStr":
      case "path":
      case "ident":
      case "int":
      case "float":
      case "searchPath":
        break;
      case "select":
        if (next.or !== undefined || !isSimplePath(next.path)) return false;
        waiting.push(viewTarget(next.target));
        break;
      case "paren":
        waiting.push(inside(next));
        break;
      case "call": {
        const f = view(next.function, LEVEL.call);
        if (f.kind === "call" && view(f.function, LEVEL.call).kind === "call") return false;
        waiting.push(f, view(next.argument, LEVEL.select));
        break;
      }
      default:
        return false;
    }
  }
  return true;
};
