import {
  BREAK,
  CLOSE,
  DISABLE,
  EMPTYLINE,
  flatWidth,
  HARDLINE,
  HARDSPACE,
  isSpacing,
  mergeSpacings,
  NEWLINES,
  NOTHING,
  OPEN,
  PRIORITY,
  RAW,
  SOFTBREAK,
  SOFTSPACE,
  SPACE,
  type Tape,
  TEXT,
  TRAILING,
  TRAILING_COMMENT,
  TRANSPARENT,
  VERBATIM,
  VERBATIM_TO_END,
} from "./doc.js";

/** The defaults of nixfmt. */
export const WIDTH = 100;
export const INDENT = 2;
/** Lines are not indented further, so that the text of a deep tree is not much longer than its tokens. */
export const LAST_COLUMN = 200;
/** Output longer than this is moved to the list of finished text. */
const PAGE = 8192;

/** The indentation of a nesting level. A line adds at most one step, even if it opens several levels. */
interface Indent {
  readonly columns: number;
  readonly level: number;
  readonly outer: Indent | undefined;
}

/** A priority group during layout, with the state to restore if the text after it does not fit. */
interface Attempt {
  readonly open: number;
  readonly priority: number;
  /** The priority groups to try if this one fails, the next one last. */
  readonly others: number[];
  readonly out: string;
  readonly column: number;
  readonly indent: Indent;
  readonly kept: string | undefined;
  /** Spacings after the priority group that became plain, with their original kinds. */
  readonly changed: readonly number[];
}

/**
 * Lays out a tape in lines of `width` columns without indentation, with the algorithm of nixfmt. It takes linear time:
 * prefix sums give the width of each range, and lookahead ends with the line.
 */
export class Layout {
  readonly #tape: Tape;
  readonly #width: number;
  readonly #step: number;
  #kind: Uint8Array;
  #value: Int32Array;
  #level: Int32Array;
  /** For each index: columns and forced line breaks before it, and the next element that is not a mark. */
  #columns: Int32Array = new Int32Array();
  #breaks: Int32Array = new Int32Array();
  #next: Int32Array = new Int32Array();

  readonly #pages: string[] = [];
  #out = "";
  /** After a `nixfmt:disable`, the text before it. The text after it is then dropped. */
  #kept: string | undefined;
  /** True if the end of the text is verbatim source. */
  #isWhole = false;
  /** The width of the current line without its indentation; 0 only at its start. */
  #column = 0;
  #indent: Indent = { columns: 0, level: 0, outer: undefined };
  readonly #attempts: Attempt[] = [];
  /**
   * Limit for elements of failed attempts. After it, only attempts that cannot fail are made, so that the time stays
   * linear.
   */
  #budget = 0;

  constructor(tape: Tape, width: number, step: number) {
    this.#tape = tape;
    this.#width = width;
    this.#step = step;
    this.#kind = tape.kind;
    this.#value = tape.value;
    this.#level = tape.level;
  }

  get width(): number {
    return this.#width;
  }

