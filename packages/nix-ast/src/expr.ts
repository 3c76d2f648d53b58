/**
 * The Nix language as data: a closed union of readonly nodes tagged by `kind`.
 *
 * Nodes are plain objects that contain only the meaning: the printer adds quotes, escapes and parentheses. A parsed
 * node also has its offsets (`start`, `end`), and its source spelling if the printer would write it differently
 * (`spelling`, `quoted`, `parens`).
 */

/**
 * Marks a node, to distinguish it from data of the same shape (`{ kind: "int" }`). It is a registered symbol, so that
 * two copies of this package accept each other's nodes. JSON omits it, and a spread copies it.
 */
export const NODE: unique symbol = Symbol.for("@microvm-emit/nix-ast/node") as never;

/** A comment or blank line before a node. */
export type Trivium =
  /** A one-line comment; `text` is everything after the `#`, usually with a space first, without a newline. */
  | { readonly kind: "lineComment"; readonly text: string }
  /** A block comment of several lines, or with `doc` a documentation comment (slash, two asterisks). */
  | { readonly kind: "blockComment"; readonly doc: boolean; readonly lines: readonly string[] }
  /** A language tag such as `bash` in a one-line block comment directly before a string. */
  | { readonly kind: "languageTag"; readonly text: string }
  /** One blank line. */
  | { readonly kind: "blankLine" }
  /** A block comment `nixfmt:disable`: the code after it is printed unchanged. */
  | { readonly kind: "disable" }
  /** `nixfmt:enable`, with the unchanged lines since the `disable` before it. */
  | { readonly kind: "enable"; readonly region?: string }
  /** The end of a file without an `enable`, with the unchanged text since the `disable`. */
  | { readonly kind: "disabledToEnd"; readonly region: string };

/** Properties of all nodes that do not change the meaning. */
export interface Annotated {
  readonly [NODE]: true;
  /** Comments and blank lines before the node, in order. */
  readonly before?: readonly Trivium[];
  /** A comment after the node on its last line: one line of text without the `# `. */
  readonly after?: string;
  /** Comments at a token inside the node, such as `=`, `then` or an operator. */
  readonly tokens?: Tokens;
  /** Comments and blank lines at the end of a file or an interpolation. */
  readonly below?: readonly Trivium[];
  /**
   * The parentheses around the node in the source, innermost first. The comments of the node are inside. The printer
   * adds necessary parentheses even without this property.
   */
  readonly parens?: readonly Parens[];
  /** Offsets of the node in the source in UTF-16 units, without its comments and parentheses. */
  readonly start?: number;
  readonly end?: number;
  /** The origin of the node in any form, such as a path in a config. The printer ignores it. */
  readonly origin?: Origin;
}

/** Keys and indexes, outermost first. */
export type Origin = readonly (string | number)[];

/** A pair of parentheses with its comments: `before` the opening one, `after` the closing one, `tokens` inside. */
export interface Parens {
  readonly before?: readonly Trivium[];
  readonly after?: string;
  readonly tokens?: Tokens;
  readonly start: number;
  readonly end: number;
}

/** Comments by token. */
export type Tokens = Readonly<Partial<Record<TokenSlot, TokenTrivia>>>;

/** Tokens inside nodes that can have comments; `open` is the first bracket or keyword of a node. */
export type TokenSlot =
  | "open"
  | "close"
  | "name"
  | "."
  | "="
  | ";"
  | ":"
  | "@"
  | "as"
  | ","
  | "?"
  | "..."
  | "operator"
  | "then"
  | "else"
  | "in"
  | "or"
  | "rec";
/** Comments before a token on separate lines, and a comment after it on the same line. */
export interface TokenTrivia {
  readonly before?: readonly Trivium[];
  readonly after?: string;
}

