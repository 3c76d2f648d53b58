import { canFlatten, isAbsorbable, isAbsorbableExpr, isBare, isSimple, isSimplePath, isTerm } from "./absorb.js";
import {
  BREAK,
  COMMENT,
  DISABLE,
  EMPTYLINE,
  HARDLINE,
  HARDSPACE,
  NEWLINES,
  PRIORITY,
  RAW,
  REGULAR,
  SOFTBREAK,
  SOFTSPACE,
  SPACE,
  Tape,
  TRAILING,
  TRANSPARENT,
  VERBATIM,
  VERBATIM_TO_END,
  widthOf,
} from "./doc.js";
import type {
  AttrName,
  AttrPath,
  Attrs,
  Binary,
  BinaryOperator,
  Binding,
  Expr,
  Float,
  Formal,
  Formals,
  If,
  Inherit,
  Int,
  Interpolation,
  Lambda,
  LegacyLet,
  Let,
  List,
  Param,
  Select,
  Trivium,
  ValueBinding,
  With,
} from "../expr.js";
import { INDENT, Layout, WIDTH } from "./layout.js";
import { interp, str } from "../literal.js";
import { isIdentifier } from "../names.js";
import { floatText } from "./numbers.js";
import { LEVEL } from "../operators.js";
import {
  commented,
  END,
  group,
  GROUP,
  lifted,
  liftedToken,
  nest,
  NEST,
  PRINTED,
  priority,
  PRIORITY_GROUP,
  term,
  token,
  transparent,
  TRANSPARENT_GROUP,
  UNNEST,
  whole,
  type CallContext,
  type Instruction,
  type Part,
  type Parts,
} from "./parts.js";
import { escapeStr, indentedLines, pathParts, strLines, type StringLine } from "../strings.js";
import { isNode } from "../nodes.js";
import { joinAfter, lineComment } from "../trivia.js";
import { unescapeName } from "../unescape.js";
import { plainLine } from "./plain.js";
import {
  inside,
  view,
  viewEnclosed,
  viewLeft,
  viewRight,
  viewTarget,
  viewUnaryOperand,
  type Paren,
  type Written,
} from "./view.js";

/** Options of {@link print}. */
export interface PrintOptions {
  /** Maximum width of a line without its indentation, in columns. Default: 100, as in nixfmt. */
  readonly width?: number;
  /** Columns of one step of indentation, at least 1. Default: 2, as in nixfmt. */
  readonly indent?: number;
}

/**
 * The text of a Nix file with `expr`, in the layout of nixfmt, with a final newline. No line is indented by more than
 * 200 columns.
 *
 * @throws {TypeError} if `expr` is not a node, and RangeError for an `indent` below 1.
 *
 * @example
 *
 * ```ts
 * import { attrs, print } from "@microvm-emit/nix-ast";
 *
 * console.log(print(attrs({ services: { openssh: { enable: true, ports: [22] } } })));
 * ```
 *
 * ```nix
 * {
 *   services = {
 *     openssh = {
 *       enable = true;
 *       ports = [ 22 ];
 *     };
 *   };
 * }
 * ```
 */
export const print = (expr: Expr, options: PrintOptions = {}): string => printWith(expr, options, plainLine);

/** As {@link print}, without its fast path for plain data. Tests compare the fast path with it. */
export const printMeasured = (expr: Expr, options: PrintOptions = {}): string =>
  printWith(expr, options, () => undefined);

const printWith = (
  expr: Expr,
  { width = WIDTH, indent = INDENT }: PrintOptions,
  shortCut: typeof plainLine,
): string => {
  if (!isNode(expr)) throw new TypeError("print expects a node; convert data with toNix");
  if (!Number.isInteger(indent) || indent < 1) {
    throw new RangeError(`indent is ${String(indent)}; expected a whole number of at least 1`);
  }
  const tape = new Tape();
  const layout = new Layout(tape, width, indent);
  new Printer(tape, layout, shortCut).print(whole(expr));
  return layout.finish();
};

/** With this many elements, the tape is laid out at the next opportunity, to save memory. */
const FULL_TAPE = 512;
/** Interpolations up to this width stay on one line, even if the line becomes too long. */
const SHORT_INTERPOLATION = 30;
/** Longer chains of pipes have one pipe per line. */
const SHORT_PIPE = 3;
/** An `inherit` of more names has one name per line. */
const SHORT_INHERIT = 3;
/** Longer attribute paths may have the value on the next line. */
const SHORT_PATH = 4;
/** Longer lists are not kept on one line as arguments. */
const SHORT_LIST = 6;

const COMPARISONS: ReadonlySet<BinaryOperator> = new Set(["<", "<=", ">", ">=", "==", "!="]);
const PIPES: ReadonlySet<BinaryOperator> = new Set(["|>", "<|"]);
/** In the value of a binding, the last operand of these operators may begin on the operator's line. */
const JOINS: ReadonlySet<BinaryOperator> = new Set(["++", "//", "+"]);

/** Splits expressions into parts and writes them to a tape. */
class Printer {
  readonly #tape: Tape;
  /** Lays out a full tape, if its layout is already determined. */
  readonly #layout: Layout | undefined;
  readonly #shortCut: typeof plainLine;
  readonly #waiting: Part[] = [];
  /** Comments before the next token. */
  #before: Trivium[] = [];
  /** True if the comments before the next token are already printed. */
  #printed = false;
  /** True if the next comment after a token is already printed. */
  #printedAfter = false;

  constructor(tape: Tape, layout?: Layout, shortCut: typeof plainLine = plainLine) {
    this.#tape = tape;
    this.#layout = layout;
    this.#shortCut = shortCut;
  }

