/** A position in a file that a person wrote. */
export interface Place {
  /** Absolute. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units as editors count. */
  readonly column: number;
  /** The line itself, for the code frame. */
  readonly lineText?: string;
}

/** The place at a line and column of a source, both from 1. */
export const placeAtLine = (file: string, source: string, line: number, column: number): Place => {
  const lineText = source.split(/\r?\n/, line)[line - 1];
  return { file, line, column, ...(lineText === undefined ? {} : { lineText }) };
};

/** The place of the UTF-16 unit at an offset into a source. */
export const placeAtOffset = (file: string, source: string, offset: number): Place => {
  const before = source.slice(0, offset).split(/\r?\n/);
  return placeAtLine(file, source, before.length, (before.at(-1)?.length ?? 0) + 1);
};
