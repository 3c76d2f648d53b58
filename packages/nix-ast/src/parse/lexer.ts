import type { Trivium } from "../expr.js";
import { KEYWORDS, type Keyword } from "../names.js";
import { skipBlanks } from "./blanks.js";
import { DIGIT, isOf, LETTER, LONGER, NAME, PATH, PATH_NAME, SCHEME, URI } from "./characters.js";
import {
  asComment,
  BLANK_LINE,
  blockLines,
  directiveAt,
  divide,
  isLanguageTag,
  leading,
  type Piece,
  type Resolve,
} from "./comments.js";

/** Each keyword and punctuation mark is its own kind, with its text as the name. */
export type TokenKind =
  | "identifier"
  | "int"
  | "float"
  | "uri"
  | "path"
  | "searchPath"
  | "hole"
  | '"'
  | "''"
  | "end"
  | "unknown"
  | Keyword
  | Punctuation;
type Punctuation =
  | "${" | "{" | "}" | "(" | ")" | "[" | "]" | ";" | ":" | "," | "@" | "." | "..." | "?" | "="
  | "!" | "-" | "+" | "++" | "*" | "/" | "//" | "<" | "<=" | ">" | ">=" | "==" | "!=" | "&&" | "||" | "->" | "|>" | "<|"; // prettier-ignore

/** Keywords by their first character. */
const keywords: readonly (readonly Keyword[])[] = Array.from({ length: 128 }, (_, unit) =>
  KEYWORDS.filter((word) => word.charCodeAt(0) === unit),
);

/** The end of a piece of text in a string or path. */
export type TextEnd = "quote" | "interpolation" | "hole" | "end";

/** Placeholder for a value in a template. Only known offsets are holes, so the same character can also be text. */
export const HOLE = "\ue000";

/** Kinds of opening braces. The closing brace returns to the enclosing text or code. */
type Brace = "code" | "text";

const BLANK: readonly Trivium[] = [BLANK_LINE];

/**
 * Reads Nix tokens one by one, with the comments around them. The fields describe the current token; `next` reads the
 * next one. After a quote, the parser reads the text of the string piece by piece.
 */
export class Lexer {
  readonly text: string;
  readonly #isHole: (at: number) => boolean;
  kind: TokenKind = "end";
  start = 0;
  end = 0;
  /** The first line of the token, from 0. */
  line = 0;
  /** Comments and blank lines before the token. */
  before: readonly Trivium[] | undefined;
  /** A comment after the token on its line. */
  after: string | undefined;
  /** The offset of an unclosed comment; -1 if there is none. */
  unclosedComment = -1;

  /** True if the last piece of text has no escape, line break, tab, dollar or quote. */
  isPlain = true;

  /** The offset of the lines after a `nixfmt:disable`; undefined where formatting is enabled. */
  disabledFrom: number | undefined;

  #at = 0;
  #line = 0;
  #before: readonly Trivium[] | undefined;
  readonly #braces: Brace[] = [];
  /** The end of the current run of path and URI characters, which is already classified. */
  #runEnd = 0;
  #runIsPath = false;
  /** From this offset on, a name in the run begins a URI. */
  #uriStart = Infinity;
  #lineStart = 0;
  /** The offset of the last computed column. */
  #columnAt = 0;
  #column = 0;

  readonly #lines: boolean;

  /** `isHole` returns whether the {@link HOLE} at an offset is a value. Without `lines`, all tokens are on line 0. */
  constructor(text: string, isHole: (at: number) => boolean, lines: boolean) {
    this.text = text;
    this.#isHole = isHole;
    this.#lines = lines;
    this.#leading();
    // Blank lines at the start of a file have no effect.
    const first = this.#before?.findIndex((trivium) => trivium.kind !== "blankLine") ?? 0;
    this.#before = first < 0 ? undefined : this.#before?.slice(first);
  }

