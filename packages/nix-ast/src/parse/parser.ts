import {
  NODE,
  type Annotated,
  type Assert,
  type AttrName,
  type AttrPath,
  type Attrs,
  type Binding,
  type DynamicName,
  type Expr,
  type Formal,
  type Formals,
  type IdentParam,
  type If,
  type Interpolation,
  type Lambda,
  type LegacyLet,
  type Let,
  type Name,
  type Parens,
  type Select,
  type StaticName,
  type Tokens,
  type TokenTrivia,
  type Trivium,
  type With,
} from "../expr.js";
import { FLOAT_MIN, INT64_MAX } from "../literal.js";
import { isIdentifier, staticName } from "../names.js";
import {
  AttrsNode,
  BinaryNode,
  BindingNode,
  CallNode,
  IdentNode,
  IdentParamNode,
  InterpolationNode,
  IntNode,
  LambdaNode,
  ListNode,
  SelectNode,
  StrNode,
  type Mutable,
} from "../nodes.js";
import { BINARY, LEVEL, type OperatorRule } from "../operators.js";
import { escapeStr } from "../strings.js";
import { joinAfter, lineComment } from "../trivia.js";
import { AttributeTables } from "./duplicates.js";
import {
  EXPECTS,
  openedAt,
  RESUMES,
  takesAny,
  trivia,
  withToken,
  type After,
  type Before,
  type FormalsFrame,
  type Frame,
  type HoleText,
  type Opening,
  type PathFrame,
  type TextFrame,
} from "./frames.js";
import { describeCharacter, excerpt, hintFor } from "./hints.js";
import type { Holes } from "./holes.js";
import { HOLE, Lexer, type TextEnd, type TokenKind } from "./lexer.js";
import type { SyntaxErrorKind, SyntaxProblem } from "./parse-error.js";
import { staticText, textNode } from "./text-node.js";

/** The next step of the parser: it expects an operand, has a value, or continues the frame on top of its stack. */
type State = "operand" | "value" | "items" | "bindings" | "names" | "inherited" | "formals" | "text" | "done";

/** The parser stops after this number of problems. */
const MOST_PROBLEMS = 50;

/** Placeholder for an expression that is not parsed yet or is missing. */
const MISSING: Expr = Object.freeze({ [NODE]: true as const, kind: "ident" as const, name: "null" });

export interface ParserOptions {
  /** Also reports well-formed code that Nix rejects: duplicate names and numbers out of range. */
  readonly strict: boolean;
  readonly holes?: Holes;
  /** False to ignore the line breaks of the source, except between comments. */
  readonly lines?: boolean;
}

/**
 * An operator-precedence parser for Nix. It has its own stack, so that deep nesting does not overflow the call stack.
 */
export class Parser {
  readonly problems: SyntaxProblem[] = [];
  readonly #text: string;
  readonly #strict: boolean;
  readonly #holes: Holes | undefined;
  /** Offsets of the holes whose values are in the tree. */
  readonly #used = new Set<number>();
  readonly #lexer: Lexer;
  readonly #frames: Frame[] = [];
  readonly #tables = new AttributeTables();
  /** The value in the state "value", and its precedence level. */
  #value: Expr = MISSING;
  #level = 0;
  /** The end of the last consumed token. */
  #last = 0;
  /** The owner of the comment after the last token, if there is one. */
  #lastCommented: { after?: string } | undefined;
  #commentedEnd = -1;

  readonly #hasNul: boolean;

  constructor(text: string, { strict, holes, lines = true }: ParserOptions) {
    this.#text = text;
    this.#hasNul = text.includes("\0");
    this.#strict = strict;
    this.#holes = holes;
    this.#lexer = new Lexer(text, (at) => holes?.starts.has(at) === true, lines);
  }

  /** The expression of the text. Not usable if there are problems. */
  parse(): Expr {
    const lone = loneSurrogate(this.#text);
    if (lone !== undefined) this.#problem("surrogate", lone, lone + 1, "lone surrogate: half of a UTF-16 pair");
    this.#push({ kind: "root" });
    this.#lexer.next();
    let state: State = "operand";
    while (state !== "done" && this.problems.length < MOST_PROBLEMS) state = this.#step(state);
    const { unclosedComment } = this.#lexer;
    if (unclosedComment >= 0) {
      this.#problem("unclosedComment", unclosedComment, unclosedComment + 2, "unclosed comment: `*/` is missing");
    }
    if (this.problems.length === 0) this.#checkHoles();
    return this.#value;
  }

  /** Nix accepts a NUL only in comments. */
  #nul(at: number): void {
    this.#problem("nul", at, at + 1, "NUL character outside a comment");
  }

  /** Reports values that are not in the tree, such as values in a comment or after a backslash. */
  #checkHoles(): void {
    for (const start of this.#holes?.starts ?? []) {
      const end = start + HOLE.length;
      if (!this.#used.has(start)) this.#problem("hole", start, end, "a value is not allowed here");
    }
  }

