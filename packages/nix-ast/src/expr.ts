/**
 * The Nix language as data: a closed union of readonly nodes tagged by `kind`.
 *
 * Nodes are plain objects. What they mean is in their values; how a name is quoted, a string escaped or an operand
 * parenthesised is the printer's business. A node that was parsed also remembers what its author wrote where the printer
 * would write something else that means the same (`spelling`, `quoted`, `parens`), and where it stood (`start`, `end`).
 */

/**
 * The mark of a node, which tells it from data of the same shape (`{ kind: "int" }`). A registered symbol, so that two
 * copies of this package in one process recognise each other's nodes; JSON does not show it and a spread copies it.
 */
export const NODE: unique symbol = Symbol.for("@microvm-emit/nix-ast/node") as never;

/** A comment or blank line that stands before a node. */
export type Trivium =
  /** One line; `text` is all that follows the `#`, as a rule with a space in front, and holds no newline. */
  | { readonly kind: "lineComment"; readonly text: string }
  /** A block comment of several lines, or with `doc` a documentation comment (slash, two asterisks). */
  | { readonly kind: "blockComment"; readonly doc: boolean; readonly lines: readonly string[] }
  /** A language tag such as `bash` in a one-line block comment, right before a string. */
  | { readonly kind: "languageTag"; readonly text: string }
  /** One blank line. */
  | { readonly kind: "blankLine" }
  /** `nixfmt:disable` in a block comment of its own: what follows is printed as its author wrote it. */
  | { readonly kind: "disable" }
  /** `nixfmt:enable`, with the lines from the `disable` before it to this one as their author wrote them. */
  | { readonly kind: "enable"; readonly region?: string }
  /** The end of a file that no `enable` comes before, with all of it from its `disable`. */
  | { readonly kind: "disabledToEnd"; readonly region: string };

/** What any node may carry beside its meaning. */
export interface Annotated {
  readonly [NODE]: true;
  /** Comments and blank lines before the node, in order. */
  readonly before?: readonly Trivium[];
  /** A comment after the node on its last line, one line of text without the `# `. */
  readonly after?: string;
  /** Comments at a token of the node's own that no part of it begins with: `=`, `then`, an operator, … */
  readonly tokens?: Tokens;
  /** Comments and blank lines after the node, where nothing else follows: at the end of a file or an interpolation. */
  readonly below?: readonly Trivium[];
  /**
   * The parentheses around the node in the text it was parsed from, innermost first; those that precedence asks for are
   * printed without them. The node's own comments stand inside.
   */
  readonly parens?: readonly Parens[];
  /** Where the node begins and ends in the text it was parsed from, in UTF-16 units, without its comments and parentheses. */
  readonly start?: number;
  readonly end?: number;
  /** Where the node came from, as its maker names places: a path into a config, say. The printer does not read it. */
  readonly origin?: Origin;
}

/** Keys and indexes from the outside in. */
export type Origin = readonly (string | number)[];

/** A pair of parentheses, with its comments: `before` the opening one, `after` the closing one, `tokens` inside. */
export interface Parens {
  readonly before?: readonly Trivium[];
  readonly after?: string;
  readonly tokens?: Tokens;
  readonly start: number;
  readonly end: number;
}

/** Comments by the token they stand at. */
export type Tokens = Readonly<Partial<Record<TokenSlot, TokenTrivia>>>;

/** The tokens inside nodes that comments can stand at; `open` is the bracket or keyword a node begins with. */
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
/** Comments on lines before a token, and one after it on its line. */
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
  /** Where it begins and ends in the text it was parsed from. */
  readonly start?: number;
  readonly end?: number;
}

/** One step of an attribute path: a static name (any text), or an expression that evaluates to one. */
export type AttrName = StaticName | DynamicName;
/** A name, as a node where it has comments or a spelling of its own. */
export type StaticName = string | Name;
export interface Name extends Annotated {
  readonly kind: "name";
  readonly name: string;
  /** The name as its author wrote it: `"a"`, `${"a"}`. */
  readonly spelling?: string;
}
/** `${expr}` or `"a${expr}"` as a name. */
export interface DynamicName extends Annotated {
  readonly kind: "dynamicName";
  readonly expr: Expr;
  /** Whether a string stands for itself, `"a${b}"`, or as any other expression does, `${"a${b}"}`. */
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
/** A string with `''` quotes; `parts` hold the value after Nix strips indentation. */
export interface IndentedStr extends Annotated {
  readonly kind: "indentedStr";
  readonly parts: readonly StringPart[];
  /** Without the indentation. */
  readonly spelling?: Spelling;
  /** The indentation that its lines keep, because some of them stand where formatting is disabled. */
  readonly kept?: string;
}
/** Texts of a string's parts as their author wrote them, each at the index of its part; used while they mean that part. */
export type Spelling = readonly (string | undefined)[];
/**
 * A path: relative (`./a`, `../a`), absolute (`/a`) or home (`~/a`). The first part is text and tells which; characters
 * that a path literal does not allow are fine.
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
/** A variable; `true`, `false`, `null` and `__curPos` are identifiers too. */
export interface Ident extends Annotated {
  readonly kind: "ident";
  readonly name: string;
}
export interface List extends Annotated {
  readonly kind: "list";
  readonly items: readonly Expr[];
  /** Keep the brackets on lines of their own even where the list would fit on one, as nixfmt keeps its author's. */
  readonly expanded?: boolean;
  /** Comments after the last item, before `]`. */
  readonly inner?: readonly Trivium[];
}
/** `{ … }`, or `rec { … }`. */
export interface Attrs extends Annotated {
  readonly kind: "attrs";
  readonly recursive: boolean;
  readonly bindings: readonly Binding[];
  /** Keep the braces on lines of their own even where the set would fit on one, as nixfmt keeps its author's. */
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
  /** Keep one name a line even where they would fit on one. */
  readonly expanded?: boolean;
}
/** What stands in a set or `let`. */
export type Binding = ValueBinding | Inherit;
/** `let { body = …; }`, which old Nix files hold: the attribute `body` of the recursive set. */
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
   * Where the body of `{ … }:` begins: on the line of the colon as far as nixfmt (1.3 and later) allows, or (false) on the
   * next. Left out: on the next unless all of it fits on one, which every nixfmt leaves as it is.
   */
  readonly sameLine?: boolean;
}
/** What a function takes: a name for the argument, or the names of its attributes. */
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
  /** Keep the braces on lines of their own even where the names would fit on one. */
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
/** `function argument`; several arguments are nested calls. */
export interface Call extends Annotated {
  readonly kind: "call";
  readonly function: Expr;
  readonly argument: Expr;
}
/** `target.a.b`, with `or` the value where the path is missing. */
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

/** Operators before their operand. */
export type UnaryOperator = "-" | "!";
/** Operators between two operands, the pipes included. */
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

/** Every node, expressions and their parts. */
export type Node = Expr | Binding | Param | Formal | Interpolation | Name | DynamicName;