/** A piece of a string or path: literal text, or an interpolated expression. */
export type StringPart = string | Interpolation;
/** `${expr}` in a string or path. */
export interface Interpolation {
  readonly [NODE]: true;
  readonly kind: "interpolation";
  readonly expr: Expr;
  /** Offsets in the source. */
  readonly start?: number;
  readonly end?: number;
}

/** A step of an attribute path: a static name (any text), or an expression for a name. */
export type AttrName = StaticName | DynamicName;
/** A static name. It is a node if it has comments or a special spelling. */
export type StaticName = string | Name;
export interface Name extends Annotated {
  readonly kind: "name";
  readonly name: string;
  /** The name in the source: `"a"`, `${"a"}`. */
  readonly spelling?: string;
}
/** `${expr}` or `"a${expr}"` as a name. */
export interface DynamicName extends Annotated {
  readonly kind: "dynamicName";
  readonly expr: Expr;
  /** True if the source has a plain string, `"a${b}"`, or an interpolated expression, `${"a${b}"}`. */
  readonly quoted?: boolean;
}
/** At least one name. */
export type AttrPath = readonly [AttrName, ...AttrName[]];

/** A signed 64-bit integer. */
export interface Int extends Annotated {
  readonly kind: "int";
  readonly value: bigint;
  /** The digits as their author wrote them. */
  readonly spelling?: string;
}
/** A finite, normal double. */
export interface Float extends Annotated {
  readonly kind: "float";
  readonly value: number;
  /** The digits as their author wrote them. */
  readonly spelling?: string;
}
/** A string with `"` quotes. */
export interface Str extends Annotated {
  readonly kind: "str";
  readonly parts: readonly StringPart[];
  readonly spelling?: Spelling;
}
/** A string with `''` quotes; `parts` are the value after Nix strips the indentation. */
export interface IndentedStr extends Annotated {
  readonly kind: "indentedStr";
  readonly parts: readonly StringPart[];
  /** Without the indentation. */
  readonly spelling?: Spelling;
  /** The indentation of the lines in the source. It stays because formatting is disabled for some of them. */
  readonly kept?: string;
}
/**
 * Source spellings of the parts of a string by index. A spelling is used only if it still has the value of its part.
 */
export type Spelling = readonly (string | undefined)[];
/**
 * A path: relative (`./a`, `../a`), absolute (`/a`) or in the home directory (`~/a`), by the start of the first part.
 * Parts can contain any characters.
 */
