/** The line break of a text. */
export const lineBreakOf = (text: string): string => (text.includes("\r\n") ? "\r\n" : "\n");

export const lineStart = (text: string, at: number): number => text.lastIndexOf("\n", at - 1) + 1;

/** The start of the line after the one of an offset; the end of the text on its last line. */
export const nextLine = (text: string, at: number): number => {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end + 1;
};

/** The indentation of the line of an offset. */
export const indentationAt = (text: string, at: number): string => /[^\S\n\r]*/.exec(lineAt(text, at))?.[0] ?? "";

const lineAt = (text: string, at: number): string => text.slice(lineStart(text, at), nextLine(text, at));

/** True if the line of an offset has only blanks; false after the last line. */
export const isBlankLine = (text: string, at: number): boolean => at < text.length && lineAt(text, at).trim() === "";

/** True if the line above has only blanks. */
export const isBelowBlankLine = (text: string, at: number): boolean => {
  const start = lineStart(text, at);
  return start > 0 && isBlankLine(text, start - 1);
};

/** One step of indentation, from the first indented line. */
export const indentationStep = (text: string): string => /^(?:\t| {1,8})(?=[^\s*])/m.exec(text)?.[0] ?? "  ";

export const splice = (text: string, start: number, end: number, by: string): string =>
  text.slice(0, start) + by + text.slice(end);

/**
 * Changes the indentation of all lines except the first. Lines that begin in `fixed`, such as in a template, stay
 * unchanged.
 */
export const indented = (
  text: string,
  from: string,
  to: string,
  isFixed: (offset: number) => boolean = () => false,
): string =>
  from === to
    ? text
    : text.replaceAll(/(?<=\n)[^\S\n\r]*(?=\S)/g, (blanks, offset: number) =>
        isFixed(offset) ? blanks : blanks.startsWith(from) ? to + blanks.slice(from.length) : blanks,
      );
