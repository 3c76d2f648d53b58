/**
 * The Nix language as data: a closed union of readonly nodes tagged by `kind`.
 *
 * Nodes are plain objects that contain only the meaning: the printer adds quotes, escapes and parentheses. A parsed
 * node also has its offsets (`start`, `end`), and its source spelling if the printer would write it differently
 * (`spelling`, `quoted`, `parens`).
 */

/**
 * Marks a node, to distinguish it from data of the same shape (`{ kind: "int" }`). It is a registered symbol, so that
 * two copies of this package accept each other's nodes. JSON omits it, and a spread copies it. Its type is a string,
 * because each declaration of a `unique symbol` is another type, and the copies would reject each other's nodes.
 */
export const NODE: "@microvm-emit/nix-ast/node" = Symbol.for("@microvm-emit/nix-ast/node") as never;

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
  /** Marks a node. */
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
  /** The offset after the node. */
  readonly end?: number;
  /** The origin of the node in any form, such as a path in a config. The printer ignores it. */
  readonly origin?: Origin;
}

/** Keys and indexes, outermost first. */
export type Origin = readonly (string | number)[];

/** A pair of parentheses with its comments: `before` the opening one, `after` the closing one, `tokens` inside. */
export interface Parens {
  /** Comments before the opening parenthesis. */
  readonly before?: readonly Trivium[];
  /** A comment after the closing parenthesis. */
  readonly after?: string;
  /** Comments inside. */
  readonly tokens?: Tokens;
  /** The offset of the opening parenthesis. */
  readonly start: number;
  /** The offset after the closing parenthesis. */
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
  /** Comments on the lines before. */
  readonly before?: readonly Trivium[];
  /** A comment after it, on the same line, without the `# `. */
  readonly after?: string;
}

/** A piece of a string or path: literal text, or an interpolated expression. */
export type StringPart = string | Interpolation;
/** `${expr}` in a string or path. */
export interface Interpolation {
  /** Marks a node. */
  readonly [NODE]: true;
  readonly kind: "interpolation";
  /** The expression in `${…}`. */
  readonly expr: Expr;
  /** Offsets in the source. */
  readonly start?: number;
  /** The offset after the `}`. */
  readonly end?: number;
}

/** A step of an attribute path: a static name (any text), or an expression for a name. */
export type AttrName = StaticName | DynamicName;
/** A static name. It is a node if it has comments or a special spelling. */
export type StaticName = string | Name;
/** A static name as a node. */
export interface Name extends Annotated {
  readonly kind: "name";
  /** The name, without quotes and escapes. */
  readonly name: string;
  /** The name in the source: `"a"`, `${"a"}`. */
  readonly spelling?: string;
}
/** `${expr}` or `"a${expr}"` as a name. */
export interface DynamicName extends Annotated {
  readonly kind: "dynamicName";
  /** The expression of the name. */
  readonly expr: Expr;
  /** For a string: true if the source has `"a${b}"`, false for `${"a${b}"}`. */
  readonly quoted?: boolean;
}
/** At least one name. */
export type AttrPath = readonly [AttrName, ...AttrName[]];