export interface Path extends Annotated {
  readonly kind: "path";
  readonly parts: readonly [string, ...StringPart[]];
  readonly spelling?: Spelling;
}
/** `<nixpkgs/lib>`; `path` is the text between the brackets. */
export interface SearchPath extends Annotated {
  readonly kind: "searchPath";
  readonly path: string;
}
/** A variable. `true`, `false`, `null` and `__curPos` are variables too. */
export interface Ident extends Annotated {
  readonly kind: "ident";
  readonly name: string;
}
export interface List extends Annotated {
  readonly kind: "list";
  readonly items: readonly Expr[];
  /** Print the brackets on separate lines even if the list fits on one line, as nixfmt does for such a source. */
  readonly expanded?: boolean;
  /** Comments after the last item, before `]`. */
  readonly inner?: readonly Trivium[];
}
/** `{ … }`, or `rec { … }`. */
export interface Attrs extends Annotated {
  readonly kind: "attrs";
  readonly recursive: boolean;
  readonly bindings: readonly Binding[];
  /** Print the braces on separate lines even if the set fits on one line, as nixfmt does for such a source. */
  readonly expanded?: boolean;
  /** Comments after the last binding, before `}`. */
  readonly inner?: readonly Trivium[];
}
/** `a.b.c = value;` */
export interface ValueBinding extends Annotated {
  readonly kind: "binding";
  readonly path: AttrPath;
  readonly value: Expr;
}
/** `inherit a b;`, or with `from` `inherit (from) a b;`. */
export interface Inherit extends Annotated {
  readonly kind: "inherit";
  readonly from?: Expr;
  readonly names: readonly StaticName[];
  /** Print each name on a separate line even if all fit on one line. */
  readonly expanded?: boolean;
}
/** An element of a set or `let`. */
export type Binding = ValueBinding | Inherit;
/** `let { body = …; }`, an old syntax: the attribute `body` of a recursive set. */
export interface LegacyLet extends Annotated {
  readonly kind: "legacyLet";
  readonly bindings: readonly Binding[];
  readonly expanded?: boolean;
  /** Comments after the last binding, before `}`. */
  readonly inner?: readonly Trivium[];
}
export interface Let extends Annotated {
  readonly kind: "let";
  readonly bindings: readonly Binding[];
  /** Comments after the last binding, before `in`. */
  readonly inner?: readonly Trivium[];
  readonly body: Expr;
}
export interface With extends Annotated {
  readonly kind: "with";
  readonly scope: Expr;
  readonly body: Expr;
}
export interface Assert extends Annotated {
  readonly kind: "assert";
  readonly condition: Expr;
  readonly body: Expr;
}
export interface If extends Annotated {
  readonly kind: "if";
  readonly condition: Expr;
  readonly then: Expr;
  readonly else: Expr;
}
/** `param: body`. */
export interface Lambda extends Annotated {
  readonly kind: "lambda";
  readonly param: Param;
  readonly body: Expr;
  /**
   * True if the body of `{ … }:` begins on the line of the colon, if nixfmt (1.3 and later) allows that. By default, it
   * begins on the next line unless everything fits on one line, which all versions of nixfmt accept.
   */
  readonly sameLine?: boolean;
}
/** The parameter of a function: a name for the argument, or the names of its attributes. */
export type Param = IdentParam | Formals;
export interface IdentParam extends Annotated {
  readonly kind: "identParam";
  readonly name: string;
}
/** `{ a, b ? 1, ... }`, with `as` naming the whole argument before or after the braces. */
export interface Formals extends Annotated {
  readonly kind: "formals";
  readonly formals: readonly Formal[];
  readonly ellipsis: boolean;
  /** Print the braces on separate lines even if the names fit on one line. */
  readonly expanded?: boolean;
  readonly as?: { readonly name: string; readonly side: "before" | "after" };
  /** Comments after the last formal, before `}`. */
  readonly inner?: readonly Trivium[];
}
export interface Formal extends Annotated {
  readonly kind: "formal";
  readonly name: string;
  readonly default?: Expr;
}
/** `function argument`. Several arguments are nested calls. */
export interface Call extends Annotated {
  readonly kind: "call";
  readonly function: Expr;
  readonly argument: Expr;
}
/** `target.a.b`, or `target.a.b or value` for a default value. */
export interface Select extends Annotated {
  readonly kind: "select";
  readonly target: Expr;
  readonly path: AttrPath;
  readonly or?: Expr;
}
/** `target ? a.b`. */
export interface HasAttr extends Annotated {
  readonly kind: "hasAttr";
  readonly target: Expr;
  readonly path: AttrPath;
}
export interface Unary extends Annotated {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly operand: Expr;
}
export interface Binary extends Annotated {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expr;
  readonly right: Expr;
}

/** Prefix operators. */
export type UnaryOperator = "-" | "!";
/** Infix operators, including the pipes. */
export type BinaryOperator =
  "++" | "*" | "/" | "+" | "-" | "//" | "<" | "<=" | ">" | ">=" | "==" | "!=" | "&&" | "||" | "->" | "|>" | "<|";

/** An expression of any kind. */
export type Expr =
  | Int
  | Float
  | Str
  | IndentedStr
  | Path
  | SearchPath
  | Ident
  | List
  | Attrs
  | LegacyLet
  | Let
  | With
  | Assert
  | If
  | Lambda
  | Call
  | Select
  | HasAttr
  | Unary
  | Binary;

/** Any node: an expression or a part of one. */
export type Node = Expr | Binding | Param | Formal | Interpolation | Name | DynamicName;