  print(expr: Written): void {
    this.#run(group(withoutBlankStart(expr), commentLines(belowOf(expr))));
  }

  #run(part: Part): void {
    const waiting = this.#waiting;
    waiting.push(part);
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) this.#step(next);
  }

  #wait(parts: Parts): void {
    for (let i = parts.length - 1; i >= 0; i--) this.#waiting.push(parts[i] as Part);
  }

  #step(part: Part): void {
    if (typeof part === "string") this.#token(part);
    else if (typeof part === "number") this.#mark(part);
    else if ("kind" in part) this.#expand(part);
    else this.#wait(part);
  }

  #mark(mark: number): void {
    switch (mark) {
      case GROUP:
        this.#tape.open(REGULAR);
        break;
      case PRIORITY_GROUP:
        this.#tape.open(PRIORITY);
        break;
      case TRANSPARENT_GROUP:
        this.#tape.open(TRANSPARENT);
        break;
      case END:
        this.#tape.close();
        break;
      case NEST:
        this.#tape.nesting++;
        break;
      case UNNEST:
        this.#tape.nesting--;
        break;
      case PRINTED:
        this.#printed = true;
        break;
      default:
        this.#tape.spacing(mark, mark === NEWLINES ? 1 : 0);
    }
  }

  #token(text: string): void {
    if (this.#before.length > 0) {
      const trivia = this.#before;
      this.#before = [];
      this.#comments(trivia);
    }
    this.#printed = false;
    this.#tape.put(text);
  }

  #comments(trivia: readonly Trivium[]): void {
    const [first] = trivia;
    if (first === undefined) return;
    if (trivia.length > 1 || first.kind !== "languageTag") this.#tape.spacing(HARDLINE);
    for (const trivium of trivia) this.#comment(trivium);
  }

  #comment(trivium: Trivium): void {
    const tape = this.#tape;
    switch (trivium.kind) {
      case "blankLine":
        tape.spacing(EMPTYLINE);
        break;
      case "disable":
        tape.put("", DISABLE);
        break;
      case "enable":
        if (trivium.region === undefined) tape.put("/*nixfmt:enable*/", COMMENT);
        else tape.put(trivium.region, VERBATIM);
        tape.spacing(HARDLINE);
        break;
      case "disabledToEnd":
        tape.put(trivium.region, VERBATIM_TO_END);
        break;
      case "languageTag":
        tape.put(`/* ${oneLine(trivium.text).replaceAll("*/", "")} */`, COMMENT);
        tape.spacing(HARDSPACE);
        break;
      case "lineComment":
        tape.put(`#${oneLine(trivium.text)}`, COMMENT);
        tape.spacing(HARDLINE);
        break;
      case "blockComment":
        tape.put(trivium.doc ? "/**" : "/*", COMMENT);
        tape.spacing(HARDLINE);
        tape.indentation += 2;
        for (const line of trivium.lines) {
          if (line === "") tape.spacing(EMPTYLINE);
          else {
            tape.put(oneLine(line).replaceAll("*/", "* /"), COMMENT);
            tape.spacing(HARDLINE);
          }
        }
        tape.indentation -= 2;
        tape.put("*/", COMMENT);
        tape.spacing(HARDLINE);
    }
  }

  /** Stores the comments around an expression for its first and last token. */
  #enter({ before, after }: Written): void {
    if (before !== undefined && !this.#printed) this.#before.push(...before);
    if (after !== undefined) this.#waiting.push({ kind: "#after", text: after });
  }

  #expand(part: Written | Instruction): void {
    switch (part.kind) {
      case "#term":
        this.#enter(part.term);
        this.#wait(termParts(part.term, part.wide));
        break;
      case "#before":
        if (!this.#printed) this.#before.push(...part.trivia);
        break;
      case "#comments":
        this.#comments(part.trivia);
        break;
      case "#tag":
        this.#comment({ kind: "languageTag", text: part.text });
        break;
      case "#after":
        if (this.#printedAfter) this.#printedAfter = false;
        else this.#tape.trailingComment(`# ${oneLine(part.text)}`);
        break;
      case "#indent":
        this.#tape.indentation += part.columns;
        break;
      case "#raw":
        this.#tape.put(part.text, RAW);
        break;
      case "#trailing":
        this.#tape.put(part.text, TRAILING);
        break;
      case "#binding":
        this.#wait(bindingParts(part.binding));
        break;
      case "#lines":
        this.#lines(part);
        break;
      case "#closing":
        this.#closing(part.text);
        break;
      case "#formal":
        this.#wait(formalParts(part.formal, part.last));
        break;
      case "#argument":
        this.#enter(part.argument);
        this.#wait(argumentParts(part.argument));
        break;
      case "#call":
        this.#enter(part.call);
        this.#wait(this.#callParts(spineOf(part.call), part.context));
        break;
      case "#assert":
        this.#wait(this.#callParts(assertSpine(part.condition), OPEN_CALL, part.after));
        break;
      case "call":
        this.#enter(part);
        this.#wait(this.#callParts(spineOf(part), OPEN_CALL));
        break;
      case "#interpolation":
        this.#wait(interpolationParts(part.interpolation));
        break;
      case "#short":
        this.#short(part);
        break;
      case "#simple":
        this.#simple(part);
        break;
      default:
        this.#enter(part);
        this.#wait(exprParts(part));
    }
  }

  #lines(part: Extract<Instruction, { kind: "#lines" }>): void {
    const tape = this.#tape;
    const layout = this.#layout;
    const { items } = part;
    while (part.next < items.length) {
      const first = part.next === 0;
      const item = items[part.next++] as Binding | Expr;
      // The tape is empty only after a line of the fast path.
      const afterLine = tape.length === 0;
      if (!first && !afterLine) tape.spacing(HARDLINE);
      if (layout !== undefined && (afterLine || tape.isSettled)) {
        const line = item.before === undefined ? this.#shortCut(item, layout.width) : undefined;
        if (line !== undefined) {
          const text = typeof line === "string" ? line : line.text;
          if (afterLine) layout.nextLine(text);
          else layout.lastLine(text);
          if (typeof line === "string") continue;
          this.#waiting.push(part);
          this.#wait(line.rest);
          return;
        }
        if (tape.length > FULL_TAPE) layout.settle();
      }
      if (afterLine) tape.spacing(HARDLINE);
      this.#waiting.push(part);
      this.#wait(itemParts(HARDLINE, item));
      return;
    }
  }

  #closing(text: string): void {
    if (this.#tape.length === 0) this.#layout?.nextLine(text);
    else {
      this.#tape.spacing(HARDLINE);
      this.#token(text);
    }
  }

  #short(part: Extract<Instruction, { kind: "#short" }>): void {
    const tape = this.#tape;
    if (part.at < 0) {
      part.at = tape.length;
      part.width = tape.rawWidth;
      part.breaks = tape.rawBreaks;
    } else if (tape.rawBreaks === part.breaks && tape.rawWidth - part.width <= part.limit) {
      tape.flatten(part.at, part.levels);
    }
  }

  #simple(part: Extract<Instruction, { kind: "#simple" }>): void {
    const tape = this.#tape;
    if (part.breaks < 0) part.breaks = tape.rawBreaks;
    else if (part.breaks === tape.rawBreaks) {
      tape.flattenGroup();
      this.#wait(part.then);
    } else this.#wait(part.otherwise);
  }

  /**
   * The layouts of a call on several lines: each argument on a separate line; or only the last argument on several
   * lines; or only an earlier argument, if the rest fits on its first and last line.
   */
  #callParts({ head, args, afters }: Spine, { pre, enclosed }: CallContext, assertAfter?: string): Parts {
    // Comments at the first token are printed before the call, so that they do not break it. Language tags stay at
    // their string.
    const first = typeof head === "string" ? { trivia: [], after: assertAfter } : firstComments(head);
    const leading = [...this.#before, ...(this.#printed ? [] : first.trivia)];
    if (first.after !== undefined) leading.push(lineComment(first.after));
    this.#printedAfter = first.printed === true;
    const comments = leading.filter((trivium) => trivium.kind !== "languageTag");
    this.#before = leading.filter((trivium) => trivium.kind === "languageTag");

    const f: Part[] = [PRINTED, head];
    if (enclosed && comments.length === 0) f.splice(0, 2, NEST, GROUP, BREAK, PRINTED, head, END, UNNEST);
    const last = args.length - 1;
    const after = (index: number): Part => afters[index] ?? [];
    const post: Parts = enclosed ? [BREAK] : [];
    const lastArg = args[last] as Written;
    const previous = args[last - 1];
    let call: Parts;
    if (lastArg.kind === "list" && previous?.kind === "list") {
      call = group(
        pre,
        transparent(applied(f, args, last - 1, after)),
        SPACE,
        nest(group({ kind: "#argument", argument: previous })),
        after(last - 1),
        SPACE,
        nest(group({ kind: "#argument", argument: lastArg })),
        after(last),
        post,
      );
    } else {
      const simple =
        comments.length === 0 &&
        this.#before.length === 0 &&
        typeof head !== "string" &&
        args.length <= 2 &&
        isSimple(head) &&
        args.every(isSimple) &&
        afters.every((one) => one === undefined);
      const front = [pre, transparent(applied(f, args, last, after))];
      const spread: Parts = [SPACE, lastArgumentParts(lastArg), after(last), post];
      if (simple) {
        const mark: Instruction = {
          kind: "#simple",
          then: [HARDSPACE, lastArgumentParts(lastArg)],
          otherwise: spread,
          breaks: -1,
        };
        call = group(mark, front, mark);
      } else call = group(front, spread);
    }
    if (comments.length === 0) return call;
    return [{ kind: "#comments", trivia: comments }, call, enclosed ? HARDLINE : []];
  }
}