  /** Reports a value directly before or after a name, because it looks like a part of the name. */
  #checkApart(): void {
    const { start, end } = this.#lexer;
    if (/[\w'-]/.test(this.#text.charAt(start - 1)) || /[\w'-]/.test(this.#text.charAt(end))) {
      this.#problem(
        "hole",
        start,
        end,
        "a value cannot be part of a name: put a space between them, or build the whole name as a value",
      );
    }
  }

  #step(state: State): State {
    switch (state) {
      case "operand":
        return this.#operand();
      case "value":
        return this.#continue();
      case "items":
        return this.#items();
      case "bindings":
        return this.#bindings();
      case "names":
        return this.#names();
      case "inherited":
        return this.#inherited();
      case "formals":
        return this.#formals();
      case "text":
        return this.#textPiece();
      case "done":
        return "done";
    }
  }

  // The stack

  get #top(): Frame {
    return this.#frames[this.#frames.length - 1] as Frame;
  }

  #push(frame: Frame): void {
    this.#frames.push(frame);
  }

  #pop(): void {
    this.#frames.pop();
  }

  /** Replaces the top frame by the frame for the next part. */
  #advance(frame: Frame, state: State): State {
    this.#pop();
    this.#push(frame);
    return state;
  }

  #have(value: Expr, level: number): State {
    this.#value = value;
    this.#level = level;
    return "value";
  }

  // Tokens

  /** Reads the next token. */
  #next(): void {
    this.#last = this.#lexer.end;
    this.#lexer.next();
  }

  #opening(): Opening {
    const { start, line, before, after } = this.#lexer;
    return { start, line, before, after };
  }

  #takeBefore(): Before {
    const { before } = this.#lexer;
    this.#lexer.before = undefined;
    return before;
  }

  /** Attaches the comments around the last or only token of `node`. */
  #comment<T extends Annotated>(node: T, before: Before, after: After, tokens?: Tokens): T {
    const notes: Mutable<Annotated> = node;
    if (before !== undefined) notes.before = before;
    if (tokens !== undefined) notes.tokens = tokens;
    if (after !== undefined) this.#commentAfter(notes, after);
    return node;
  }

  /** Attaches the comment after the last token of `node`. The token is already consumed. */
  #commentAfter(node: { after?: string }, after: string): void {
    node.after = after;
    this.#lastCommented = node;
    this.#commentedEnd = this.#last;
  }

  /** Attaches comments before an expression and its parentheses. */
  #commentOutside(expr: Expr, before: readonly Trivium[]): void {
    if (expr === MISSING) return;
    const outer: { before?: readonly Trivium[] } = expr.parens?.at(-1) ?? expr;
    outer.before = [...before, ...(outer.before ?? [])];
  }

  // Operands

  #operand(): State {
    const lexer = this.#lexer;
    switch (lexer.kind) {
      case "identifier":
        return this.#identifier();
      case '"':
      case "''":
      case "path":
        return this.#openText(lexer.kind);
      case "{":
        return lexer.opensFormals ? this.#openFormals(undefined) : this.#openSet("attrs");
      case "[": {
        const opening = this.#opening();
        this.#next();
        this.#push({ kind: "list", opening, items: [], before: undefined });
        return "items";
      }
      case "(": {
        const opening = this.#opening();
        this.#next();
        this.#push({ kind: "parens", opening });
        return "operand";
      }
      case "hole":
        return this.#hole();
      case "int":
        return this.#leaf(this.#int());
      case "float":
        return this.#leaf(this.#float());
      case "searchPath":
        return this.#leaf({
          [NODE]: true,
          kind: "searchPath",
          path: this.#text.slice(lexer.start + 1, lexer.end - 1),
          start: lexer.start,
          end: lexer.end,
        });
      case "uri":
        return this.#leaf(new StrNode([this.#text.slice(lexer.start, lexer.end)], lexer.start, lexer.end));
      case "rec":
        return this.#openSet("recAttrs");
      case "let":
        return lexer.precedesBrace ? this.#openSet("legacyLet") : this.#openLet();
      case "with":
      case "assert":
      case "if":
        return this.#openGreedy(lexer.kind);
      case "-":
      case "!":
        return this.#prefix(lexer.kind);
      default:
        return this.#unexpected("an expression");
    }
  }

  #leaf(node: Expr): State {
    const { before, after } = this.#lexer;
    this.#next();
    return this.#have(this.#comment(node, before, after), LEVEL.atom);
  }

  /** The value of the current token, a hole, as a new node with the comments of both. */
  #hole(): State {
    const { start, end, before, after } = this.#lexer;
    this.#checkApart();
    const { parens, ...node } = this.#valueOf(start, (holes) => holes.expr(start));
    // Parentheses belong to the former place of the node, unless they have comments.
    const kept = parens?.filter((one) => one.before ?? one.after ?? one.tokens).map((one) => ({ ...one }));
    const copy: Expr = { ...node, ...(kept === undefined || kept.length === 0 ? {} : { parens: kept }), start, end };
    this.#next();
    if (before !== undefined) this.#commentOutside(copy, before);
    const outer = copy.parens?.at(-1) ?? copy;
    if (after !== undefined) this.#commentAfter(outer, joinAfter(outer.after, after));
    return this.#have(copy, LEVEL.atom);
  }

  /** The result of `read` for the hole at `start`. If it throws, a problem is reported at the hole. */
  #valueOf<T extends object>(start: number, read: (holes: Holes) => T): T | typeof MISSING {
    this.#used.add(start);
    try {
      return read(this.#holes as Holes);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      this.#problem("hole", start, start + HOLE.length, error.message);
      return MISSING;
    }
  }

  #int(): Expr {
    const { start, end } = this.#lexer;
    const text = this.#text.slice(start, end);
    const value = BigInt(text);
    if (this.#strict && value > INT64_MAX) this.#problem("intTooLarge", start, end, "integer does not fit in 64 bits");
    const node = new IntNode(value, start, end);
    if (text.length > 1 && text.startsWith("0")) node.spelling = text;
    return node;
  }

  #float(): Expr {
    const { start, end } = this.#lexer;
    const spelling = this.#text.slice(start, end);
    const value = Number(spelling);
    const inRange = value !== Infinity && (value >= FLOAT_MIN || !/[1-9]/.test(spelling.replace(/[Ee].*/, "")));
    if (this.#strict && !inRange) {
      this.#problem("floatOutOfRange", start, end, "float does not fit in a double: too large or too close to zero");
    }
    return { [NODE]: true, kind: "float", value, spelling, start, end };
  }

  #identifier(): State {
    const { start, end, before, after } = this.#lexer;
    const name = this.#text.slice(start, end);
    this.#next();
    switch (this.#lexer.kind) {
      case ":": {
        return this.#openLambda(this.#comment(new IdentParamNode(name, start, end), before, after), start);
      }
      case "@":
        return this.#openFormals({ name, start, before, after });
      default:
        return this.#have(this.#comment(new IdentNode(name, start, end), before, after), LEVEL.atom);
    }
  }

  #prefix(operator: "-" | "!"): State {
    if (this.#top.kind === "or") this.#needsParentheses(`\`${operator}\``);
    this.#push({
      kind: "prefix",
      operator,
      level: operator === "-" ? LEVEL.negate : LEVEL.not,
      opening: this.#opening(),
    });
    this.#next();
    return "operand";
  }

  /** Reports an expression whose precedence is too low for its place. */
  #needsParentheses(what: string): void {
    const { start, end } = this.#lexer;
    this.#problem("needsParentheses", start, end, `${what} needs parentheses here`);
  }

  #checkGreedy(what: string): void {
    if (!takesAny(this.#top)) this.#needsParentheses(what);
  }

  #openLet(): State {
    this.#checkGreedy("`let`");
    const { start, before, after } = this.#lexer;
    this.#next();
    const bindings: Binding[] = [];
    const node = this.#keyword<Mutable<Let>>(
      { [NODE]: true, kind: "let", bindings, body: MISSING, start, end: start },
      before,
      after,
    );
    this.#push({ kind: "let", node, bindings });
    return "bindings";
  }

  #openGreedy(keyword: "with" | "assert" | "if"): State {
    this.#checkGreedy(`\`${keyword}\``);
    const { start, before, after } = this.#lexer;
    this.#next();
    const body = MISSING;
    const place = { start, end: start };
    switch (keyword) {
      case "with": {
        const node = this.#keyword<Mutable<With>>(
          { [NODE]: true, kind: "with", scope: MISSING, body, ...place },
          before,
          after,
        );
        this.#push({ kind: "withScope", node });
        break;
      }
      case "assert": {
        const node = this.#keyword<Mutable<Assert>>(
          { [NODE]: true, kind: "assert", condition: MISSING, body, ...place },
          before,
          after,
        );
        this.#push({ kind: "assertCondition", node });
        break;
      }
      case "if": {
        const parts = { condition: MISSING, then: MISSING, else: MISSING };
        const node = this.#keyword<Mutable<If>>({ [NODE]: true, kind: "if", ...parts, ...place }, before, after);
        this.#push({ kind: "ifCondition", node });
      }
    }
    return "operand";
  }

  /** Attaches the comments around the first keyword of a node. */
  #keyword<T extends Annotated>(node: T, before: Before, after: After): T {
    const notes: Mutable<Annotated> = node;
    if (before !== undefined) notes.before = before;
    if (after !== undefined) notes.tokens = { open: { after } };
    return node;
  }

  // Values

  /** Continues after a value: the next token binds to it, or the top frame receives it. */
  #continue(): State {
    const { kind } = this.#lexer;
    if (this.#level === LEVEL.atom) {
      if (kind === ".") return this.#select();
      if (kind === "or") return this.#legacyOr();
      this.#level = LEVEL.select;
    }
    const top = this.#top;
    if (this.#level === LEVEL.select) {
      switch (top.kind) {
        case "or":
          this.#pop();
          return this.#have(this.#selection(top.frame, top), LEVEL.select);
        case "list":
          if (top.before !== undefined) this.#commentOutside(this.#value, top.before);
          top.items.push(this.#value);
          return "items";
        case "application":
          this.#pop();
          this.#value = this.#call(top.function, this.#value);
          this.#level = LEVEL.call;
          return "value";
        default:
      }
    }
    if (this.#level <= LEVEL.call && (this.#startsTerm(kind) || isGreedy(kind))) {
      this.#push({ kind: "application", function: this.#value });
      return "operand";
    }
    return this.#operator();
  }

  #startsTerm(kind: TokenKind): boolean {
    switch (kind) {
      case "identifier":
      case '"':
      case "''":
      case "{":
      case "(":
      case "[":
      case "path":
      case "int":
      case "float":
      case "searchPath":
      case "uri":
      case "rec":
      case "hole":
        return true;
      case "let":
        return this.#lexer.precedesBrace;
      default:
        return false;
    }
  }

  #call(f: Expr, argument: Expr): Expr {
    return new CallNode(f, argument, startOf(f), this.#last);
  }

  /** `f or`: Nix parses it as a call of `f` with a variable `or`. */
  #legacyOr(): State {
    const { start, end, before, after } = this.#lexer;
    this.#next();
    const or = this.#comment(new IdentNode("or", start, end), before, after);
    return this.#have(this.#call(this.#value, or), LEVEL.select);
  }

  #operator(): State {
    const { kind, before, after } = this.#lexer;
    if (kind === "?") {
      this.#reduce(LEVEL.hasAttr, false);
      return this.#openHasAttr();
    }
    const rule = RULES.get(kind);
    if (rule === undefined) {
      this.#reduce(LEVEL.greedy, true);
      return this.#finish();
    }
    const operator = kind as keyof typeof BINARY;
    this.#reduce(rule.level, rule.left === rule.level);
    const top = this.#top;
    if (top.kind === "binary" && top.level === rule.level) this.#checkChain(top.node.operator, operator);
    const tokens = withToken(undefined, "operator", before, after);
    const left = this.#value;
    const node = new BinaryNode(operator, left, MISSING, startOf(left), 0);
    this.#push({ kind: "binary", node: this.#comment(node, undefined, undefined, tokens), level: rule.level });
    this.#next();
    return "operand";
  }

  #checkChain(first: keyof typeof BINARY, second: keyof typeof BINARY): void {
    const { start, end } = this.#lexer;
    if (BINARY[first].left < BINARY[first].level && BINARY[first].right < BINARY[first].level) {
      const message = `\`${first}\` and \`${second}\` cannot be chained: put parentheses around one comparison`;
      this.#problem("chainedComparison", start, end, message);
    } else if (first !== second) {
      this.#problem("mixedPipes", start, end, "`|>` and `<|` cannot be mixed without parentheses");
    }
  }

  /** Completes the top operations that bind more tightly than `level`, or equally if `alike` is true. */
  #reduce(level: number, alike: boolean): void {
    for (;;) {
      const top = this.#top;
      if (top.kind !== "binary" && top.kind !== "prefix") return;
      if (top.level > level || (top.level === level && !(alike && this.#groupsLeft(top)))) return;
      this.#pop();
      if (top.kind === "binary") {
        const { node } = top;
        node.right = this.#value;
        node.end = this.#last;
        this.#value = node;
      } else {
        const { operator, opening } = top;
        this.#value = {
          [NODE]: true,
          kind: "unary",
          operator,
          operand: this.#value,
          start: opening.start,
          end: this.#last,
          ...(opening.before ? { before: opening.before } : {}),
          ...(opening.after === undefined ? {} : { tokens: { operator: { after: opening.after } } }),
        };
      }
      this.#level = top.level;
    }
  }

  #groupsLeft(frame: Extract<Frame, { kind: "binary" | "prefix" }>): boolean {
    return frame.kind === "prefix" || BINARY[frame.node.operator].left === frame.level;
  }

  /** Passes a complete expression to the top frame. */
  #finish(): State {
    const { kind, before, after } = this.#lexer;
    const top = this.#top;
    switch (top.kind) {
      case "root": {
        if (kind !== "end") break;
        const below = this.#untilEnd(before);
        if (below !== undefined) this.#value = { ...this.#value, below };
        return "done";
      }
      case "parens":
        if (kind !== ")") break;
        this.#closeParens(top.opening);
        this.#pop();
        this.#level = LEVEL.atom;
        return "value";
      case "interpolation":
      case "dynamic":
        if (kind !== "}") break;
        if (before !== undefined) this.#value = { ...this.#value, below: before };
        return top.kind === "dynamic" ? this.#closeDynamic(top.opening) : this.#closeInterpolation(top);
      case "inheritFrom": {
        if (kind !== ")") break;
        this.#closeParens(top.opening);
        this.#pop();
        const inherit = this.#top;
        if (inherit.kind === "inherit") inherit.node.from = this.#value;
        return "inherited";
      }
      case "binding":
        if (kind === ";") return this.#closeBinding(top.frame, top.tokens);
        if (kind === "=" && this.#value.kind === "call") return this.#missingSemicolon(this.#value.argument);
        break;
      case "letBody":
      case "withBody":
      case "assertBody":
      case "lambda":
        top.node.body = this.#value;
        return this.#complete(top.node);
      case "ifElse":
        top.node.else = this.#value;
        return this.#complete(top.node);
      case "withScope":
        if (kind !== ";") break;
        top.node.scope = this.#value;
        this.#separate(top.node, ";", before, after);
        return this.#advance({ kind: "withBody", node: top.node }, "operand");
      case "assertCondition":
        if (kind !== ";") break;
        top.node.condition = this.#value;
        this.#separate(top.node, ";", before, after);
        return this.#advance({ kind: "assertBody", node: top.node }, "operand");
      case "ifCondition":
        if (kind !== "then") break;
        top.node.condition = this.#value;
        this.#separate(top.node, "then", before, after);
        return this.#advance({ kind: "ifThen", node: top.node }, "operand");
      case "ifThen":
        if (kind !== "else") break;
        top.node.then = this.#value;
        this.#separate(top.node, "else", before, after);
        return this.#advance({ kind: "ifElse", node: top.node }, "operand");
      case "default": {
        if (kind !== "," && kind !== "}") break;
        this.#pop();
        top.formal.default = this.#value;
        const formals = this.#top;
        return formals.kind === "formals" ? this.#endFormal(formals, top.formal) : "value";
      }
      default:
    }
    if (!takesAny(top) && top.kind !== "binary" && top.kind !== "prefix") {
      // The missing parentheses are already reported.
      this.#level = LEVEL.select;
      return "value";
    }
    return this.#unexpected(EXPECTS[top.kind] ?? "an operator");
  }

  /** The comments at the end of the file, with the text after a `nixfmt:disable`. */
  #untilEnd(before: Before): Before {
    const { disabledFrom } = this.#lexer;
    if (disabledFrom === undefined) return before;
    return [...(before ?? []), { kind: "disabledToEnd", region: this.#text.slice(disabledFrom) }];
  }

  /** Stores the comments at the token between two parts of a node, and reads the next token. */
  #separate(node: Mutable<Annotated>, slot: ";" | "then" | "else", before: Before, after: After): void {
    const tokens = withToken(node.tokens, slot, before, after);
    if (tokens) node.tokens = tokens;
    this.#next();
  }

  /** Completes a node with the value as its last part. */
  #complete(node: Mutable<Let | With | Assert | If | Lambda>): State {
    this.#pop();
    node.end = this.#last;
    return this.#have(node, LEVEL.greedy);
  }

  #closeParens(opening: Opening): void {
    const { end, before, after } = this.#lexer;
    this.#next();
    const parens: Mutable<Parens> = { start: opening.start, end };
    let tokens = withToken(undefined, "open", undefined, opening.after);
    tokens = withToken(tokens, "close", before, undefined);
    if (tokens) parens.tokens = tokens;
    if (opening.before) parens.before = opening.before;
    if (after !== undefined) this.#commentAfter(parens, after);
    const value = this.#value as Mutable<Expr>;
    // All missing expressions share one placeholder, which must not change.
    if (value === MISSING) return;
    if (value.parens === undefined) value.parens = [parens];
    else (value.parens as Parens[]).push(parens);
  }

  // Lists

  #items(): State {
    const list = this.#top;
    if (list.kind !== "list") return "value";
    const before = this.#takeBefore();
    const { kind } = this.#lexer;
    if (kind === "]") return this.#closeList(list.opening, list.items, before);
    if (kind === "..." && this.#holes !== undefined) return this.#spliceItems(list.items, before);
    if (!this.#startsTerm(kind)) {
      if (kind === "-" || kind === "!") {
        this.#needsParentheses(`\`${kind}\``);
        this.#next();
        return "items";
      }
      if (!isGreedy(kind)) return this.#unexpected("an item or `]`");
    }
    list.before = before;
    return "operand";
  }

  /** `...${items}` in a template: each item of an array becomes a list item. */
  #spliceItems(items: Expr[], before: Before): State {
    return this.#splice(items, before, "a list of items", (holes, at) => holes.items(at));
  }

  /** Adds the result of `read` for the hole after `...` to `parts`. Its comments go to the first and last part. */
  #splice<T extends Expr | Binding>(
    parts: T[],
    before: Before,
    wanted: string,
    read: (holes: Holes, at: number) => readonly T[],
  ): State {
    const comments = [...(before ?? []), ...lineComments(this.#lexer.after)];
    this.#next();
    const { kind, start, end, before: own, after } = this.#lexer;
    if (kind !== "hole") return this.#unexpected(`${wanted} after \`...\``);
    const value = this.#valueOf(start, (holes) => ({ spliced: read(holes, start) }));
    const spliced = "spliced" in value ? value.spliced.map((part): Mutable<T> => ({ ...part, start, end })) : [];
    this.#next();
    comments.push(...(own ?? []));
    const [first] = spliced;
    const last = spliced.at(-1);
    if (first === undefined || last === undefined) {
      comments.push(...lineComments(after));
      if (comments.length > 0) this.#lexer.before = [...comments, ...(this.#lexer.before ?? [])];
    } else {
      if (comments.length > 0) first.before = [...comments, ...(first.before ?? [])];
      if (after !== undefined) last.after = joinAfter(last.after, after);
    }
    parts.push(...spliced);
    return this.#top.kind === "list" ? "items" : "bindings";
  }

  #closeList({ start, line, before, after: openAfter }: Opening, items: readonly Expr[], inner: Before): State {
    const { end, after, line: closeLine } = this.#lexer;
    this.#next();
    this.#pop();
    const tokens = withToken(undefined, "open", undefined, openAfter);
    const node = new ListNode(items, start, end, line !== closeLine);
    if (inner !== undefined) node.inner = inner;
    return this.#have(this.#comment(node, before, after, tokens), LEVEL.atom);
  }

  // Sets and lets

  #openSet(of: "attrs" | "recAttrs" | "legacyLet"): State {
    const { start, before, after } = this.#lexer;
    let tokens: Annotated["tokens"];
    if (of !== "attrs") {
      tokens = withToken(undefined, "rec", undefined, after);
      this.#next();
      if (this.#lexer.kind !== "{") return this.#unexpected("`{`");
      tokens = withToken(tokens, "open", this.#lexer.before, this.#lexer.after);
    } else tokens = withToken(undefined, "open", undefined, after);
    const brace = this.#opening();
    this.#next();
    this.#push({ kind: "set", of, start, before, brace, tokens, bindings: [] });
    return "bindings";
  }

  #bindings(): State {
    const top = this.#top;
    if (top.kind !== "set" && top.kind !== "let") return "value";
    const before = this.#takeBefore();
    const lexer = this.#lexer;
    switch (lexer.kind) {
      case "identifier": {
        const { start, after } = lexer;
        const name = this.#text.slice(start, lexer.end);
        this.#next();
        const frame: PathFrame = {
          kind: "path",
          use: "binding",
          start,
          before,
          target: undefined,
          tokens: undefined,
          names: [name],
          dot: undefined,
        };
        // The frame of a binding with a plain name is not on the stack, because its name is already complete.
        if (after === undefined && this.#lexer.kind === "=") return this.#openValue(frame);
        this.#push(frame);
        return this.#afterName(frame, after);
      }
      case "or":
      case '"':
      case "${":
      case "hole":
        this.#push({
          kind: "path",
          use: "binding",
          start: lexer.start,
          before,
          target: undefined,
          tokens: undefined,
          names: [],
          dot: undefined,
        });
        return "names";
      case "inherit":
        return this.#openInherit(before);
      case "...":
        if (this.#holes === undefined) break;
        return this.#spliceBindings(top.bindings, before);
      case "}":
        if (top.kind === "set") return this.#closeSet(top, before);
        break;
      case "in":
        if (top.kind === "let") {
          if (before) top.node.inner = before;
          this.#checkAttributes(top.bindings);
          const tokens = withToken(top.node.tokens, "in", undefined, lexer.after);
          if (tokens) top.node.tokens = tokens;
          this.#next();
          return this.#advance({ kind: "letBody", node: top.node }, "operand");
        }
        break;
      default:
    }
    return this.#unexpected(top.kind === "set" ? "a name, `inherit` or `}`" : "a name, `inherit` or `in`");
  }

  /** `...${bindings}` in a template: attributes of a record or set, or a list of bindings. */
  #spliceBindings(bindings: Binding[], before: Before): State {
    return this.#splice(bindings, before, "a record of attributes", (holes, at) => holes.bindings(at));
  }

  #closeSet(frame: Extract<Frame, { kind: "set" }>, inner: Before): State {
    const { of, start, before, brace, tokens, bindings } = frame;
    const { end, after, line } = this.#lexer;
    this.#next();
    this.#pop();
    this.#checkAttributes(bindings);
    const expanded = line !== brace.line;
    const node: Mutable<Attrs | LegacyLet> =
      of === "legacyLet"
        ? { [NODE]: true, kind: "legacyLet", bindings, start, end, expanded }
        : new AttrsNode(of === "recAttrs", bindings, start, end, expanded);
    if (inner !== undefined) node.inner = inner;
    return this.#have(this.#comment<Expr>(node, before, after, tokens), LEVEL.atom);
  }

  #checkAttributes(bindings: readonly Binding[]): void {
    if (!this.#strict) return;
    for (const { name, again, first } of this.#tables.duplicates(bindings)) {
      if (this.problems.length >= MOST_PROBLEMS) return;
      const message = `attribute \`${name}\` is already defined`;
      this.#problem("duplicateAttribute", again.start, again.end, message, { ...first, message: "first defined here" });
    }
  }

  /** Adds to the bindings of the top frame. */
  #collect(binding: Binding): State {
    const frame = this.#top;
    if (frame.kind === "set" || frame.kind === "let") frame.bindings.push(binding);
    return "bindings";
  }

  #closeBinding(frame: PathFrame, tokens: Annotated["tokens"]): State {
    const { end, before, after } = this.#lexer;
    this.#next();
    this.#pop();
    const all = withToken(tokens, ";", before, undefined);
    const binding = new BindingNode(pathOf(frame.names), this.#value, frame.start, end);
    return this.#collect(this.#comment(binding, frame.before, after, all));
  }

  #openInherit(before: Before): State {
    const { start, after, line } = this.#lexer;
    const names: AttrName[] = [];
    this.#next();
    const node = this.#keyword(
      { [NODE]: true as const, kind: "inherit" as const, names: [], start, end: start },
      before,
      after,
    );
    this.#push({ kind: "inherit", node, names, line });
    if (this.#lexer.kind !== "(") return "inherited";
    const opening = this.#opening();
    this.#next();
    this.#push({ kind: "inheritFrom", opening });
    return "operand";
  }

  #inherited(): State {
    const frame = this.#top;
    if (frame.kind !== "inherit") return "value";
    const { kind, before, after, end, line } = this.#lexer;
    switch (kind) {
      case "identifier":
      case "or":
        frame.names.push(this.#bareName(undefined));
        this.#commentLastName(frame.names, after);
        return "inherited";
      case '"':
        return this.#openText('"');
      case "${":
        return this.#openDynamic();
      case "hole":
        frame.names.push(...this.#holeNames(undefined));
        this.#commentLastName(frame.names, after);
        return "inherited";
      case ";": {
        const { node, names } = frame;
        this.#next();
        this.#pop();
        node.names = names.map((name) => this.#staticName(name));
        if (line !== frame.line) node.expanded = true;
        node.end = end;
        const tokens = withToken(node.tokens, ";", before, undefined);
        if (tokens) node.tokens = tokens;
        return this.#collect(this.#comment(node, undefined, after));
      }
      default:
        return this.#unexpected("a name or `;`");
    }
  }

  /** A name in an `inherit`, which must be static. */
  #staticName(name: AttrName): StaticName {
    if (typeof name === "string" || name.kind === "name") return name;
    const known = staticName(name);
    if (known === undefined) this.#computed(name, "`inherit`");
    const { kind: _, expr: __, quoted: ___, ...notes } = name;
    return { ...notes, kind: "name", name: known ?? "" };
  }

  #computed({ start = 0, end = start }: Annotated, where: string): void {
    this.#problem("dynamicName", start, end, `computed name in ${where}, expected a static name`);
  }

  // Names

  /** Parses `.a.b` after a value. Plain names without comments, the usual case, need no frame. */
  #select(): State {
    const lexer = this.#lexer;
    const target = this.#value;
    const names: AttrName[] = [];
    for (;;) {
      const { before: dotBefore, after: dotAfter } = lexer;
      this.#next();
      if (dotBefore !== undefined || dotAfter !== undefined) {
        this.#push(selectFrame(target, names, trivia(dotBefore, dotAfter)));
        return "names";
      }
      if (lexer.kind !== "identifier" || lexer.before !== undefined) {
        this.#push(selectFrame(target, names, undefined));
        return "names";
      }
      names.push(this.#text.slice(lexer.start, lexer.end));
      const { after } = lexer;
      this.#next();
      if (after !== undefined || this.#lexer.kind === "or") {
        const frame = selectFrame(target, names, undefined);
        this.#push(frame);
        return this.#afterName(frame, after);
      }
      if (this.#lexer.kind !== ".") {
        return this.#have(new SelectNode(target, pathOf(names), startOf(target), this.#last), LEVEL.select);
      }
    }
  }

  #openHasAttr(): State {
    const { before, after } = this.#lexer;
    const target = this.#value;
    const tokens = withToken(undefined, "?", before, after);
    this.#push({ ...selectFrame(target, [], undefined), use: "hasAttr", tokens });
    this.#next();
    return "names";
  }

  /** Reads a name, or the token after the last name. */
  #names(): State {
    const frame = this.#top;
    if (frame.kind !== "path") return "value";
    const { kind, after } = this.#lexer;
    switch (kind) {
      case "identifier":
      case "or":
        frame.names.push(this.#bareName(frame.dot));
        return this.#afterName(frame, after);
      case '"':
        return this.#openText('"');
      case "${":
        return this.#openDynamic();
      case "hole":
        frame.names.push(...this.#holeNames(frame.dot));
        return this.#afterName(frame, after);
      default:
        return this.#unexpected("a name");
    }
  }

  /** The names of a hole: a string, a node, or a list of both. */
  #holeNames(dot: TokenTrivia | undefined): readonly AttrName[] {
    const { start, end, before } = this.#lexer;
    this.#checkApart();
    const isPath = this.#top.kind === "path";
    const value = this.#valueOf(start, (holes) => {
      const names = holes.names(start);
      if (isPath && names.length === 0) throw new TypeError("an attribute path needs at least one name");
      return { names };
    });
    this.#next();
    const [first = "", ...rest] = "names" in value ? value.names : [""];
    if ("names" in value && value.names.length === 0) return [];
    if (typeof first === "string") return [this.#named({ name: first, start, end }, before, dot), ...rest];
    const tokens = dot === undefined ? first.tokens : { ...first.tokens, ".": dot };
    const comments = [...(before ?? []), ...(first.before ?? [])];
    const node = { ...first, start, end, ...(tokens ? { tokens } : {}) };
    return [comments.length > 0 ? { ...node, before: comments } : node, ...rest];
  }

  /** The current token as a name, with the comments before it. */
  #bareName(dot: TokenTrivia | undefined): StaticName {
    const { start, end, before } = this.#lexer;
    const name = this.#text.slice(start, end);
    this.#next();
    return this.#named({ name, start, end, ...(name === "or" ? { spelling: name } : {}) }, before, dot);
  }

  /** A name as a string if it needs no node. */
  #named(
    { name, spelling, start, end }: Pick<Name, "name" | "spelling"> & { readonly start: number; readonly end: number },
    before: Before,
    dot: TokenTrivia | undefined,
  ): StaticName {
    if (spelling === undefined && before === undefined && dot === undefined) return name;
    return {
      [NODE]: true,
      kind: "name",
      name,
      start,
      end,
      ...(spelling === undefined ? {} : { spelling }),
      ...(before ? { before } : {}),
      ...(dot ? { tokens: { ".": dot } } : {}),
    };
  }

  /** Continues after a name of a path. The name and the comment after it are already consumed. */
  #afterName(frame: PathFrame, after: After): State {
    const { names } = frame;
    const { kind, before: dotBefore, after: dotAfter } = this.#lexer;
    frame.dot = undefined;
    if (kind === ".") {
      this.#commentLastName(names, after);
      frame.dot = trivia(dotBefore, dotAfter);
      this.#next();
      return "names";
    }
    switch (frame.use) {
      case "binding":
        return this.#assign(frame, after);
      case "hasAttr":
        this.#pop();
        return this.#have(
          this.#comment<Expr>(
            {
              [NODE]: true,
              kind: "hasAttr",
              target: frame.target ?? MISSING,
              path: pathOf(names),
              start: frame.start,
              end: this.#last,
              ...(frame.tokens ? { tokens: frame.tokens } : {}),
            },
            undefined,
            after,
          ),
          LEVEL.hasAttr,
        );
      case "select":
        this.#pop();
        if (kind === "or") {
          this.#commentLastName(names, after);
          const tokens = withToken(undefined, "or", dotBefore, dotAfter);
          this.#next();
          this.#push({ kind: "or", frame, tokens });
          return "operand";
        }
        return this.#have(this.#comment(this.#selection(frame, undefined), undefined, after), LEVEL.select);
    }
  }

  #commentLastName(names: AttrName[], after: After): void {
    const last = names.at(-1);
    if (last === undefined || after === undefined) return;
    names[names.length - 1] =
      typeof last === "string" ? { [NODE]: true, kind: "name", name: last, after } : { ...last, after };
  }

  #selection(
    { target = MISSING, names, start }: PathFrame,
    or: { readonly tokens: Tokens | undefined } | undefined,
  ): Select {
    const node = new SelectNode(target, pathOf(names), start, this.#last);
    if (or === undefined) return node;
    node.or = this.#value;
    return this.#comment(node, undefined, undefined, or.tokens);
  }

  #assign(frame: PathFrame, after: After): State {
    if (this.#lexer.kind !== "=") return this.#unexpected("`=`");
    this.#commentLastName(frame.names, after);
    this.#pop();
    const [first] = frame.names;
    if (this.#strict && this.#top.kind === "let" && typeof first === "object" && staticName(first) === undefined) {
      this.#computed(first, "`let`");
    }
    return this.#openValue(frame);
  }

  /** Parses the value of a binding. The current token is the `=`. */
  #openValue(frame: PathFrame): State {
    const { before, after } = this.#lexer;
    this.#next();
    this.#push({ kind: "binding", frame, tokens: withToken(undefined, "=", before, after) });
    return "operand";
  }

  #openDynamic(): State {
    const opening = this.#opening();
    this.#next();
    this.#push({ kind: "dynamic", opening });
    return "operand";
  }

  #closeDynamic({ start, before }: Opening): State {
    const { end, after } = this.#lexer;
    const expr = this.#value;
    this.#next();
    this.#pop();
    const text = staticText(expr);
    if (text === undefined) {
      const quoted = expr.kind === "str" ? false : undefined;
      return this.#addName(this.#dynamicName(expr, quoted, start, end, before), after);
    }
    const spelling = `\${${this.#text.slice(expr.start, expr.end)}}`;
    return this.#addName(this.#named({ name: text, spelling, start, end }, before, this.#dot), after);
  }

  /** The comments at the `.` before the current name. */
  get #dot(): TokenTrivia | undefined {
    const top = this.#top;
    return top.kind === "path" ? top.dot : undefined;
  }

  #dynamicName(expr: Expr, quoted: boolean | undefined, start: number, end: number, before: Before): DynamicName {
    const dot = this.#dot;
    return {
      [NODE]: true,
      kind: "dynamicName",
      expr,
      start,
      end,
      ...(quoted === undefined ? {} : { quoted }),
      ...(before ? { before } : {}),
      ...(dot ? { tokens: { ".": dot } } : {}),
    };
  }

  /** Passes a name of several tokens to its frame. */
  #addName(name: AttrName, after: After): State {
    const top = this.#top;
    if (top.kind === "path") {
      top.names.push(name);
      return this.#afterName(top, after);
    }
    if (top.kind === "inherit") {
      top.names.push(name);
      this.#commentLastName(top.names, after);
    }
    return "inherited";
  }

  // Text

  /** Most text has no interpolation, and needs no frame. */
  #openText(of: TextFrame["of"]): State {
    const { start, before, disabledFrom } = this.#lexer;
    const pieces: TextFrame["pieces"] = [];
    const found = this.#piece(of, pieces);
    if (found === "quote") return this.#closeText(of, start, before, pieces, false);
    const frame: TextFrame = { kind: "text", of, start, before, pieces, cut: false };
    this.#push(frame);
    return this.#continueText(frame, found, disabledFrom);
  }

  #textPiece(): State {
    const frame = this.#top;
    if (frame.kind !== "text") return "value";
    const { disabledFrom } = this.#lexer;
    return this.#continueText(frame, this.#piece(frame.of, frame.pieces), disabledFrom);
  }

  /** Reads text up to the end or an interpolation. */
  #piece(of: TextFrame["of"], pieces: TextFrame["pieces"]): TextEnd {
    const lexer = this.#lexer;
    const found = of === "path" ? lexer.pathPiece() : lexer.textPiece(of);
    if (lexer.end > lexer.start) {
      const piece = this.#text.slice(lexer.start, lexer.end);
      pieces.push(piece);
      if (this.#hasNul && piece.includes("\0")) this.#nul(lexer.start + piece.indexOf("\0"));
    }
    return found;
  }

  #continueText(frame: TextFrame, found: TextEnd, disabledFrom: number | undefined): State {
    const lexer = this.#lexer;
    const { of, pieces, start } = frame;
    switch (found) {
      case "hole": {
        const at = lexer.end;
        const part = this.#valueOf(at, (holes) => holes.textPart(at));
        if (part !== MISSING) pieces.push(part as HoleText | Interpolation);
        return "text";
      }
      case "interpolation":
        this.#push({ kind: "interpolation", start: lexer.end, disabledFrom });
        this.#last = lexer.end + 2;
        lexer.next();
        return "operand";
      case "end":
        this.#problem("unclosedText", start, start + of.length, `unclosed string: ${of} is missing`);
        return "done";
      case "quote":
        this.#pop();
        return this.#closeText(of, start, frame.before, pieces, frame.cut);
    }
  }

  #closeInterpolation({ start, disabledFrom }: Extract<Frame, { kind: "interpolation" }>): State {
    const { end } = this.#lexer;
    const interpolation = new InterpolationNode(this.#value, start, end);
    this.#pop();
    const text = this.#top;
    if (text.kind === "text") {
      text.pieces.push(interpolation);
      if (this.#lexer.disabledFrom !== disabledFrom) text.cut = true;
    }
    return "text";
  }

  #closeText(of: TextFrame["of"], start: number, before: Before, pieces: TextFrame["pieces"], cut: boolean): State {
    const lexer = this.#lexer;
    const { after } = lexer;
    const end = lexer.end + (of === "path" ? 0 : of.length);
    const slash = of === "path" && lexer.precedesSlash;
    if (slash) this.#problem("trailingSlash", lexer.end, lexer.end + 1, "a path cannot end with a slash");
    lexer.next();
    if (slash && lexer.kind === "/") lexer.next();
    this.#last = end;
    const top = this.#top;
    if (top.kind === "path" || top.kind === "inherit") {
      return this.#addName(this.#quotedName(pieces, start, end, before), after);
    }
    return this.#have(this.#comment(textNode(of, pieces, start, end, lexer.isPlain, cut), before, after), LEVEL.atom);
  }

  #quotedName(pieces: TextFrame["pieces"], start: number, end: number, before: Before): AttrName {
    const expr = textNode('"', pieces, start, end, this.#lexer.isPlain);
    const text = staticText(expr);
    if (text === undefined) return this.#dynamicName(expr, true, start, end, before);
    const spelling = this.#text.slice(start, end);
    const holdsValue = pieces.some((piece) => typeof piece === "object");
    const isUsual = !isIdentifier(text) && spelling === `"${escapeStr(text)}"`;
    const name = { name: text, start, end, ...(holdsValue || isUsual ? {} : { spelling }) };
    return this.#named(name, before, this.#dot);
  }

  // Functions

  /** Parses `name@{ … }`. The current token is the `@`. */
  #openFormals(
    name: { readonly name: string; readonly start: number; readonly before: Before; readonly after: After } | undefined,
  ): State {
    const lexer = this.#lexer;
    const node: Mutable<Formals> = {
      [NODE]: true,
      kind: "formals",
      formals: [],
      ellipsis: false,
      start: name?.start ?? lexer.start,
      end: lexer.end,
    };
    if (name) {
      node.as = { name: name.name, side: "before" };
      if (name.before) node.before = name.before;
      let tokens = withToken(undefined, "as", undefined, name.after);
      tokens = withToken(tokens, "@", lexer.before, lexer.after);
      this.#next();
      if (lexer.kind !== "{") return this.#unexpected("`{`");
      tokens = withToken(tokens, "open", lexer.before, lexer.after);
      if (tokens) node.tokens = tokens;
    } else {
      if (lexer.before) node.before = lexer.before;
      const tokens = withToken(undefined, "open", undefined, lexer.after);
      if (tokens) node.tokens = tokens;
    }
    const { line } = lexer;
    this.#next();
    this.#push({ kind: "formals", node, formals: [], line, carried: undefined });
    return "formals";
  }

  #formals(): State {
    const frame = this.#top;
    if (frame.kind !== "formals") return "value";
    const { node, carried } = frame;
    const { kind, start, end, before: own, after } = this.#lexer;
    const before = carried === undefined ? own : [...carried, ...(own ?? [])];
    switch (kind) {
      case "identifier": {
        frame.carried = undefined;
        const formal: Mutable<Formal> = {
          [NODE]: true,
          kind: "formal",
          name: this.#text.slice(start, end),
          start,
          end,
          ...(before ? { before } : {}),
        };
        this.#next();
        if (this.#lexer.kind !== "?") return this.#endFormal(frame, formal, after);
        let tokens = withToken(undefined, "name", undefined, after);
        tokens = withToken(tokens, "?", this.#lexer.before, this.#lexer.after);
        if (tokens) formal.tokens = tokens;
        this.#next();
        this.#push({ kind: "default", formal });
        return "operand";
      }
      case "...": {
        frame.carried = undefined;
        node.ellipsis = true;
        const tokens = withToken(node.tokens, "...", before, after);
        if (tokens) node.tokens = tokens;
        this.#next();
        return this.#lexer.kind === "}" ? this.#closeFormals(frame) : this.#unexpected("`}`");
      }
      case "}":
        return this.#closeFormals(frame);
      default:
        return this.#unexpected("a name, `...` or `}`");
    }
  }

  /** Parses the token after a formal. `nameAfter` is the comment after its name if the formal has no default. */
  #endFormal(frame: FormalsFrame, formal: Mutable<Formal>, nameAfter?: string): State {
    const { kind, before, after } = this.#lexer;
    formal.end = this.#last;
    frame.formals.push(formal);
    if (kind !== "," && kind !== "}") return this.#unexpected("`,` or `}`");
    const alone = kind === "}" || after === undefined;
    // A comment at the end of the line is printed after the comma, even if the source has the comma elsewhere.
    let end = nameAfter;
    if (formal.default !== undefined && this.#commentedEnd === this.#last && alone) {
      end = this.#lastCommented?.after;
      delete this.#lastCommented?.after;
    }
    if (kind === "}") {
      if (end !== undefined) formal.after = end;
      return "formals";
    }
    if (after !== undefined) {
      const name = withToken(formal.tokens, "name", undefined, nameAfter);
      const tokens = withToken(name, ",", before, undefined);
      if (tokens) formal.tokens = tokens;
      formal.after = after;
    } else {
      if (end !== undefined) formal.after = end;
      // `nixfmt:disable` and `nixfmt:enable` stay in their places.
      if (before?.some(isSwitch) === true) formal.tokens = { ...formal.tokens, ",": { before } };
      else frame.carried = before;
    }
    this.#next();
    return "formals";
  }

  #closeFormals(frame: FormalsFrame): State {
    const { node, formals, line, carried } = frame;
    const { before, after, line: closeLine, end } = this.#lexer;
    const last = formals.at(-1) as Mutable<Formal> | undefined;
    if (carried !== undefined && last !== undefined) last.tokens = { ...last.tokens, ",": { before: carried } };
    this.#next();
    this.#pop();
    node.formals = formals;
    node.end = end;
    if (line !== closeLine) node.expanded = true;
    if (before) node.inner = before;
    let tokens = withToken(node.tokens, "close", undefined, after);
    const follower = this.#lexer.kind;
    if (follower === "@" && node.as === undefined) {
      tokens = withToken(tokens, "@", this.#lexer.before, this.#lexer.after);
      this.#next();
      const { kind: nameKind, start: nameStart, end: nameEnd, before: nameBefore, after: nameAfter } = this.#lexer;
      if (nameKind !== "identifier") return this.#unexpected("a name");
      node.as = { name: this.#text.slice(nameStart, nameEnd), side: "after" };
      tokens = withToken(tokens, "as", nameBefore, nameAfter);
      node.end = nameEnd;
      this.#next();
    }
    if (tokens) node.tokens = tokens;
    this.#checkFormals(node);
    if (this.#lexer.kind !== ":") return this.#unexpected("`:`");
    return this.#openLambda(node, node.start ?? 0);
  }

  #checkFormals({ formals, as, start = 0 }: Formals): void {
    if (!this.#strict) return;
    const seen = new Map<string, { readonly start: number; readonly end: number }>();
    if (as !== undefined) seen.set(as.name, { start, end: start + as.name.length });
    for (const { name, start: from = 0 } of formals) {
      const place = { start: from, end: from + name.length };
      const first = seen.get(name);
      if (first === undefined) seen.set(name, place);
      else {
        const message = `duplicate argument \`${name}\``;
        this.#problem("duplicateFormal", place.start, place.end, message, { ...first, message: "first named here" });
      }
    }
  }

  /** Parses the body of a function. The current token is the `:`. */
  #openLambda(param: IdentParam | Formals, start: number): State {
    const { before, after, line, end } = this.#lexer;
    if (!takesAny(this.#top)) {
      this.#problem("needsParentheses", start, end, "a function needs parentheses here");
    }
    this.#next();
    const tokens = withToken(undefined, ":", before, after);
    const sameLine = param.kind === "formals" ? this.#lexer.line === line : undefined;
    const node = new LambdaNode(param, MISSING, start, start, sameLine);
    if (tokens) node.tokens = tokens;
    this.#push({ kind: "lambda", node });
    return "operand";
  }

  // Problems

  #problem(
    kind: SyntaxErrorKind,
    start: number,
    end: number,
    message: string,
    related?: NonNullable<SyntaxProblem["related"]>,
  ): void {
    this.problems.push({ kind, start, end, message, ...(related ? { related } : {}) });
  }

  /** Reports a missing `;`: the name of the next binding was parsed as an argument. */
  #missingSemicolon({ start = 0, end = start }: Expr): State {
    this.#problem("unexpected", start, end, `missing \`;\` before ${excerpt(this.#text.slice(start, end))}`);
    return this.#recover();
  }

  /** Reports the current token as unexpected, and continues at a token where parsing can resume. */
  #unexpected(wanted: string): State {
    const { kind, start, end, unclosedComment } = this.#lexer;
    if (unclosedComment >= 0 && kind === "end") return "done";
    if (kind === "unknown" && this.#text[start] === "\0") this.#nul(start);
    else if (kind === "unknown") {
      this.#problem("unknownCharacter", start, end, describeCharacter(this.#text.slice(start, end)));
    } else if (kind === "end") {
      const opened = this.#frames.findLast((frame) => openedAt(frame) !== undefined);
      this.#problem(
        "unclosed",
        start,
        end,
        `unexpected end, expected ${wanted}${hintFor(kind, this.#frames, this.#text, start)}`,
        opened && openedHere(opened),
      );
      return "done";
    } else {
      const top = this.#top;
      const found =
        wanted === "an expression" && RULES.has(kind) && takesAny(top)
          ? `nothing precedes ${this.#shown()}`
          : `unexpected ${this.#shown()}`;
      const rest =
        top.kind === "root" && wanted !== "an expression" ? " after the end of the expression" : `, expected ${wanted}`;
      const closes = (top.kind === "list" || top.kind === "parens") && wanted !== "an expression";
      this.#problem(
        "unexpected",
        start,
        end,
        found + rest + hintFor(kind, this.#frames, this.#text, start),
        closes ? openedHere(top) : undefined,
      );
    }
    return this.#recover();
  }

  #shown(): string {
    const { kind, start, end } = this.#lexer;
    if (kind === "path") return "path";
    if (kind === '"' || kind === "''") return "string";
    return excerpt(this.#text.slice(start, end));
  }

  /** Skips to a token at which a frame can resume, and drops the frames above that frame. */
  #recover(): State {
    const lexer = this.#lexer;
    const closing: TokenKind[] = [];
    const resuming = new Set(this.#frames.flatMap(({ kind }) => RESUMES[kind] ?? []));
    while (lexer.kind !== "end") {
      const { kind } = lexer;
      if (closing.length > 0 && kind === closing.at(-1)) closing.pop();
      else if (closing.length === 0 && resuming.has(kind)) return this.#resume(kind);
      else if (kind === "(") closing.push(")");
      else if (kind === "[") closing.push("]");
      else if (kind === "{" || kind === "${") closing.push("}");
      else if (kind === '"' || kind === "''" || kind === "path") {
        this.#push({ kind: "text", of: kind, start: lexer.start, before: undefined, pieces: [], cut: false });
        return "text";
      }
      this.#next();
    }
    return "done";
  }

  #resume(kind: TokenKind): State {
    for (;;) {
      const top = this.#top;
      if (RESUMES[top.kind]?.includes(kind) === true) {
        this.#value = MISSING;
        this.#level = LEVEL.greedy;
        switch (top.kind) {
          case "list":
            return "items";
          case "set":
          case "let":
            if (kind === ";") this.#next();
            return "bindings";
          case "formals":
            return "formals";
          default:
            return "value";
        }
      }
      this.#pop();
    }
  }
}

