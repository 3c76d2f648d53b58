/**
 * The input of the layout algorithm, as one flat tape: texts, spacings that may become line breaks, and groups. The
 * model is that of nixfmt (Predoc): a group is on one line if it fits, otherwise its own spacings break. Adjacent
 * spacings are merged. A forced line break at the start or end of a group moves out of it, so that it does not break
 * the group.
 */

/** Spacings, weakest first. Of two adjacent spacings, the stronger one remains. */
export const SOFTBREAK = 1; // nothing, or a line break if the following text does not fit
export const BREAK = 2; // nothing, or a line break if its group breaks
export const HARDSPACE = 3; // a space
export const SOFTSPACE = 4; // a space, or a line break if the following text does not fit
export const SPACE = 5; // a space, or a line break if its group breaks
export const HARDLINE = 6; // a line break
export const EMPTYLINE = 7; // a line break and a blank line
export const NEWLINES = 8; // line breaks, their number is the value

export const NOTHING = 0;
export const TEXT = 10;
export const COMMENT = 11; // text that does not count for the width
export const TRAILING_COMMENT = 12;
export const TRAILING = 13; // text that is printed only if its group breaks
// Elements that need their own lines:
export const RAW = 14; // text at the start of a line, without indentation
export const DISABLE = 15; // nothing; the following text is laid out, but dropped
export const VERBATIM = 16; // whole lines that replace the dropped text
export const VERBATIM_TO_END = 17; // the same, up to the end of the file
export const OPEN = 20;
export const CLOSE = 21;

export const REGULAR = 0;
/** A group that breaks first, if the text before and after it in its parent then fits. */
export const PRIORITY = 1;
/** A group whose priority groups are treated as priority groups of its parent. */
export const TRANSPARENT = 2;

export const isSpacing = (kind: number): boolean => kind >= SOFTBREAK && kind <= NEWLINES;
const isHard = (kind: number): boolean => kind === HARDSPACE || (kind >= HARDLINE && kind <= NEWLINES);
/** The width of a spacing that does not break. */
export const flatWidth = (kind: number): number => (kind === HARDSPACE || kind === SOFTSPACE || kind === SPACE ? 1 : 0);

/** The number of characters in `text`. A surrogate pair is one character. */
export const widthOf = (text: string): number => {
  let width = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff) width--;
  }
  return width;
};

/** Merges two adjacent spacings. */
export const mergeSpacings = (a: number, b: number): number => {
  const weak = a < b ? a : b;
  const strong = a < b ? b : a;
  if (weak === BREAK && (strong === SOFTSPACE || strong === HARDSPACE)) return SPACE;
  if (weak === SOFTBREAK && strong === HARDSPACE) return SOFTSPACE;
  return strong;
};

const mergeCounts = (a: number, countA: number, b: number, countB: number): number => {
  if (a !== NEWLINES && b !== NEWLINES) return 0;
  return breaksOf(a, countA) + breaksOf(b, countB);
};
const breaksOf = (kind: number, count: number): number =>
  kind === NEWLINES ? count : kind === EMPTYLINE ? 2 : kind === HARDSPACE ? 0 : 1;

export class Tape {
  length = 0;
  kind = new Uint8Array(1024);
  /** Texts: the width. NEWLINES: the number. OPEN and CLOSE: the index of the other one. */
  value = new Int32Array(1024);
  /** Texts: the nesting level. OPEN: the kind of group. */
  level = new Int32Array(1024);
  /** Texts: extra columns of indentation. OPEN: 1 if the group contains a priority group to try. */
  offset = new Int32Array(1024);
  text: string[] = [];

  /** The nesting and extra indentation of the next texts. */
  nesting = 0;
  indentation = 0;
  /** Columns and line breaks so far, before merging, to check the width of a range of the tape. */
  rawWidth = 0;
  rawBreaks = 0;

  /** The starts of the open groups; -1 if that part of the tape is already laid out. */
  readonly #open: number[] = [];
  #openPriorities = 0;

