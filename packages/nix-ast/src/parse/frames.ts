/**
 * The unfinished nodes of the parser. They are on its own stack, so that deep nesting does not overflow the call stack.
 */
import type {
  Assert,
  AttrName,
  Binary,
  Binding,
  Expr,
  Formal,
  Formals,
  If,
  Inherit,
  Interpolation,
  Lambda,
  Let,
  Tokens,
  TokenSlot,
  TokenTrivia,
  Trivium,
  UnaryOperator,
  With,
} from "../expr.js";
import type { Mutable } from "../nodes.js";
import type { TokenKind } from "./lexer.js";

export type Before = readonly Trivium[] | undefined;
export type After = string | undefined;

/** An opening token with its place and the comments around it. */
export interface Opening {
  readonly start: number;
  readonly line: number;
  readonly before: Before;
  readonly after: After;
}

export type Frame =
  | { readonly kind: "root" }
  // Terms with brackets
  | { readonly kind: "parens"; readonly opening: Opening }
  | {
      readonly kind: "list";
      readonly opening: Opening;
      readonly items: Expr[];
      /** Comments before the current item. They belong to the whole item, not to its first token. */
      before: Before;
    }
  | {
      readonly kind: "set";
      readonly of: "attrs" | "recAttrs" | "legacyLet";
      readonly start: number;
      readonly before: Before;
      readonly brace: Opening;
      readonly tokens: Tokens | undefined;
      readonly bindings: Binding[];
    }
  | TextFrame
  | { readonly kind: "interpolation"; readonly start: number; readonly disabledFrom: number | undefined }
  // Names
  | PathFrame
  | { readonly kind: "dynamic"; readonly opening: Opening }
  | { readonly kind: "inherit"; readonly node: Mutable<Inherit>; readonly names: AttrName[]; readonly line: number }
  | { readonly kind: "inheritFrom"; readonly opening: Opening }
  // Operators
  | { readonly kind: "binary"; readonly node: Mutable<Binary>; readonly level: number }
  | {
      readonly kind: "prefix";
      readonly operator: UnaryOperator;
      readonly level: number;
      readonly opening: Opening;
    }
  | { readonly kind: "application"; readonly function: Expr }
  | { readonly kind: "or"; readonly frame: PathFrame; readonly tokens: Tokens | undefined }
  // Parts of bindings, functions, `let`, `with`, `assert` and `if`
  | { readonly kind: "binding"; readonly frame: PathFrame; readonly tokens: Tokens | undefined }
  | { readonly kind: "let"; readonly node: Mutable<Let>; readonly bindings: Binding[] }
  | { readonly kind: "letBody"; readonly node: Mutable<Let> }
  | { readonly kind: "withScope" | "withBody"; readonly node: Mutable<With> }
  | { readonly kind: "assertCondition" | "assertBody"; readonly node: Mutable<Assert> }
  | { readonly kind: "ifCondition" | "ifThen" | "ifElse"; readonly node: Mutable<If> }
  | FormalsFrame
  | { readonly kind: "default"; readonly formal: Mutable<Formal> }
  | { readonly kind: "lambda"; readonly node: Mutable<Lambda> };

/** An unfinished string or path. */
export interface TextFrame {
  readonly kind: "text";
  readonly of: '"' | "''" | "path";
  readonly start: number;
  readonly before: Before;
  /** Source text, text values of holes, and interpolations. */
  readonly pieces: (string | HoleText | Interpolation)[];
  /** True if a `nixfmt:disable` or `nixfmt:enable` is in an interpolation. */
  cut: boolean;
}
export interface HoleText {
  readonly kind: "holeText";
  readonly text: string;
}

/** An unfinished attribute path, and its use. */
export interface PathFrame {
  readonly kind: "path";
  readonly use: "binding" | "select" | "hasAttr";
  readonly start: number;
  readonly before: Before;
  readonly target: Expr | undefined;
  readonly tokens: Tokens | undefined;
  readonly names: AttrName[];
  /** The comments at the `.` before the next name. */
  dot: TokenTrivia | undefined;
}

export interface FormalsFrame {
  readonly kind: "formals";
  readonly node: Mutable<Formals>;
  readonly formals: Formal[];
  readonly line: number;
  /** Comments before the last comma. They belong to the next formal. */
  carried: Before;
}

/** The tokens at which each frame can resume after an error. */
export const RESUMES: Readonly<Partial<Record<Frame["kind"], readonly TokenKind[]>>> = {
  parens: [")"],
  list: ["]"],
  set: ["}", ";"],
  interpolation: ["}"],
  dynamic: ["}"],
  inheritFrom: [")"],
  binding: [";"],
  let: ["in", ";"],
  withScope: [";"],
  assertCondition: [";"],
  ifCondition: ["then"],
  ifThen: ["else"],
  formals: ["}"],
  // The frame around it resumes at "}".
  default: [","],
};

/** The token that each frame expects after its expression. */
export const EXPECTS: Readonly<Partial<Record<Frame["kind"], string>>> = {
  root: "the end of the file",
  parens: "`)`",
  interpolation: "`}`",
  dynamic: "`}`",
  inheritFrom: "`)`",
  binding: "`;`",
  withScope: "`;`",
  assertCondition: "`;`",
  ifCondition: "`then`",
  ifThen: "`else`",
  default: "`,` or `}`",
};

/** The offset of the opening bracket or keyword of a frame, if it has a closing one. */
export const openedAt = (frame: Frame): number | undefined => {
  switch (frame.kind) {
    case "parens":
    case "list":
    case "dynamic":
    case "inheritFrom":
      return frame.opening.start;
    case "set":
      return frame.brace.start;
    case "interpolation":
      return frame.start;
    case "formals":
    case "let":
      return frame.node.start;
    default:
      return undefined;
  }
};

/** True if a frame accepts every expression without parentheses. */
export const takesAny = (frame: Frame): boolean => {
  switch (frame.kind) {
    case "binary":
    case "prefix":
    case "application":
    case "or":
    case "list":
      return false;
    default:
      return true;
  }
};

/** Comments at a token, if there are any. */
export const trivia = (before: Before, after: After): TokenTrivia | undefined =>
  before === undefined && after === undefined
    ? undefined
    : { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };

/** `tokens` plus the comments at one more token. */
export const withToken = (
  tokens: Tokens | undefined,
  slot: TokenSlot,
  before: Before,
  after: After,
): Tokens | undefined => {
  const own = trivia(before, after);
  return own === undefined ? tokens : { ...tokens, [slot]: own };
};
