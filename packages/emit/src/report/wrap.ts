/** Text with one style. */
export interface Piece {
  readonly text: string;
  readonly style?: (text: string) => string;
}

/** Text before a line, with its width without escape sequences. */
export interface Indent {
  readonly shown: string;
  readonly width: number;
}

const none: Indent = { shown: "", width: 0 };

/** Wraps pieces to lines at most `width` columns wide, if words fit. All lines but the first start with `hanging`. */
export const wrap = (pieces: readonly Piece[], width: number, hanging = "", indent: Indent = none): string => {
  const lines: string[] = [];
  let line = indent;
  let isEmpty = true;
  let word = none;
  const endWord = (): void => {
    if (word.width === 0) return;
    if (!isEmpty && line.width + 1 + word.width > width) {
      lines.push(line.shown);
      line = { shown: hanging, width: hanging.length };
      isEmpty = true;
    }
    const gap = isEmpty ? "" : " ";
    line = { shown: line.shown + gap + word.shown, width: line.width + gap.length + word.width };
    isEmpty = false;
    word = none;
  };
  for (const { text, style } of pieces)
    for (const part of text.split(/(\s+)/)) {
      if (/^\s+$/.test(part)) endWord();
      else word = { shown: word.shown + (style?.(part) ?? part), width: word.width + part.length };
    }
  endWord();
  return [...lines, line.shown].join("\n");
};

/** Joins the lines of a text. */
export const onOneLine = (text: string): string => text.trim().replaceAll(/\s+/g, " ");