/** The text of a comment, without a line break at its end. */
const oneLine = (text: string): string => (/[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, " ") : text);

const OPEN_CALL: CallContext = { pre: [], enclosed: false };

/** The comments after the whole expression. */
const belowOf = (written: Written): readonly Trivium[] | undefined =>
  written.kind === "paren" ? written.expr.below : written.below;

/** `expr` without blank lines at the start of its file. */
const withoutBlankStart = (expr: Written): Written => {
  const { before } = expr;
  if (before?.[0]?.kind !== "blankLine") return expr;
  const first = before.findIndex((trivium) => trivium.kind !== "blankLine");
  return { ...expr, before: first < 0 ? [] : before.slice(first) };
};

// Calls

/** The parts of a call: the function, all arguments, and the comments that do not belong to an argument. */
interface Spine {
  readonly head: Written | "assert";
  readonly args: readonly Written[];
  readonly afters: readonly (Part | undefined)[];
}

const spineOf = (call: Extract<Written, { kind: "call" }>): Spine => {
  const args: Written[] = [view(call.argument, LEVEL.select)];
  const afters: (Part | undefined)[] = [undefined];
  let head = view(call.function, LEVEL.call);
  while (head.kind === "call") {
    args.push(view(head.argument, LEVEL.select));
    afters.push(head.after === undefined ? undefined : { kind: "#after", text: head.after });
    // Comments before an inner call are before the whole call.
    const { before } = head;
    head = view(head.function, LEVEL.call);
    if (before) head = { ...head, before: [...before, ...(head.before ?? [])] };
  }
  return { head, args: args.reverse(), afters: afters.reverse() };
};