  next(): void {
    this.before = this.#before;
    this.#before = undefined;
    this.start = this.#at;
    if (this.#lines) this.line = this.#line;
    this.kind = this.#scan();
    this.#at = this.end;
    this.after = undefined;
    switch (this.kind) {
      case '"':
      case "''":
      case "path":
        return;
      case "${":
        this.#braces.push("code");
        this.#leading();
        return;
      case "{":
        this.#braces.push("code");
        break;
      case "}":
        if (this.#braces.pop() === "text") return;
        break;
      default:
    }
    this.#trivia();
  }

  /** Reads text of a string up to an interpolation or the end of the string, as the current token. */
  textPiece(quote: '"' | "''"): TextEnd {
    this.start = this.#at;
    return this.#endPiece(this.#piece(quote === '"'), quote.length);
  }

  /** Reads text of a path, from its start or the end of an interpolation, as the current token. */
  pathPiece(): TextEnd {
    const { text } = this;
    this.start = this.#at;
    let i = this.#at;
    if (this.kind === "path" && text.charCodeAt(i) === 0x7e) i++;
    for (;;) {
      while (isOf(PATH, text, i)) i++;
      if (text.charCodeAt(i) !== 0x2f) break;
      if (isOf(PATH, text, i + 1)) i++;
      else {
        if (this.#interpolates(i + 1)) i++;
        break;
      }
    }
    this.end = i;
    return this.#endPiece(this.#isHoleAt(i) ? "hole" : text.startsWith("${", i) ? "interpolation" : "quote", 0);
  }

  /** True if an interpolation or a hole begins at an offset. */
  #interpolates(at: number): boolean {
    return this.text.startsWith("${", at) || this.#isHoleAt(at);
  }

  #isHoleAt(at: number): boolean {
    return this.text.startsWith(HOLE, at) && this.#isHole(at);
  }

  #endPiece(found: TextEnd, quoteLength: number): TextEnd {
    if (found === "interpolation") {
      this.#at = this.end + 2;
      this.#braces.push("text");
      this.#leading();
    } else if (found === "hole") this.#at = this.end + HOLE.length;
    else {
      this.#at = this.end + (found === "quote" ? quoteLength : 0);
      const { end } = this;
      this.end = this.#at;
      this.#trivia();
      this.end = end;
    }
    return found;
  }

  /** The end of a piece of text in a `"` or `''` string. */
  #piece(isStr: boolean): TextEnd {
    const { text } = this;
    let i = this.start;
    this.isPlain = true;
    for (; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      // Most characters of text are letters.
      if (unit > 0x5c && unit !== 0xe000) continue;
      switch (unit) {
        case 0x22: // "
          if (!isStr) break;
          this.end = i;
          return "quote";
        case 0x09:
        case 0x0d:
          this.isPlain = false;
          break;
        case 0x5c: // backslash
          this.isPlain = false;
          if (isStr) i = this.#escaped(i + 1);
          break;
        case 0x27: // '
          this.isPlain = false;
          if (isStr || text.charCodeAt(i + 1) !== 0x27) break;
          switch (text.charCodeAt(i + 2)) {
            case 0x24: // $
            case 0x27: // '
              i += 2;
              break;
            case 0x5c: // backslash
              i = this.#escaped(i + 3);
              break;
            default:
              this.end = i;
              return "quote";
          }
          break;
        case 0x24: // $
          this.isPlain = false;
          if (text.charCodeAt(i + 1) === 0x7b) {
            this.end = i;
            return "interpolation";
          }
          if (text.charCodeAt(i + 1) === 0x24) i++;
          break;
        case 0xe000:
          if (!this.#isHole(i)) break;
          this.end = i;
          return "hole";
        case 0x0a:
          this.isPlain = false;
          this.#newline(i);
      }
    }
    this.end = text.length;
    return "end";
  }

