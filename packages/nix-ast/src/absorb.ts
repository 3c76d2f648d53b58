/** Which expressions may begin on the line of what comes before them, and which are simple enough to stay on it. */
import type { AttrPath, Expr, Formals, Trivium } from "./expr.js";
import { isIdentifier } from "./names.js";
import { LEVEL } from "./operators.js";
import { isMultiline } from "./strings.js";
import { view, viewTarget, type Written } from "./view.js";

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
        return term.items.length > 0 || term.inner !== undefined || term.expanded === true || term.tokens !== undefined;
      case "attrs":
        return (
          term.bindings.length > 0 || term.inner !== undefined || term.expanded === true || term.tokens !== undefined
        );
      case "paren": {
        const inner = view(term.expr, LEVEL.greedy);
        if (!isTerm(inner) || !onlyTags(inner.before)) return false;
        term = inner;
        break;
      }
      default:
        return false;
    }
  }
};

/** As {@link isAbsorbable}, and `with x; [ … ]` and functions that end in such a term. */
export const isAbsorbableExpr = (expr: Written): boolean => {
  let body = expr;
  for (;;) {
    switch (body.kind) {
      case "with":
        return isAbsorbable(view(body.body, LEVEL.greedy));
      case "lambda": {
        const { param, sameLine } = body;
        const next = view(body.body, LEVEL.greedy);
        if (param.kind === "formals") {
          if (!canFlatten(param) || param.before !== undefined || sameLine !== true) return false;
        } else if (next.kind !== "lambda") return isAbsorbable(next);
        body = next;
        break;
      }
      default:
        return isAbsorbable(body);
    }
  }
};

/** Whether formals may stand on one line: two names at most, without defaults or comments. */
export const canFlatten = ({ formals, inner, expanded, as, tokens }: Formals): boolean =>
  as === undefined &&
  expanded !== true &&
  inner === undefined &&
  tokens?.close === undefined &&
  formals.length <= 2 &&
  formals.every((formal) => formal.default === undefined && isBare(formal));

export const isSimplePath = (path: AttrPath): boolean =>
  path.every((name) => typeof name === "string" && isIdentifier(name));

/** Small enough to be kept on one line: names, numbers, strings, plain selections, calls of these with two arguments. */
export const isSimple = (expr: Written): boolean => {
  let term = expr;
  for (;;) {
    if (!isBare(term)) return false;
    switch (term.kind) {
      case "str":
      case "indentedStr":
      case "path":
      case "ident":
      case "int":
      case "float":
      case "searchPath":
        return true;
      case "select":
        if (term.or !== undefined || !isSimplePath(term.path)) return false;
        term = viewTarget(term.target);
        break;
      case "paren":
        term = view(term.expr, LEVEL.greedy);
        break;
      case "call": {
        const f = view(term.function, LEVEL.call);
        if (f.kind === "call" && f.function.kind === "call") return false;
        if (!isSimple(view(term.argument, LEVEL.select))) return false;
        term = f;
        break;
      }
      default:
        return false;
    }
  }
};