const assertSpine = (condition: Written): Spine => {
  if (condition.kind !== "call") return { head: "assert", args: [condition], afters: [undefined] };
  const { head, args, afters } = spineOf(condition);
  const { before, after } = condition;
  return {
    head: "assert",
    args: [around({ before }, head as Written), ...args],
    afters: [undefined, ...afters.slice(0, -1), after === undefined ? afters.at(-1) : { kind: "#after", text: after }],
  };
};

interface FirstComments {
  readonly trivia: readonly Trivium[];
  readonly after?: string | undefined;
  /** True if the comment after it would be printed as the comment of a token. */
  readonly printed?: boolean;
}

/** The comments in an expression around its first token, outermost first. */
const firstComments = (expr: Written): FirstComments => {
  const trivia: Trivium[] = [];
  let next = expr;
  for (;;) {
    trivia.push(...(next.before ?? []));
    if (next.kind !== "select") break;
    next = viewTarget(next.target);
  }
  switch (next.kind) {
    case "paren":
      return { trivia, after: next.tokens?.open?.after };
    case "attrs":
    case "legacyLet":
    case "list": {
      const after = next.tokens?.rec?.after ?? next.tokens?.open?.after;
      return { trivia, after, printed: after !== undefined };
    }
    default:
      return { trivia, after: next.after, printed: next.after !== undefined };
  }
};

/** A function with its first `count` arguments. Each call is a separate group. */
const applied = (f: Parts, args: readonly Written[], count: number, after: (index: number) => Part): Parts => {
  const opens: Part[] = [];
  const rest: Parts[] = [];
  for (let i = count - 1; i >= 0; i--) {
    const arg = args[i] as Written;
    const previous = args[i - 1];
    opens.push(TRANSPARENT_GROUP);
    if (arg.kind === "list" && previous?.kind === "list") {
      // Two adjacent lists are either both on one line or both on several lines.
      opens.push(TRANSPARENT_GROUP);
      rest.push([
        END,
        nest(
          group(
            SPACE,
            group({ kind: "#argument", argument: previous }),
            after(i - 1),
            SPACE,
            group({ kind: "#argument", argument: arg }),
            after(i),
          ),
        ),
        END,
      ]);
      i--;
    } else {
      const argument: Part = { kind: "#argument", argument: arg };
      // A selection on several lines is hard to read, so it is never the first to break.
      rest.push([END, SPACE, nest(arg.kind === "select" ? group(argument) : priority(argument)), after(i)]);
    }
  }
  return [opens, f, rest.reverse()];
};

const argumentParts = (argument: Written): Parts =>
  argument.kind === "list" &&
  argument.items.length > 0 &&
  countItems(argument.items, argument.inner) <= SHORT_LIST &&
  argument.items.every((item) => isSimple(withoutBefore(view(item, LEVEL.select))))
    ? listParts(argument, SPACE)
    : argument.kind === "list"
      ? group(termParts(isEmptyBelow(argument) ? { ...argument, expanded: true } : argument, false))
      : argument.kind === "call"
        ? [{ kind: "#call", call: argument, context: OPEN_CALL }]
        : exprParts(argument);

/** An empty list below a comment or blank line, whose brackets nixfmt puts on separate lines. */
const isEmptyBelow = ({ items, inner, before }: List): boolean =>
  items.length === 0 && inner === undefined && before !== undefined;

const lastArgumentParts = (argument: Written): Part => {
  if (isTerm(argument) && isAbsorbable(argument)) return priority(nest(term(argument)));
  if (argument.kind !== "paren") return group(nest(argument));
  const inner = inside(argument);
  const { before, tokens } = argument;
  if (before === undefined && tokens?.open === undefined && isBare(inner)) {
    const close = closingParen(argument, tokens?.close?.before);
    if (inner.kind === "lambda" && inner.param.kind === "identParam" && isBare(inner.param)) {
      const body = whole(inner.body);
      if (isTerm(body) && isAbsorbable(body)) {
        return priority(nest("(", inner.param.name, ":", HARDSPACE, term(body, true), close));
      }
    } else if (inner.kind === "call" && isBare(argument)) {
      const f = view(inner.function, LEVEL.call);
      const body = view(inner.argument, LEVEL.select);
      if (f.kind === "ident" && isBare(f) && isTerm(body) && isAbsorbable(body)) {
        return priority(nest("(", f.name, HARDSPACE, term(body, true), close));
      }
    }
  }
  return absorbParen(argument);
};

/** `)` with the comments around it. */
const closingParen = ({ after }: Paren, before: readonly Trivium[] | undefined): Part =>
  commented({ before, after }, ")");

const absorbParen = (written: Paren): Part => {
  const { before, tokens } = written;
  return priority(
    nest(
      commented({ before }, "("),
      BREAK,
      group(nest(commented({ before: lifted(tokens?.open) }, inside(written)), commentLines(tokens?.close?.before))),
      BREAK,
      closingParen(written, undefined),
    ),
  );
};

/** Comments on separate lines, if there are any. */
const commentLines = (trivia: readonly Trivium[] | undefined): Part =>
  trivia === undefined ? [] : { kind: "#comments", trivia };

// Values after the `=` of a binding and the `?` of a formal