  #measure(): void {
    const { length, kind, value, level } = this.#tape;
    this.#kind = kind;
    this.#value = value;
    this.#level = level;
    if (this.#columns.length <= length) {
      this.#columns = new Int32Array(kind.length + 1);
      this.#breaks = new Int32Array(kind.length + 1);
      this.#next = new Int32Array(kind.length + 1);
    }
    this.#budget = 16 * length + 4096;
    let columns = 0;
    let breaks = 0;
    /** The width of the run of spacings that ends here. Adjacent spacings on one line count once. */
    let run = -1;
    for (let i = 0; i < length; i++) {
      this.#columns[i] = columns;
      this.#breaks[i] = breaks;
      const one = kind[i] as number;
      if (one === TEXT) {
        columns += value[i] as number;
        run = -1;
      } else if (isSpacing(one)) {
        if (one >= HARDLINE) breaks++;
        const own = flatWidth(one);
        columns += run < 0 ? own : Math.max(0, own - run);
        run = Math.max(run, own);
      } else if (one >= TEXT && one <= VERBATIM_TO_END) {
        if (one >= RAW) breaks++;
        run = -1;
      }
    }
    this.#columns[length] = columns;
    this.#breaks[length] = breaks;
    this.#next[length] = length;
    for (let i = length - 1; i >= 0; i--) {
      const one = kind[i] as number;
      this.#next[i] = one === OPEN || one === CLOSE || one === NOTHING ? (this.#next[i + 1] as number) : i;
    }
  }

  /** Lays out a tape with a determined layout, and starts a new one. */
  settle(): void {
    this.#run(this.#tape.length - 1);
    this.#tape.restart();
    this.#turnPage();
  }

  /** Lays out a tape with a determined layout, and then `text` on a separate line. The tape is then empty. */
  lastLine(text: string): void {
    const tape = this.#tape;
    const last = tape.length - 1;
    this.#run(last);
    if (this.#column > 0) this.#space(last, tape.kind[last] as number);
    tape.length = 0;
    tape.forget();
    this.#startText(tape.nesting, tape.indentation);
    this.#out += text;
    this.#column = text.length;
  }

  /** Writes `text` to the next line. The tape must be empty. */
  nextLine(text: string): void {
    const tape = this.#tape;
    this.#column = 0;
    const columns = this.#toLevel(tape.nesting) + tape.indentation;
    this.#out += lineStart(columns) + text;
    this.#column = text.length;
    this.#turnPage();
  }

  #turnPage(): void {
    if (this.#out.length < PAGE || this.#kept !== undefined) return;
    // Reading a character makes the engine join the many pieces of the string early, which costs less memory.
    this.#out.charCodeAt(0);
    this.#pages.push(this.#out);
    this.#out = "";
  }

  /** Lays out the rest of the tape. Returns the whole text, trimmed, with a final line break. */
  finish(): string {
    this.#run(this.#tape.length);
    if (this.#kept !== undefined) this.#out = this.#kept + this.#out;
    this.#pages.push(this.#isWhole ? this.#out : `${this.#out.trimEnd()}\n`);
    this.#pages[0] = this.#pages[0]?.trimStart() ?? "";
    return this.#pages.join("");
  }

  #run(end: number): void {
    if (end === 0) return;
    this.#measure();
    let i = 0;
    while (i < end) {
      const kind = this.#kind[i] as number;
      if (kind === OPEN) i = this.#group(i);
      else if (kind === CLOSE) i = this.#close(i);
      else {
        if (kind >= RAW) this.#putRaw(i, kind);
        else if (kind >= TEXT) this.#putText(i);
        else if (kind !== NOTHING && this.#column > 0) this.#space(i, kind);
        i++;
      }
    }
  }

  /** Lays out the known part of the group at `open`. Returns the next index. */
  #group(open: number): number {
    const close = this.#value[open] as number;
    // An unclosed group breaks.
    if (close === 0) return open + 1;
    if (this.#fit(open + 1, close)) return close + 1;
    if (this.#tape.offset[open] === 1 && this.#level[open] !== TRANSPARENT) {
      return this.#attempt(open, this.#priorities(open, close));
    }
    return open + 1;
  }

  /** The priority groups of a group to try, in order. */
  #priorities(open: number, close: number): number[] {
    const found: number[] = [];
    for (let i = open + 1; i < close; i++) {
      if (this.#kind[i] !== OPEN) continue;
      const group = this.#level[i];
      if (group === PRIORITY) found.push(i);
      if (group !== TRANSPARENT) i = this.#value[i] as number;
    }
    return found;
  }

  /** Tries to break only one priority group, the last one first. Returns the next index. */
  #attempt(open: number, candidates: number[]): number {
    const close = this.#value[open] as number;
    for (let priority = candidates.pop(); priority !== undefined; priority = candidates.pop()) {
      const end = this.#value[priority] as number;
      const post = this.#next[end + 1] as number;
      const safe = post >= close;
      if (!safe && (this.#budget < 0 || !this.#couldFit(post, close))) continue;
      const saved = { out: this.#out, column: this.#column, indent: this.#indent, kept: this.#kept };
      if (!this.#fitPart(open + 1, priority)) continue;
      const changed = safe ? [] : this.#unbreak(end + 1, close);
      this.#attempts.push({ open, priority, others: candidates, ...saved, changed });
      return priority + 1;
    }
    return open + 1;
  }

  #close(at: number): number {
    const attempt = this.#attempts.at(-1);
    if (attempt === undefined || this.#value[attempt.priority] !== at) return at + 1;
    this.#attempts.pop();
    const { changed } = attempt;
    for (let i = 0; i < changed.length; i += 2) this.#kind[changed[i] as number] = changed[i + 1] as number;
    const close = this.#value[attempt.open] as number;
    if (this.#fitPart(at + 1, close)) return close + 1;
    this.#budget -= at - attempt.open;
    this.#out = attempt.out;
    this.#column = attempt.column;
    this.#indent = attempt.indent;
    this.#kept = attempt.kept;
    return this.#attempt(attempt.open, attempt.others);
  }

  /** Makes the spacings of the parent after a priority group plain. Returns pairs of index and old kind. */
  #unbreak(from: number, close: number): number[] {
    const changed: number[] = [];
    let dissolved = 0;
    for (let i = from; i < close; i++) {
      const kind = this.#kind[i] as number;
      if (kind === OPEN) {
        const group = this.#level[i];
        // A priority group inside another stays a group; in the parent itself it is dissolved.
        if (group === PRIORITY && dissolved < i) dissolved = this.#value[i] as number;
        else if (group !== TRANSPARENT || dissolved > i) i = this.#value[i] as number;
      } else if (kind >= SOFTBREAK && kind <= SPACE && kind !== HARDSPACE) {
        changed.push(i, kind);
        this.#kind[i] = kind === SPACE || kind === SOFTSPACE ? HARDSPACE : NOTHING;
      }
    }
    return changed;
  }

  /** True if a range after a priority group can fit, independent of its start column. */
  #couldFit(from: number, to: number): boolean {
    const start = isSpacing(this.#kind[from] as number) ? from + 1 : from;
    return this.#breaks[to] === this.#breaks[start] && this.#columnsOf(start, to) <= this.#width;
  }

  /** As {@link #fit}, for a range that may be empty. */
  #fitPart(from: number, to: number): boolean {
    return (this.#next[from] as number) >= to || this.#fit(from, to);
  }

  #columnsOf(from: number, to: number): number {
    const first = this.#next[from] as number;
    const columns = (this.#columns[to] as number) - (this.#columns[from] as number);
    if (first >= to || !isSpacing(this.#kind[first] as number)) return columns;
    // A spacing at the start of the range counts fully, even if a spacing before it already used its column.
    const counted = (this.#columns[first + 1] as number) - (this.#columns[first] as number);
    return columns + flatWidth(this.#kind[first] as number) - counted;
  }

  /** Writes a range to the current line, if it fits together with the text up to the next possible break. */
  #fit(from: number, to: number): boolean {
    let start = from;
    if (this.#column === 0) {
      // A line must not begin with a space, so the first spacing of the range or of its first group is dropped.
      let first = start;
      while (first < to && this.#kind[first] === NOTHING) first++;
      if (this.#kind[first] === OPEN) first++;
      while (first < to && this.#kind[first] === NOTHING) first++;
      if (first < to && isSpacing(this.#kind[first] as number)) start = first + 1;
    }
    if (this.#breaks[to] !== this.#breaks[start]) return false;
    const columns = this.#columnsOf(start, to);
    const room = this.#width - this.#column;
    if (columns > room || columns > room - this.#firstLineWidth(to, room - columns)) return false;
    let indents = 0;
    let line = this.#indent.level;
    if (this.#column === 0) {
      const first = this.#nextText(start);
      const level = first < to ? (this.#level[first] as number) : 0;
      const offset = first < to ? (this.#tape.offset[first] as number) : 0;
      if (level > line) line += this.#step;
      if (this.#levelAfter(to) > line) indents = this.#step;
      this.#startText(level, offset);
    } else if (this.#levelAfter(to) > line) indents = this.#step;
    this.#putFlat(start, to, indents - this.#column);
    return true;
  }

  #nextText(from: number): number {
    let i = this.#next[from] as number;
    while (i < this.#tape.length && (this.#kind[i] as number) < TEXT) i = this.#next[i + 1] as number;
    return i;
  }

  #levelAfter(at: number): number {
    const text = this.#nextText(at);
    return text < this.#tape.length ? (this.#level[text] as number) : 0;
  }

  /**
   * Writes a range to the current line; `indents` is the distance of a trailing comment from the indentation of the
   * next line.
   */
  #putFlat(from: number, to: number, indents: number): void {
    let left = indents;
    let spaced = false;
    for (let i = this.#next[from] as number; i < to; i = this.#next[i + 1] as number) {
      const kind = this.#kind[i] as number;
      if (kind >= TEXT) {
        spaced = false;
        if (kind === TRAILING) continue;
        const width = this.#value[i] as number;
        if (kind === TRAILING_COMMENT && left === 0) {
          this.#out += " ";
          this.#column++;
        } else if (kind === TEXT) left -= width;
        this.#out += this.#tape.textAt(i);
        this.#column += width;
      } else if (!spaced && flatWidth(kind) > 0) {
        spaced = true;
        left--;
        this.#out += " ";
        this.#column++;
      }
    }
  }

  /** Sets the indentation to the level of the next text, and indents if the text begins its line. */
  #startText(level: number, offset: number): void {
    const columns = this.#toLevel(level);
    if (this.#column === 0) this.#out += " ".repeat(columns + offset);
  }

  /** Sets the indentation to a level. A line adds at most one step, even if it opens several levels. */
  #toLevel(level: number): number {
    while (level < this.#indent.level && this.#indent.outer) this.#indent = this.#indent.outer;
    if (level > this.#indent.level) {
      const columns = Math.min(this.#indent.columns + (this.#column === 0 ? this.#step : 0), LAST_COLUMN);
      this.#indent = { columns, level, outer: this.#indent };
    }
    return this.#indent.columns;
  }

  #putText(at: number): void {
    const text = this.#tape.textAt(at);
    const width = this.#value[at] as number;
    // Two spaces between a bracket and a comment, so that the comment is not parsed as that of the first item.
    if (this.#kind[at] === TRAILING_COMMENT && this.#column === 2 && this.#levelAfter(at + 1) > this.#indent.level) {
      this.#out += ` ${text}`;
      this.#column += width + 1;
      return;
    }
    this.#startText(this.#level[at] as number, this.#tape.offset[at] as number);
    this.#out += text;
    this.#column += width;
  }

  #putRaw(at: number, kind: number): void {
    const text = this.#tape.textAt(at);
    if (kind === DISABLE) {
      if (this.#kept === undefined) {
        this.#kept = this.#out;
        this.#out = "";
      }
      return;
    }
    if (kind === RAW) {
      this.#toLevel(this.#level[at] as number);
      this.#out += text;
      this.#column = Math.max(1, this.#column + (this.#value[at] as number));
      return;
    }
    if (this.#kept !== undefined) this.#out = this.#kept;
    else if (this.#column > 0) this.#out += "\n";
    this.#kept = undefined;
    this.#out += text;
    this.#column = text.length - text.lastIndexOf("\n") - 1;
    this.#isWhole = kind === VERBATIM_TO_END;
  }

  /** A spacing of a group that breaks. */
  #space(at: number, kind: number): void {
    switch (kind) {
      case HARDSPACE:
        this.#out += " ";
        this.#column++;
        return;
      case SOFTBREAK:
        if (this.#firstLineFits(at + 1, this.#width - this.#column)) return;
        break;
      case SOFTSPACE:
        if (this.#firstLineFits(at + 1, this.#width - this.#column - 1)) {
          this.#out += " ";
          this.#column++;
          return;
        }
        break;
      case EMPTYLINE:
        this.#out += "\n";
        break;
      case NEWLINES:
        this.#out += "\n".repeat((this.#tape.value[at] as number) - 1);
        break;
      case BREAK:
      case SPACE:
      case HARDLINE:
        break;
    }
    this.#out += "\n";
    this.#column = 0;
  }

  /** The width from `from` to the next possible line break. Stops as soon as it exceeds `limit`. */
  #firstLineWidth(from: number, limit: number): number {
    let width = 0;
    const { length } = this.#tape;
    for (let i = this.#next[from] as number; i < length && width <= limit; i = this.#next[i + 1] as number) {
      const kind = this.#kind[i] as number;
      if (kind === TEXT || kind >= TRAILING) width += this.#value[i] as number;
      else if (kind === HARDSPACE && this.#staysPlain(i)) width++;
      else if (kind < TEXT && kind !== NOTHING) return width;
    }
    return width;
  }

  /** True if a plain space is not adjacent to a spacing that can break. */
  #staysPlain(at: number): boolean {
    const next = this.#next[at + 1] as number;
    if (next >= this.#tape.length) return true;
    const kind = this.#kind[next] as number;
    return !isSpacing(kind) || mergeSpacings(HARDSPACE, kind) === HARDSPACE;
  }

  /**
   * True if the text from `from` to the next possible line break fits in `target` columns, without breaks in groups.
   */
  #firstLineFits(from: number, target: number): boolean {
    const { length } = this.#tape;
    let room = this.#width;
    for (let i = from; i < length && room >= 0;) {
      const kind = this.#kind[i] as number;
      if (kind === OPEN) {
        const close = this.#value[i] as number;
        const columns = this.#columnsOf(i + 1, close);
        // An unclosed group contains a line break.
        const whole =
          close > 0 &&
          this.#breaks[close] === this.#breaks[i] &&
          columns <= room &&
          columns + this.#firstLineWidth(close, room - columns) <= room;
        if (whole) {
          room -= columns;
          i = close + 1;
        } else i++;
        continue;
      }
      if (kind === TEXT) room -= this.#value[i] as number;
      else if (kind === HARDSPACE && this.#staysPlain(i)) room--;
      else if (kind === VERBATIM || kind === VERBATIM_TO_END) break;
      else if (kind !== NOTHING && kind < TEXT) break;
      i++;
    }
    return room >= 0 && this.#width - room <= target;
  }
}

/** Cached line starts, by indentation. */
const LINE_STARTS = Array.from({ length: 64 }, (_, columns) => `\n${" ".repeat(columns)}`);
const lineStart = (columns: number): string => LINE_STARTS[columns] ?? `\n${" ".repeat(columns)}`;
