/** Which expressions may begin on the line of what comes before them, and which are simple enough to stay on it. */
import type { AttrPath, Attrs, Expr, Formals, Lambda, LegacyLet, List, Trivium } from "../expr.js";
import { isIdentifier } from "../names.js";
import { LEVEL } from "../operators.js";
import { isMultiline } from "../strings.js";
import { inside, view, viewTarget, type Written } from "./view.js";

type Commented = { readonly [Field in "before" | "after" | "tokens"]?: Expr[Field] | undefined };

export const isBare = ({ before, after, tokens }: Commented): boolean =>
  before === undefined && after === undefined && tokens === undefined;
const onlyTags = (before: readonly Trivium[] | undefined): boolean =>
  before === undefined || before.every((trivium) => trivium.kind === "languageTag");

/** Whether nixfmt's grammar calls it a term: an atom, a selection, parentheses. */
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

/** Terms that may span lines and yet begin on the current one. */
export const isAbsorbable = (expr: Written): boolean => {
  let term = expr;
  for (;;) {
    switch (term.kind) {
      case "indentedStr":
        return isMultiline(term.parts);
      case "list":
        return term.items.length > 0 || isFilled(term);
      case "attrs":
      case "legacyLet":
        return term.bindings.length > 0 || isFilled(term);
      case "paren": {
        const inner = inside(term);
        if (term.before !== undefined || term.tokens?.open !== undefined) return false;
        if (!isTerm(inner) || !onlyTags(inner.before)) return false;
        term = inner;
        break;
      }
      default:
        return false;
    }
  }
};

/** Whether brackets without items hold something to keep apart: a comment or their author's line break. */
const isFilled = ({ before, inner, expanded, tokens }: List | Attrs | LegacyLet): boolean =>
  inner !== undefined || expanded === true || before !== undefined || tokens?.open !== undefined;

/** As {@link isAbsorbable}, and `with x; [ … ]` and functions that end in such a term. */
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
  // Each function of a long chain is asked about in turn.
  if (chain.length > 1) for (const lambda of chain) absorbableLambdas.set(lambda, known);
  return known;
};

const absorbableLambdas = new WeakMap<Lambda, boolean>();

/** Whether formals may stand on one line: two names at most, without defaults or comments. */
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

/** Parts after which an expression is not looked at further: it is not simple. */
const SIMPLE_PARTS = 256;

/** Small enough to be kept on one line: names, numbers, strings, plain selections, calls of these with two arguments. */
export const isSimple = (expr: Written): boolean => {
  const waiting: Written[] = [expr];
  for (let parts = 0, next = waiting.pop(); next !== undefined; next = waiting.pop(), parts++) {
    // A comment after a selection is its last name's, which does not count.
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