const valueParts = (value: Written): Part => {
  if (value.kind === "attrs" && value.inner === undefined && value.bindings.length === 1) {
    const [only] = value.bindings;
    if (only?.kind === "inherit" && only.before === undefined) return nest(HARDSPACE, group(absorbed(value, false)));
  }
  if (isAbsorbableExpr(value)) return nest(HARDSPACE, group(absorbed(value, true)));
  switch (value.kind) {
    case "paren":
      return nest(HARDSPACE, absorbParen(value));
    case "str":
    case "indentedStr":
    case "path":
      return nest(HARDSPACE, group(value));
    case "call":
      return nest({ kind: "#call", call: value, context: { pre: [SPACE], enclosed: false } });
    case "with":
      return nest(group(SPACE, value));
    case "binary": {
      if (!JOINS.has(value.operator)) break;
      const left = viewLeft(value);
      const first = value.operator === "+" ? operandsOf(value)[0].operand : left;
      if (isTerm(first) && isAbsorbable(first) && first.before === undefined && value.before === undefined) {
        return [HARDSPACE, commented(value, operationParts(value, true))];
      }
      const right = viewRight(value);
      const chain = value.operator === "+" && left.kind === "binary" && left.operator === "+";
      if (!chain && isTerm(right) && isAbsorbable(right) && value.tokens === undefined) {
        return nest(
          group(
            SPACE,
            commented(value, left, SPACE, transparent(value.operator, HARDSPACE, priority(term(right, true)))),
          ),
        );
      }
      break;
    }
    default:
      if (isTerm(value)) return nest(group(SPACE, value));
  }
  return nest(SPACE, group(value));
};

/** An absorbable expression that begins on the current line; `wide`: a set on several lines. */
const absorbed = (expr: Written, wide: boolean): Part => {
  if (isTerm(expr)) return term(expr, wide);
  if (expr.kind === "with") {
    const body = whole(expr.body);
    if (isTerm(body) && isAbsorbable(body)) {
      return commented(
        expr,
        group(
          BREAK,
          token(expr.tokens, "open", "with"),
          HARDSPACE,
          nest(group(whole(expr.scope))),
          token(expr.tokens, ";", ";"),
          HARDSPACE,
          priority(term(body, true)),
        ),
      );
    }
  }
  return expr;
};

// Terms

const countItems = (items: readonly Expr[], inner?: readonly Trivium[]): number =>
  items.reduce((count, item) => count + (view(item, LEVEL.select).before ? 2 : 1), inner ? 1 : 0);

/** A binding or list item with the comments before it. */
const itemParts = (separator: number, item: Binding | Expr): Parts => {
  const isBinding = item.kind === "binding" || item.kind === "inherit";
  const written = isBinding ? item : view(item, LEVEL.select);
  const part: Part =
    written.kind === "binding" || written.kind === "inherit"
      ? { kind: "#binding", binding: written }
      : group(withoutBefore(written));
  const { before } = written;
  if (before === undefined || before.length === 0) return [part];
  const tag = before.at(-1);
  if (tag?.kind !== "languageTag") return [{ kind: "#comments", trivia: before }, separator, part];
  return [{ kind: "#comments", trivia: before.slice(0, -1) }, { kind: "#tag", text: tag.text }, part];
};

/** All bindings or items with the comments after the last, separated by a spacing. */
const itemsParts = (
  separator: number,
  items: readonly (Binding | Expr)[],
  inner: readonly Trivium[] | undefined,
): Parts => {
  const lines: Part =
    separator === HARDLINE
      ? { kind: "#lines", items, next: 0 }
      : items.map((item, i): Part => [i > 0 ? separator : [], itemParts(separator, item)]);
  if (inner === undefined || inner.length === 0) return [lines];
  return [lines, items.length > 0 ? separator : [], { kind: "#comments", trivia: inner }];
};

const withoutBefore = (written: Written): Written => {
  if (written.before === undefined) return written;
  const { before: _, ...rest } = written;
  return rest;
};

const listParts = (list: List, separator: number): Parts => {
  const { items, inner, tokens, expanded } = list;
  const open = tokens?.open;
  const comments: Part = [open?.before ? { kind: "#before", trivia: open.before } : [], "["];
  if (items.length === 0 && inner === undefined && open?.after === undefined) {
    return [comments, expanded === true ? HARDLINE : HARDSPACE, "]"];
  }
  // Items on separate lines are parsed as expanded, so print them as expanded unless the source is different.
  const many = separator === HARDLINE && items.length > 1;
  const around = (expanded ?? many) || items.length === 0 ? HARDLINE : SPACE;
  return [
    comments,
    around,
    nest(open?.after === undefined ? [] : { kind: "#after", text: open.after }, itemsParts(separator, items, inner)),
    around,
    token(tokens, "close", "]"),
  ];
};

const attrsParts = (attrs: Attrs | LegacyLet, wide: boolean): Parts => {
  const { bindings, inner, tokens, expanded, before } = attrs;
  const keyword = attrs.kind === "legacyLet" ? "let" : attrs.recursive ? "rec" : undefined;
  const open = tokens?.open;
  const start: Part = [
    keyword === undefined ? [] : [token(tokens, "rec", keyword), HARDSPACE],
    open?.before ? { kind: "#before", trivia: open.before } : [],
    "{",
  ];
  const bare = open === undefined && (keyword !== undefined || before === undefined);
  if (bindings.length === 0 && inner === undefined && bare) {
    return [start, expanded === true ? HARDLINE : HARDSPACE, "}"];
  }
  const filled = bindings.length > 0 || inner !== undefined;
  const around = (wide && filled) || (expanded ?? bindings.length > 1) ? HARDLINE : SPACE;
  return [
    start,
    around,
    nest(open?.after === undefined ? [] : { kind: "#after", text: open.after }, itemsParts(HARDLINE, bindings, inner)),
    around,
    token(tokens, "close", "}"),
  ];
};

/** The source digits of a number, if they still have its value. */
const intText = ({ value, spelling }: Int): string =>
  spelling !== undefined && /^\d+$/.test(spelling) && BigInt(spelling) === value ? spelling : String(value);