  /** Counts an escaped line break at `at`. Returns `at`. */
  #escaped(at: number): number {
    if (this.text.charCodeAt(at) === 0x0a) this.#newline(at);
    return at;
  }

  /** True if the current `{` begins formals of a function, and not a set. */
  get opensFormals(): boolean {
    const { text } = this;
    let i = this.#at;
    if (text.startsWith("...", i)) return !this.#isHoleAt(skipBlanks(text, i + 3));
    if (text.charCodeAt(i) !== 0x7d) {
      if (!isOf(LETTER, text, i)) return false;
      while (isOf(NAME, text, i)) i++;
      const follower = text.charCodeAt((i = skipBlanks(text, i)));
      // , ?
      if (follower === 0x2c || follower === 0x3f) return true;
      if (follower !== 0x7d) return false;
    }
    const follower = text.charCodeAt(skipBlanks(text, i + 1));
    // : @
    return follower === 0x3a || follower === 0x40;
  }

  /** True if a `{` follows the current token. */
  get precedesBrace(): boolean {
    return this.text.charCodeAt(this.#at) === 0x7b;
  }

  /** True if a `/` follows the current token, a path. Nix rejects such a path. */
  get precedesSlash(): boolean {
    return this.text.charCodeAt(this.end) === 0x2f;
  }

  // Tokens

  #scan(): TokenKind {
    const { text } = this;
    const at = this.#at;
    const unit = text.charCodeAt(at);
    if (isOf(PATH, text, at)) {
      if (at >= this.#runEnd && isOf(LETTER, text, at)) {
        // The usual case: the character after the name cannot continue a path, URI or name.
        let i = at + 1;
        while (isOf(PATH_NAME, text, i)) i++;
        if (!isOf(LONGER, text, i) && text.charCodeAt(i) !== 0x2f && text.charCodeAt(i) !== 0x3a) {
          return this.#name(at, i);
        }
      }
      if (this.#isPath(at)) return this.#until(at, "path");
      if (isOf(LETTER, text, at)) return this.#word(at);
      if (isOf(DIGIT, text, at)) return this.#number(at);
    }
    switch (unit) {
      case 0x22:
        return this.#until(at + 1, '"');
      case 0x27:
        return text.charCodeAt(at + 1) === 0x27 ? this.#until(at + 2, "''") : this.#until(at + 1, "unknown");
      case 0x28:
        return this.#until(at + 1, "(");
      case 0x29:
        return this.#until(at + 1, ")");
      case 0x5b:
        return this.#until(at + 1, "[");
      case 0x5d:
        return this.#until(at + 1, "]");
      case 0x7b:
        return this.#until(at + 1, "{");
      case 0x7d:
        return this.#until(at + 1, "}");
      case 0x3b:
        return this.#until(at + 1, ";");
      case 0x3a:
        return this.#until(at + 1, ":");
      case 0x2c:
        return this.#until(at + 1, ",");
      case 0x40:
        return this.#until(at + 1, "@");
      case 0x3f:
        return this.#until(at + 1, "?");
      case 0x2a:
        return this.#until(at + 1, "*");
      case 0x3d:
        return this.#either(at, "==", "=");
      case 0x21:
        return this.#either(at, "!=", "!");
      case 0x3e:
        return this.#either(at, ">=", ">");
      case 0x2b:
        return this.#either(at, "++", "+");
      case 0x2d:
        return this.#either(at, "->", "-");
      case 0x26:
        return this.#either(at, "&&", "unknown");
      case 0x24:
        return this.#either(at, "${", "unknown");
      case 0x7c:
        return text.charCodeAt(at + 1) === 0x3e ? this.#until(at + 2, "|>") : this.#either(at, "||", "unknown");
      case 0x3c:
        return this.#less(at);
      case 0x2f:
        if (isOf(PATH, text, at + 1) || this.#interpolates(at + 1)) return this.#until(at, "path");
        return this.#either(at, "//", "/");
      case 0x7e:
        if (text.charCodeAt(at + 1) === 0x2f && (isOf(PATH, text, at + 2) || this.#interpolates(at + 2))) {
          return this.#until(at, "path");
        }
        return this.#until(at + 1, "unknown");
      case 0x2e:
        if (isOf(DIGIT, text, at + 1)) return this.#until(this.#exponent(this.#digits(at + 1)), "float");
        return text.startsWith("...", at) ? this.#until(at + 3, "...") : this.#until(at + 1, ".");
      default:
        if (at >= text.length) return this.#until(text.length, "end");
        if (this.#isHoleAt(at)) return this.#until(at + HOLE.length, "hole");
        return this.#until(at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1), "unknown");
    }
  }

  #until(end: number, kind: TokenKind): TokenKind {
    this.end = end;
    return kind;
  }

  #either(at: number, long: TokenKind, short: TokenKind): TokenKind {
    return this.text.startsWith(long, at) ? this.#until(at + long.length, long) : this.#until(at + 1, short);
  }

  #less(at: number): TokenKind {
    const { text } = this;
    let i = at + 1;
    if (isOf(PATH, text, i)) {
      for (;;) {
        while (isOf(PATH, text, i)) i++;
        if (text.charCodeAt(i) === 0x2f && isOf(PATH, text, i + 1)) i++;
        else break;
      }
      if (text.charCodeAt(i) === 0x3e) return this.#until(i + 1, "searchPath");
    }
    return text.charCodeAt(at + 1) === 0x7c ? this.#until(at + 2, "<|") : this.#either(at, "<=", "<");
  }

  #word(at: number): TokenKind {
    const { text } = this;
    let i = at + 1;
    if (at >= this.#uriStart && at < this.#runEnd && text.charCodeAt(at) !== 0x5f) {
      i = this.#runEnd + 1;
      while (isOf(URI, text, i)) i++;
      return this.#until(i, "uri");
    }
    while (isOf(NAME, text, i)) i++;
    return this.#name(at, i);
  }

  /** A keyword or an identifier. */
  #name(at: number, end: number): TokenKind {
    const { text } = this;
    this.end = end;
    for (const word of keywords[text.charCodeAt(at)] as readonly Keyword[]) {
      if (word.length === end - at && text.startsWith(word, at)) return word;
    }
    return "identifier";
  }

  #number(at: number): TokenKind {
    const { text } = this;
    const end = this.#digits(at);
    if (text.charCodeAt(end) !== 0x2e) return this.#until(end, "int");
    const zero = text.charCodeAt(at) === 0x30;
    if (zero && (end > at + 1 || !isOf(DIGIT, text, end + 1))) return this.#until(end, "int");
    return this.#until(this.#exponent(this.#digits(end + 1)), "float");
  }

  #digits(from: number): number {
    let i = from;
    while (isOf(DIGIT, this.text, i)) i++;
    return i;
  }

  /** The end of the exponent at `from`, if there is one. */
  #exponent(from: number): number {
    const { text } = this;
    const letter = text.charCodeAt(from);
    if (letter !== 0x45 && letter !== 0x65) return from;
    const sign = text.charCodeAt(from + 1);
    const digits = sign === 0x2b || sign === 0x2d ? from + 2 : from + 1;
    return isOf(DIGIT, text, digits) ? this.#digits(digits) : from;
  }

  /** True if a path begins here, at a path character. */
  #isPath(at: number): boolean {
    if (at >= this.#runEnd) {
      const { text } = this;
      let i = at;
      let scheme = at;
      for (; isOf(PATH, text, i); i++) if (!isOf(SCHEME, text, i)) scheme = i + 1;
      this.#runEnd = i;
      const follower = text.charCodeAt(i);
      this.#runIsPath = follower === 0x2f && (isOf(PATH, text, i + 1) || this.#interpolates(i + 1));
      this.#uriStart = follower === 0x3a && isOf(URI, text, i + 1) ? scheme : Infinity;
    }
    return this.#runIsPath;
  }

  /** Counts the line break that ends at `at`. */
  #newline(at: number): void {
    this.#line++;
    this.#lineStart = at + 1;
  }

  // Comments

  /** The effect of a nixfmt switch after the previous switches. */
  readonly #resolve: Resolve = ({ disable, start, end }) => {
    const { text } = this;
    let lineStart = start;
    while (lineStart > 0 && /[ \t]/.test(text.charAt(lineStart - 1))) lineStart--;
    if (lineStart > 0 && text.charAt(lineStart - 1) !== "\n") return asComment(disable);
    const { disabledFrom } = this;
    if (disable) {
      this.disabledFrom ??= lineStart;
      return { kind: "disable" };
    }
    this.disabledFrom = undefined;
    return disabledFrom === undefined ? { kind: "enable" } : { kind: "enable", region: text.slice(disabledFrom, end) };
  };

  /** Reads white space and comments between the current token and the next. */
  #trivia(): void {
    const { text } = this;
    let newlines = 0;
    let i = this.end;
    for (; ; i++) {
      const unit = text.charCodeAt(i);
      if (unit === 0x20 || unit === 0x09) continue;
      if (unit === 0x0a || unit === 0x0d) {
        newlines++;
        if (unit === 0x0d && text.charCodeAt(i + 1) === 0x0a) i++;
        this.#lineStart = i + 1;
      } else if (unit === 0x23 || (unit === 0x2f && text.charCodeAt(i + 1) === 0x2a)) {
        const pieces = this.#pieces(this.end);
        const { after, before } = divide(pieces, this.#columnOf(this.#at), this.#resolve);
        this.after = after;
        this.#before = before.length > 0 ? before : undefined;
        return;
      } else break;
    }
    this.#line += newlines;
    this.#at = i;
    this.after = undefined;
    this.#before = newlines > 1 ? BLANK : undefined;
  }

  /** Reads white space and comments before the first token of a file or interpolation. */
  #leading(): void {
    const before = leading(this.#pieces(this.#at), this.#resolve);
    this.#before = before.length > 0 ? before : undefined;
  }

  #pieces(from: number): readonly Piece[] {
    const { text } = this;
    const pieces: Piece[] = [];
    let newlines = 0;
    const lineEnd = (): void => {
      if (newlines > 0) pieces.push({ kind: "newlines", count: newlines });
      newlines = 0;
    };
    let i = from;
    for (;;) {
      const unit = text.charCodeAt(i);
      if (unit === 0x20 || unit === 0x09) i++;
      else if (unit === 0x0a || unit === 0x0d) {
        i += unit === 0x0d && text.charCodeAt(i + 1) === 0x0a ? 2 : 1;
        newlines++;
        this.#newline(i - 1);
      } else if (unit === 0x23) {
        lineEnd();
        const start = i;
        while (i < text.length && text.charCodeAt(i) !== 0x0a && text.charCodeAt(i) !== 0x0d) i++;
        pieces.push({ kind: "line", text: text.slice(start + 1, i).trimEnd(), column: this.#columnOf(start) });
      } else if (unit === 0x2f && text.charCodeAt(i + 1) === 0x2a) {
        const close = text.indexOf("*/", i + 2);
        if (close < 0) {
          this.unclosedComment = i;
          i = text.length;
          break;
        }
        lineEnd();
        const directive = directiveAt(text, i);
        pieces.push(directive ?? this.#block(i, close));
        i = directive?.end ?? close + 2;
      } else break;
    }
    lineEnd();
    this.#at = i;
    return pieces;
  }

  #block(start: number, close: number): Piece {
    const { text } = this;
    const doc = text.charCodeAt(start + 2) === 0x2a && start + 2 < close;
    const content = text.slice(start + (doc ? 3 : 2), close);
    const column = this.#columnOf(start);
    for (let i = content.indexOf("\n"); i >= 0; i = content.indexOf("\n", i + 1)) {
      this.#line++;
      this.#lineStart = close - content.length + i + 1;
    }
    const lines = blockLines(content, column);
    const [only, ...more] = lines;
    if (!doc && only !== undefined && more.length === 0 && isLanguageTag(only, text, close + 2)) {
      return { kind: "languageTag", text: only.trim() };
    }
    return { kind: "block", doc, lines };
  }

  /** The number of columns before `at` on its line. A tab extends to the next multiple of eight. */
  #columnOf(at: number): number {
    const { text } = this;
    let i = this.#columnAt;
    if (this.#lineStart > i) {
      i = this.#lineStart;
      this.#column = 0;
    }
    for (; i < at; i++) {
      const unit = text.charCodeAt(i);
      if (unit === 0x09) this.#column += 8 - (this.#column % 8);
      else if (unit < 0xdc00 || unit > 0xdfff) this.#column++;
    }
    this.#columnAt = at;
    return this.#column;
  }
}
