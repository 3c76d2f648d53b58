/** A position in a file that a person wrote. */
export interface Place {
  /** Absolute. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units as editors count. */
  readonly column: number;
  /** The line for the code frame; only the part around `column` of a long line. */
  readonly lineText?: string;
  /** Column of the first character of `lineText`, if that is a part. */
  readonly lineTextColumn?: number;
}

/** Longer lines do not fit a terminal, and a data file may be one line of megabytes. */
export const maxExcerpt = 120;

/** Returns a function that converts offsets to places; it splits the source into lines once. */
export const placesIn = (file: string, source: string): ((offset: number) => Place) => {
  let starts: readonly number[] | undefined;
  return (offset) => {
    starts ??= lineStarts(source);
    const line = lineAt(starts, offset);
    const start = starts[line - 1] ?? 0;
    const column = offset - start + 1;
    const [end = source.length] = starts.slice(line, line + 1);
    return { file, line, column, ...excerpt(source, start, end, column) };
  };
};

/** The place of a line and column, both from 1. */
export const placeAtLine = (file: string, source: string, line: number, column: number): Place => {
  const starts = lineStarts(source);
  const start = starts[line - 1];
  if (start === undefined) return { file, line, column };
  return { file, line, column, ...excerpt(source, start, starts[line] ?? source.length, column) };
};

/** The place of an offset in UTF-16 units. */
export const placeAtOffset = (file: string, source: string, offset: number): Place => placesIn(file, source)(offset);

/** A line by its number from 1; empty if missing. */
export const lineOf = (source: string, line: number): string => source.split(/\r?\n/, line)[line - 1] ?? "";

const lineStarts = (source: string): readonly number[] => {
  const starts = [0];
  for (let at = source.indexOf("\n"); at >= 0; at = source.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
};

/** Number of the last line that starts at or before an offset. */
const lineAt = (starts: readonly number[], offset: number): number => {
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? Infinity) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
};

/** The text between two offsets, or the part around a column. */
const excerpt = (
  source: string,
  start: number,
  end: number,
  column: number,
): Pick<Place, "lineText" | "lineTextColumn"> => {
  if (end - start <= maxExcerpt + 2) {
    const lineText = source.slice(start, end).replace(/\r?\n$/, "");
    if (lineText.length <= maxExcerpt) return { lineText };
  }
  const before = Math.max(0, column - 1 - (maxExcerpt * 2) / 3);
  const from = start + (isLowSurrogate(source, start + before) ? before + 1 : before);
  const cut = Math.min(from + maxExcerpt, end);
  const lineText = source.slice(from, isLowSurrogate(source, cut) ? cut - 1 : cut).replace(/\r?\n$/, "");
  return { lineText, lineTextColumn: from - start + 1 };
};

const isLowSurrogate = (source: string, at: number): boolean => /^[\udc00-\udfff]$/.test(source.charAt(at));