/** A signed 64-bit integer. */
export interface Int extends Annotated {
  readonly kind: "int";
  /** The value. */
  readonly value: bigint;
  /** The digits as their author wrote them. */
  readonly spelling?: string;
}
/** A finite, normal double. */
export interface Float extends Annotated {
  readonly kind: "float";
  /** The value, finite. */
  readonly value: number;
  /** The digits as their author wrote them. */
  readonly spelling?: string;
}
/** A string with `"` quotes. */
export interface Str extends Annotated {
  readonly kind: "str";
  /** The parts, without escapes. */
  readonly parts: readonly StringPart[];
  /** The parts in the source. */
  readonly spelling?: Spelling;
}
/** A string with `''` quotes; `parts` are the value after Nix strips the indentation. */
export interface IndentedStr extends Annotated {
  readonly kind: "indentedStr";
  /** The parts, without escapes and indentation. */
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
  /** The parts; the first begins with `/`, `./`, `../` or `~/`. */
  readonly parts: readonly [string, ...StringPart[]];
  /** The parts in the source. */
  readonly spelling?: Spelling;
}
/** `<nixpkgs/lib>`; `path` is the text between the brackets. */
export interface SearchPath extends Annotated {
  readonly kind: "searchPath";
  /** The text between the brackets. */
  readonly path: string;
}
/** A variable. `true`, `false`, `null` and `__curPos` are variables too. */
export interface Ident extends Annotated {
  readonly kind: "ident";
  /** The name. */
  readonly name: string;
}
/** `[ a b ]`. */
export interface List extends Annotated {
  readonly kind: "list";
  /** The items. */
  readonly items: readonly Expr[];
  /** Print the brackets on separate lines even if the list fits on one line, as nixfmt does for such a source. */
  readonly expanded?: boolean;
  /** Comments after the last item, before `]`. */
  readonly inner?: readonly Trivium[];
}
/** `{ … }`, or `rec { … }`. */
export interface Attrs extends Annotated {
  readonly kind: "attrs";
  /** True for `rec { … }`. */
  readonly recursive: boolean;
  /** The bindings, in order. */
  readonly bindings: readonly Binding[];
  /** Print the braces on separate lines even if the set fits on one line, as nixfmt does for such a source. */
  readonly expanded?: boolean;
  /** Comments after the last binding, before `}`. */
  readonly inner?: readonly Trivium[];
}
/** `a.b.c = value;` */
export interface ValueBinding extends Annotated {
  readonly kind: "binding";
  /** The attribute path. */
  readonly path: AttrPath;
  /** The value. */
  readonly value: Expr;
}
/** `inherit a b;`, or with `from` `inherit (from) a b;`. */
export interface Inherit extends Annotated {
  readonly kind: "inherit";
  /** The set in parentheses; without it, the names are variables of the scope. */
  readonly from?: Expr;
  /** The inherited names. */
  readonly names: readonly StaticName[];
  /** Print each name on a separate line even if all fit on one line. */
  readonly expanded?: boolean;
}
/** An element of a set or `let`. */
export type Binding = ValueBinding | Inherit;
/** `let { body = …; }`, an old syntax: the attribute `body` of a recursive set. */
export interface LegacyLet extends Annotated {
  readonly kind: "legacyLet";
  /** The bindings, in order. */
  readonly bindings: readonly Binding[];
  /** Print the braces on separate lines even if the set fits on one line. */
  readonly expanded?: boolean;
  /** Comments after the last binding, before `}`. */
  readonly inner?: readonly Trivium[];
}
/** `let … in body`. */
export interface Let extends Annotated {
  readonly kind: "let";
  /** The bindings, in order. */
  readonly bindings: readonly Binding[];
  /** Comments after the last binding, before `in`. */
  readonly inner?: readonly Trivium[];
  /** The expression after `in`. */
  readonly body: Expr;
}
/** `with scope; body`. */
export interface With extends Annotated {
  readonly kind: "with";
  /** The set whose attributes become variables. */
  readonly scope: Expr;
  /** The expression after `;`. */
  readonly body: Expr;
}
/** `assert condition; body`. */
export interface Assert extends Annotated {
  readonly kind: "assert";
  /** The condition. */
  readonly condition: Expr;
  /** The expression after `;`. */
  readonly body: Expr;
}
/** `if condition then … else …`. */
export interface If extends Annotated {
  readonly kind: "if";
  /** The condition. */
  readonly condition: Expr;
  /** The value if the condition is true. */
  readonly then: Expr;
  /** The value if the condition is false. */
  readonly else: Expr;
}
/** `param: body`. */
export interface Lambda extends Annotated {
  readonly kind: "lambda";
  /** The parameter. */
  readonly param: Param;
  /** The expression after `:`. */
  readonly body: Expr;
  /**
   * True if the body of `{ … }:` begins on the line of the colon, if nixfmt (1.3 and later) allows that. By default, it
   * begins on the next line unless everything fits on one line, which all versions of nixfmt accept.
   */
  readonly sameLine?: boolean;
}
/** The parameter of a function: a name for the argument, or the names of its attributes. */
export type Param = IdentParam | Formals;
/** A parameter with one name: `x`. */
export interface IdentParam extends Annotated {
  readonly kind: "identParam";
  /** The name. */
  readonly name: string;
}
/** `{ a, b ? 1, ... }`, with `as` naming the whole argument before or after the braces. */
export interface Formals extends Annotated {
  readonly kind: "formals";
  /** The names, in order. */
  readonly formals: readonly Formal[];
  /** True for `...`: other attributes are accepted. */
  readonly ellipsis: boolean;
  /** Print the braces on separate lines even if the names fit on one line. */
  readonly expanded?: boolean;
  /** The name of the whole argument, and its side of the braces. */
  readonly as?: { readonly name: string; readonly side: "before" | "after" };
  /** Comments after the last formal, before `}`. */
  readonly inner?: readonly Trivium[];
}
/** A name of {@link Formals}: `a`, or `a ? 1`. */
export interface Formal extends Annotated {
  readonly kind: "formal";
  /** The name. */
  readonly name: string;
  /** The default value. */
  readonly default?: Expr;
}
/** `function argument`. Several arguments are nested calls. */
export interface Call extends Annotated {
  readonly kind: "call";
  /** The function. */
  readonly function: Expr;
  /** The argument. */
  readonly argument: Expr;
}
/** `target.a.b`, or `target.a.b or value` for a default value. */
export interface Select extends Annotated {
  readonly kind: "select";
  /** The set. */
  readonly target: Expr;
  /** The attribute path. */
  readonly path: AttrPath;
  /** The value if the attribute is missing. */
  readonly or?: Expr;
}
/** `target ? a.b`. */
export interface HasAttr extends Annotated {
  readonly kind: "hasAttr";
  /** The set. */
  readonly target: Expr;
  /** The attribute path. */
  readonly path: AttrPath;
}
/** `-a`, `!a`. */
export interface Unary extends Annotated {
  readonly kind: "unary";
  /** The operator. */
  readonly operator: UnaryOperator;
  /** The operand. */
  readonly operand: Expr;
}
/** `a + b`, `a && b`, …. */
export interface Binary extends Annotated {
  readonly kind: "binary";
  /** The operator. */
  readonly operator: BinaryOperator;
  /** The left operand. */
  readonly left: Expr;
  /** The right operand. */
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