const floatTextOf = ({ value, spelling }: Float): string =>
  spelling !== undefined && FLOAT.test(spelling) && Number(spelling) === value ? spelling : floatText(value);
const FLOAT = /^(?:[1-9]\d*\.\d*|0?\.\d+)(?:[Ee][+-]?\d+)?$/;

const termParts = (written: Written, wide: boolean): Parts => {
  switch (written.kind) {
    case "int":
      return [intText(written)];
    case "float":
      return [floatTextOf(written)];
    case "ident":
      return [written.name];
    case "searchPath":
      return [`<${written.path}>`];
    case "str":
      return strParts(strLines(written));
    case "indentedStr":
      return indentedStrParts(indentedLines(written), written.kept);
    case "path":
      return lineParts(pathParts(written, (text) => interp(str(text))));
    case "list":
      return listParts(written, HARDLINE);
    case "attrs":
    case "legacyLet":
      return attrsParts(written, wide);
    case "select":
      return selectParts(written);
    case "paren": {
      const { open, close } = written.tokens ?? {};
      return group(
        commented({ before: lifted(open) }, "("),
        nest(parenthesized(inside(written)), commentLines(close?.before)),
        ")",
      );
    }
    default:
      return [written];
  }
};

/** The content of brackets, on the line of the opening bracket if allowed. */
const parenthesized = (expr: Written): Part => {
  if (isAbsorbableExpr(expr)) return group(absorbed(expr, false));
  if (expr.kind === "call") return { kind: "#call", call: expr, context: { pre: [], enclosed: true } };
  if (expr.kind === "select" && !isAbsorbable(viewTarget(expr.target))) return [group(expr), BREAK];
  return [BREAK, group(expr), BREAK];
};

const selectParts = ({ target, path, or, tokens }: Select): Parts => {
  const written = viewTarget(target);
  let separator: Parts;
  switch (written.kind) {
    case "int":
    case "float":
      // A dot directly after the digits would be a part of the number.
      separator = [HARDSPACE];
      break;
    case "ident":
    case "searchPath":
      separator = [];
      break;
    case "paren":
      separator = [SOFTBREAK];
      break;
    default:
      separator = [BREAK];
  }
  const selected: Part = [term(written), separator, path.map((name): Part => [dotParts(name), nameParts(name)])];
  if (or === undefined) return [selected];
  return [selected, SOFTSPACE, nest(token(tokens, "or", "or"), HARDSPACE, view(or, LEVEL.select))];
};

const nameParts = (name: AttrName): Part => {
  if (typeof name === "string") return isIdentifier(name) ? name : group(`"${escapeStr(name)}"`);
  if (name.kind === "name") {
    const { spelling } = name;
    const text =
      spelling !== undefined && unescapeName(spelling) === name.name ? group(spelling) : nameParts(name.name);
    return commented(name, text);
  }
  const { expr, quoted } = name;
  // A string with text, not only an interpolation, needs no `${}` around it.
  const isQuoted = expr.kind === "str" && (quoted ?? (expr.parts.length > 1 && isBare(expr)));
  return commented(name, isQuoted ? strParts(strLines(expr)) : interpolationParts(name));
};

/** The `.` before a name. */
const dotParts = (name: AttrName): Part => (typeof name === "string" ? "." : token(name.tokens, ".", "."));

const pathPartsOf = (path: AttrPath): Part =>
  path.map((name, i): Part => (i > 0 ? [dotParts(name), nameParts(name)] : nameParts(name)));

// Strings

const strParts = (lines: readonly StringLine[]): Parts =>
  group(
    '"',
    lines.map((line, i): Part => (i > 0 ? ["\n", lineParts(line)] : lineParts(line))),
    '"',
  );

const indentedStrParts = (lines: readonly StringLine[], kept: string | undefined): Parts => {
  const parts = (line: StringLine): Part => (kept === undefined ? lineParts(line) : rawLineParts(line, kept));
  return group(
    "''",
    lines.length > 1 ? BREAK : [],
    nest(lines.map((line, i): Part => (i > 0 ? [NEWLINES, parts(line)] : parts(line)))),
    "''",
  );
};

/** A line that keeps its indentation. The code in it is formatted as usual. */
const rawLineParts = (line: StringLine, kept: string): Part => {
  const [first, ...rest] = line;
  if (first === undefined) return [];
  if (typeof first === "object") return [{ kind: "#raw", text: kept }, lineParts(line)];
  const [blanks = ""] = /^\s*/.exec(first) ?? [];
  return [
    { kind: "#raw", text: kept + blanks },
    ...indented(widthOf(blanks), lineParts([first.slice(blanks.length), ...rest])),
  ];
};

/** The parts of one line of a string. */
const lineParts = (line: StringLine): Parts => {
  const [first, second] = line;
  const only =
    line.length === 1
      ? first
      : line.length === 2 && typeof first === "string" && /^ *$/.test(first)
        ? second
        : undefined;
  if (typeof only === "object" && only.expr.below !== undefined && typeof first === "object") {
    const { expr } = only;
    return group("${", BREAK, nest(group(whole(expr), commentLines(expr.below))), BREAK, "}");
  }
  if (typeof only === "object" && only.expr.below === undefined) {
    // An interpolation alone on its line has the layout of parentheses.
    const spaces = typeof first === "string" ? first : "";
    return [
      spaces === "" ? [] : spaces,
      ...indented(spaces.length, group("${", nest(parenthesized(whole(only.expr))), "}")),
    ];
  }
  if (typeof first !== "string") return line.map(stringPart);
  const rest = line.slice(1).map(stringPart);
  return [first, ...indented(widthOf(/^\s*/.exec(first)?.[0] ?? ""), rest)];
};