  #push(kind: number, value: number, level: number, offset: number, text: string): void {
    const at = this.length++;
    if (at === this.kind.length) this.#grow();
    this.kind[at] = kind;
    this.value[at] = value;
    this.level[at] = level;
    this.offset[at] = offset;
    this.text[at] = text;
  }

  #grow(): void {
    const size = this.kind.length * 2;
    const kind = new Uint8Array(size);
    kind.set(this.kind);
    this.kind = kind;
    for (const field of ["value", "level", "offset"] as const) {
      const array = new Int32Array(size);
      array.set(this[field]);
      this[field] = array;
    }
  }

  spacing(kind: number, count = 0): void {
    this.rawWidth += flatWidth(kind);
    if (kind >= HARDLINE) this.rawBreaks++;
    this.#space(kind, count);
  }

  #space(kind: number, count: number): void {
    let last = this.length - 1;
    let before = last < 0 ? NOTHING : this.#kindAt(last);
    if (isSpacing(before)) {
      this.#merge(last, kind, count);
      return;
    }
    // A plain space before a group is merged with the first spacing of the group.
    if (before === OPEN) {
      while (before === OPEN) before = --last < 0 ? NOTHING : this.#kindAt(last);
      if (before === HARDSPACE) {
        this.#remove(last);
        this.#push(mergeSpacings(HARDSPACE, kind), mergeCounts(HARDSPACE, 0, kind, count), 0, 0, "");
        return;
      }
    }
    this.#push(kind, count, 0, 0, "");
  }

  #merge(at: number, kind: number, count: number): void {
    const old = this.#kindAt(at);
    this.value[at] = mergeCounts(old, this.#valueAt(at), kind, count);
    this.kind[at] = mergeSpacings(old, kind);
  }

  put(text: string, kind = TEXT, width = widthOf(text)): void {
    this.rawWidth += width;
    if (kind >= RAW) this.rawBreaks++;
    this.putAt(text, kind, width, this.nesting, this.indentation);
  }

  putAt(text: string, kind: number, width: number, level: number, offset: number): void {
    this.#moveOut();
    const last = this.length - 1;
    if (last >= 0 && this.kind[last] === kind) {
      // Adjacent texts become one, with the nesting of the first.
      this.#push(kind, width, this.#levelAt(last), this.#offsetAt(last), text);
    } else if (
      last >= 0 &&
      this.kind[last] === OPEN &&
      (kind === COMMENT || kind === TRAILING_COMMENT || kind >= VERBATIM)
    ) {
      let first = last;
      while (first > 0 && this.kind[first - 1] === OPEN) first--;
      this.#shiftOpens(first);
      this.#set(first, kind, width, level, offset, text);
    } else this.#push(kind, width, level, offset, text);
  }

  /** Moves a forced line break or a plain space out of the groups that begin with it. */
  #moveOut(): void {
    let at = this.length - 1;
    while (at > 0 && this.kind[at] === OPEN) at--;
    while (at > 0 && isHard(this.#kindAt(at)) && this.kind[at - 1] === OPEN) {
      const kind = this.#kindAt(at);
      const count = this.#valueAt(at);
      let first = at - 1;
      while (first > 0 && this.kind[first - 1] === OPEN) first--;
      this.#remove(at);
      if (first > 0 && isSpacing(this.#kindAt(first - 1))) {
        at = first - 1;
        this.#merge(at, kind, count);
      } else {
        this.#shiftOpens(first);
        this.#set(first, kind, count, 0, 0, "");
        return;
      }
    }
  }

  /** Removes an element. Only group openings follow it. */
  #remove(at: number): void {
    for (let i = at + 1; i < this.length; i++) this.#copy(i, i - 1);
    for (let i = this.#open.length - 1; i >= 0 && (this.#open[i] ?? 0) > at; i--)
      this.#open[i] = (this.#open[i] ?? 0) - 1;
    this.length--;
  }

  /** Inserts an empty element at `first`. Only group openings follow it. */
  #shiftOpens(first: number): void {
    this.#push(NOTHING, 0, 0, 0, "");
    for (let i = this.length - 2; i >= first; i--) this.#copy(i, i + 1);
    for (let i = this.#open.length - 1; i >= 0 && (this.#open[i] ?? 0) >= first; i--) {
      this.#open[i] = (this.#open[i] ?? 0) + 1;
    }
  }

  #set(at: number, kind: number, value: number, level: number, offset: number, text: string): void {
    this.kind[at] = kind;
    this.value[at] = value;
    this.level[at] = level;
    this.offset[at] = offset;
    this.text[at] = text;
  }
  #copy(from: number, to: number): void {
    this.#set(
      to,
      this.#kindAt(from),
      this.#valueAt(from),
      this.#levelAt(from),
      this.#offsetAt(from),
      this.textAt(from),
    );
  }
  #kindAt(at: number): number {
    return this.kind[at] as number;
  }
  #valueAt(at: number): number {
    return this.value[at] as number;
  }
  #levelAt(at: number): number {
    return this.level[at] as number;
  }
  #offsetAt(at: number): number {
    return this.offset[at] as number;
  }
  textAt(at: number): string {
    return this.text[at] as string;
  }

  open(group: number): void {
    if (group === PRIORITY) {
      // Mark all groups that would try this one.
      for (let i = this.#open.length - 1; i >= 0; i--) {
        const parent = this.#open[i] ?? -1;
        // If a group is already marked, the groups around it are marked too.
        if (parent < 0 || this.offset[parent] === 1) break;
        this.offset[parent] = 1;
        if (this.level[parent] !== TRANSPARENT) break;
      }
    }
    if (group === PRIORITY) this.#openPriorities++;
    this.#open.push(this.length);
    this.#push(OPEN, 0, group, 0, "");
  }

  close(): void {
    const open = this.#open.pop() ?? -1;
    if (open < 0) return;
    if (this.level[open] === PRIORITY) this.#openPriorities--;
    const last = this.length - 1;
    const kind = this.#kindAt(last);
    const hard = isHard(kind);
    const count = this.#valueAt(last);
    if (hard) this.length--;
    if (this.length - 1 === open) this.length = open;
    else {
      const end = this.length - 1;
      // A group with only one group of the same kind in it is replaced by that group.
      if (
        this.kind[open + 1] === OPEN &&
        this.kind[end] === CLOSE &&
        this.value[end] === open + 1 &&
        this.level[open + 1] === this.level[open]
      ) {
        this.offset[open] = this.#offsetAt(open) | this.#offsetAt(open + 1);
        this.kind[open + 1] = NOTHING;
        this.length--;
      }
      this.value[open] = this.length;
      this.#push(CLOSE, open, 0, 0, "");
    }
    if (hard) this.#space(kind, count);
  }

  /** Adds a comment after the last text, inside the groups that the text ends. */
  trailingComment(text: string): void {
    let first = this.length;
    while (first > 0 && this.kind[first - 1] === CLOSE) first--;
    const closed: number[] = [];
    for (let i = first; i < this.length; i++) closed.push(this.#valueAt(i));
    this.length = first;
    for (const open of closed.reverse()) {
      this.#open.push(open);
      if (this.level[open] === PRIORITY) this.#openPriorities++;
    }
    this.spacing(HARDSPACE);
    this.put(text, TRAILING_COMMENT);
    this.spacing(HARDLINE);
    for (let i = 0; i < closed.length; i++) this.close();
  }

  /**
   * True if the layout of the tape is determined except for its last spacing, a line break: all open groups contain
   * this break, and none of them is a priority group.
   */
  get isSettled(): boolean {
    const last = this.length - 1;
    if (this.#openPriorities > 0 || last < 0) return false;
    const kind = this.#kindAt(last);
    if (kind < HARDLINE || kind > NEWLINES) return false;
    if (last === 0) return true;
    let before = last - 1;
    if (this.kind[before] === OPEN) return false;
    while (before > 0 && this.kind[before] === CLOSE) before--;
    return this.kind[before] !== TRAILING_COMMENT;
  }

  /** Starts a new tape with the last spacing. Everything before it is laid out. */
  restart(): void {
    const last = this.length - 1;
    this.length = 0;
    this.#push(this.#kindAt(last), this.#valueAt(last), 0, 0, "");
    this.forget();
  }

  /** Marks all open groups as laid out up to here. */
  forget(): void {
    for (let i = this.#open.length - 1; i >= 0 && this.#open[i] !== -1; i--) this.#open[i] = -1;
  }

  /** Puts the content of the innermost open group on one line: its spacings become plain, its groups disappear. */
  flattenGroup(): void {
    this.flatten((this.#open.at(-1) ?? -1) + 1, 0);
  }

  /** Puts the elements since `start` on one line, and raises their nesting. */
  flatten(start: number, levels: number): void {
    const end = this.length;
    const kinds = this.kind.slice(start, end);
    const values = this.value.slice(start, end);
    const nestings = this.level.slice(start, end);
    const offsets = this.offset.slice(start, end);
    const texts = this.text.slice(start, end);
    this.length = start;
    for (let i = 0; i < kinds.length; i++) {
      const kind = kinds[i] ?? 0;
      if (isSpacing(kind)) {
        if (flatWidth(kind) > 0) this.#space(HARDSPACE, 0);
      } else if (kind === TEXT && this.#join(start, texts[i] ?? "", values[i] ?? 0)) continue;
      else if (kind >= TEXT && kind <= TRAILING) {
        this.putAt(texts[i] ?? "", kind, values[i] ?? 0, (nestings[i] ?? 0) - levels, offsets[i] ?? 0);
      }
    }
  }

  /**
   * Adds text to the last one, with a plain space between them. Text that is already on one line is then one element,
   * which keeps the time linear for nested interpolations.
   */
  #join(start: number, text: string, width: number): boolean {
    const last = this.length - 1;
    const spaced = last > start && this.kind[last] === HARDSPACE;
    const at = spaced ? last - 1 : last;
    if (at < start || this.kind[at] !== TEXT) return false;
    this.length = at + 1;
    this.text[at] = `${this.textAt(at)}${spaced ? " " : ""}${text}`;
    this.value[at] = this.#valueAt(at) + width + (spaced ? 1 : 0);
    return true;
  }
}