/**
 * True if a keyword begins an expression that extends as far to the right as possible, and so needs parentheses in
 * operands.
 */
const isGreedy = (kind: TokenKind): boolean => kind === "let" || kind === "with" || kind === "assert" || kind === "if";

const lineComments = (text: string | undefined): readonly Trivium[] => (text === undefined ? [] : [lineComment(text)]);

/** The offset of a lone surrogate, if there is one. `isWellFormed` is the fast path of new engines. */
const loneSurrogate = (text: string): number | undefined =>
  (text as { readonly isWellFormed?: () => boolean }).isWellFormed?.() === true
    ? undefined
    : /\p{Surrogate}/u.exec(text)?.index;

/** The opening bracket of a frame. */
const openedHere = (frame: Frame): SyntaxProblem["related"] => {
  const start = openedAt(frame);
  return start === undefined ? undefined : { start, end: start + 1, message: "opened here" };
};

const selectFrame = (target: Expr, names: AttrName[], dot: TokenTrivia | undefined): PathFrame => ({
  kind: "path",
  use: "select",
  start: startOf(target),
  before: undefined,
  target,
  tokens: undefined,
  names,
  dot,
});

const startOf = (expr: Expr): number => expr.parens?.at(-1)?.start ?? expr.start ?? 0;

const isSwitch = ({ kind }: Trivium): boolean => kind === "disable" || kind === "enable";

const RULES: ReadonlyMap<string, OperatorRule> = new Map(Object.entries(BINARY));

const pathOf = (names: readonly AttrName[]): AttrPath => names as unknown as AttrPath;