/** `part` with more indentation of its lines. */
const indented = (columns: number, part: Part): Parts =>
  columns === 0 ? [part] : [{ kind: "#indent", columns }, part, { kind: "#indent", columns: -columns }];

const stringPart = (part: string | Interpolation): Part =>
  typeof part === "string" ? part : { kind: "#interpolation", interpolation: part };

const interpolationParts = ({ expr }: { readonly expr: Expr }): Parts => {
  const inner = whole(expr);
  const bare = expr.below === undefined;
  if (bare && isTerm(inner) && isAbsorbable(inner)) return group("${", term(inner), "}");
  const mark = (limit: number, levels: number): Instruction => {
    return { kind: "#short", limit, levels, at: -1, width: 0, breaks: 0 };
  };
  if (bare && isSimple(inner)) {
    const short = mark(Infinity, 0);
    return ["${", short, inner, short, "}"];
  }
  const short = mark(SHORT_INTERPOLATION, 1);
  return group("${", short, NEST, BREAK, group(inner, commentLines(expr.below)), BREAK, UNNEST, short, "}");
};

// Bindings

const bindingParts = (binding: Binding): Parts => [
  binding.kind === "inherit" ? inheritParts(binding) : valueBindingParts(binding),
  binding.after === undefined ? [] : { kind: "#after", text: binding.after },
];

const valueBindingParts = ({ path, value, tokens }: ValueBinding): Parts => {
  const rhs = valueParts(whole(value));
  return group(
    pathPartsOf(path),
    nest(
      HARDSPACE,
      token(tokens, "=", "="),
      path.length <= SHORT_PATH && isSimplePath(path) ? rhs : [BREAK, priority(rhs)],
    ),
    token(tokens, ";", ";"),
  );
};

const inheritParts = ({ from, names, expanded, tokens }: Inherit): Parts => {
  const short = names.length <= SHORT_INHERIT && expanded !== true;
  const separator = short ? SPACE : HARDLINE;
  const list = names.map((name, i): Part => (i > 0 ? [separator, nameParts(name)] : nameParts(name)));
  const end: Part = [list, short ? BREAK : HARDLINE, token(tokens, ";", ";")];
  return from === undefined
    ? group(token(tokens, "open", "inherit"), separator, nest(end))
    : group(token(tokens, "open", "inherit"), nest(group(SPACE, term(viewEnclosed(from))), separator, end));
};

// Functions

const formalParts = (formal: Formal, last: boolean): Parts => {
  const { name, default: value, before, after, tokens } = formal;
  // A trailing comma is printed only if the formals are on separate lines.
  const comma: Part =
    last && after === undefined && tokens?.[","] === undefined
      ? { kind: "#trailing", text: "," }
      : token(tokens, ",", ",");
  const start: Part = commented({ before }, token(tokens, "name", name));
  const end: Part = after === undefined ? [] : { kind: "#after", text: after };
  if (value === undefined) return [start, comma, end];
  const rest = [start, HARDSPACE, nest(token(tokens, "?", "?"), valueParts(whole(value)))];
  return typeof comma === "object" ? [group(rest), comma, end] : [group(rest, comma), end];
};

const formalsParts = (formals: Formals): Parts => {
  const { formals: names, ellipsis, inner, tokens, expanded } = formals;
  const open: Part = commented({ before: lifted(tokens?.open) }, "{");
  const close = token(tokens, "close", "}");
  if (names.length === 0 && !ellipsis) {
    const blank = inner === undefined ? [] : ({ kind: "#before", trivia: inner } as const);
    return group(open, expanded === true ? HARDLINE : HARDSPACE, blank, close);
  }
  const separator = canFlatten(formals) ? SPACE : HARDLINE;
  const list: Part[] = names.map((formal, i) => ({
    kind: "#formal",
    formal,
    last: i === names.length - 1 && !ellipsis,
  }));
  if (ellipsis) list.push(token(tokens, "...", "..."));
  return group(
    open,
    separator,
    nest(list.map((part, i): Part => (i > 0 ? [separator, part] : part))),
    separator,
    inner === undefined ? [] : nest({ kind: "#comments", trivia: inner }),
    close,
  );
};

const paramParts = (param: Param): Part => {
  if (param.kind === "identParam") return commented(param, param.name);
  const { as, tokens } = param;
  if (as === undefined) return commented(param, formalsParts(param));
  const at = token(tokens, "@", "@");
  const name = token(tokens, "as", as.name);
  return as.side === "before"
    ? commented(param, name, at, formalsParts(param))
    : commented(param, formalsParts(param), at, name);
};

const lambdaParts = (lambda: Lambda): Parts => {
  const { param, tokens, sameLine } = lambda;
  const colon = token(tokens, ":", ":");
  const body = whole(lambda.body);
  if (param.kind === "identParam") return group(BREAK, paramParts(param), colon, curriedBody(body));
  const head: Part = [paramParts(param), colon];
  if (param.as === undefined) {
    if (sameLine === false) return [head, HARDLINE, body];
    if (sameLine === true && canFlatten(param) && isAbsorbableExpr(body)) return [head, HARDSPACE, priority(body)];
  }
  return isTerm(body) && isAbsorbable(body) ? [head, SPACE, group(term(body, true))] : [head, SPACE, body];
};

/** The code after the first parameter: further parameters on the same line, and the body. */
const curriedBody = (first: Written): Parts => {
  const parts: Part[] = [];
  const ends: Part[] = [];
  let body = first;
  let depth = 1;
  while (body.kind === "lambda" && body.param.kind === "identParam") {
    const { param, tokens, before, after } = body;
    parts.push(HARDSPACE, commented({ before }, paramParts(param)), token(tokens, ":", ":"));
    if (after !== undefined) ends.push({ kind: "#after", text: after });
    body = whole(body.body);
    depth++;
  }
  if (isAbsorbableExpr(body)) parts.push(HARDSPACE, priority(absorbed(body, false)));
  else parts.push(depth <= 2 ? SPACE : HARDLINE, body);
  return [parts, ends.reverse()];
};

// Other expressions

const exprParts = (expr: Exclude<Written, { kind: "call" }>): Parts => {
  switch (expr.kind) {
    case "list":
      return group(termParts(expr, false));
    case "let":
      return letParts(expr);
    case "with":
      return withParts(expr);
    case "assert":
      return group(
        { kind: "#assert", condition: whole(expr.condition), after: expr.tokens?.open?.after },
        token(expr.tokens, ";", ";"),
        HARDLINE,
        whole(expr.body),
      );
    case "if":
      return group(ifParts(expr));
    case "lambda":
      return lambdaParts(expr);
    case "hasAttr":
      return [
        view(expr.target, LEVEL.negate),
        SOFTSPACE,
        token(expr.tokens, "?", "?"),
        HARDSPACE,
        pathPartsOf(expr.path),
      ];
    case "unary":
      return [token(expr.tokens, "operator", expr.operator), viewUnaryOperand(expr)];
    case "binary":
      if (!COMPARISONS.has(expr.operator)) return operationParts(expr, false);
      return [viewLeft(expr), SOFTSPACE, token(expr.tokens, "operator", expr.operator), HARDSPACE, viewRight(expr)];
    default:
      return termParts(expr, false);
  }
};

const letParts = ({ bindings, inner, body, tokens }: Let): Parts => {
  // Comments around `in` belong to the body.
  return [
    group(token(tokens, "open", "let"), HARDLINE, nest(itemsParts(HARDLINE, bindings, inner))),
    HARDLINE,
    group("in", HARDLINE, commented({ before: lifted(tokens?.in) }, whole(body))),
  ];
};

const withParts = ({ scope, body, tokens }: With): Parts => [
  group(token(tokens, "open", "with"), HARDSPACE, nest(group(whole(scope))), token(tokens, ";", ";")),
  SPACE,
  whole(body),
];

const ifParts = (first: If): Parts => {
  const parts: Part[] = [];
  const ends: Part[] = [];
  let next: Written = first;
  for (let separator: number = SPACE; next.kind === "if"; separator = HARDLINE) {
    const { condition, tokens } = next;
    // A comment after `if` needs a line that begins with this `if`, which is only true for the first one.
    const keyword = next === first ? liftedToken(tokens, "open", "if") : token(tokens, "open", "if");
    if (next !== first) parts.push(commented({ before: next.before }));
    parts.push(
      group(keyword, SPACE, nest(whole(condition)), SPACE, token(tokens, "then", "then")),
      separator,
      nest(group(whole(next.then))),
      separator,
      liftedToken(tokens, "else", "else"),
      HARDSPACE,
    );
    const rest: Written = whole(next.else);
    if (rest.kind === "if" && rest.after !== undefined) ends.push({ kind: "#after", text: rest.after });
    next = rest;
  }
  return [parts, SPACE, nest(group(next)), ends.reverse()];
};

interface Operand {
  readonly operand: Written;
  /** The operation with the operator before the operand; undefined for the first operand. */
  readonly operation?: Binary;
}

/** The operands of a chain of one operator, in order. */
const operandsOf = (operation: Binary): readonly [Operand, ...Operand[]] => {
  const operands: Operand[] = [];
  let before: Binary | undefined;
  const waiting: (Written | { readonly kind: "#operator"; readonly operation: Binary })[] = [operation];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.kind === "#operator") before = next.operation;
    else if (next.kind === "binary" && next.operator === operation.operator) {
      waiting.push(
        next === operation ? viewRight(next) : around({ after: next.after }, viewRight(next)),
        { kind: "#operator", operation: next },
        next === operation ? viewLeft(next) : around({ before: next.before }, viewLeft(next)),
      );
    } else operands.push(before === undefined ? { operand: next } : { operand: next, operation: before });
  }
  return operands as unknown as readonly [Operand, ...Operand[]];
};

/** `written` with the comments of the operation that it begins or ends. */
const around = (
  { before, after }: { readonly before?: readonly Trivium[] | undefined; readonly after?: string | undefined },
  written: Written,
): Written =>
  before === undefined && after === undefined
    ? written
    : {
        ...written,
        ...(before ? { before: [...before, ...(written.before ?? [])] } : {}),
        ...(after === undefined ? {} : { after: joinAfter(written.after, after) }),
      };

/** A chain of one operator: all on one line, or each operand on a separate line after its operator. */
const operationParts = (operation: Binary, firstWide: boolean): Parts => {
  const { operator } = operation;
  const [first, ...rest] = operandsOf(operation);
  const separator = PIPES.has(operator) && rest.length + 1 > SHORT_PIPE ? HARDLINE : SPACE;
  return group(
    firstWide && isTerm(first.operand) && isAbsorbable(first.operand) ? term(first.operand, true) : first.operand,
    rest.map(({ operand, operation: own }): Part => [
      separator,
      liftedToken(own?.tokens, "operator", operator),
      nest(operandParts(operand)),
    ]),
  );
};

const operandParts = (operand: Written): Part => {
  if (operand.kind === "binary") return group(SPACE, operand);
  if (operand.kind === "call") {
    return group(HARDSPACE, { kind: "#call", call: operand, context: { pre: [SPACE], enclosed: false } });
  }
  return [HARDSPACE, operand];
};
