/** Text that looks alike. */
export interface Piece {
  readonly text: string;
  readonly style?: (text: string) => string;
}

/** What stands before a line, and how wide it is when its style is seen and not read. */
export interface Indent {
  readonly shown: string;
  readonly width: number;
}

const none: Indent = { shown: "", width: 0 };

/** Pieces in lines at most `width` columns wide where words allow it, all but the first behind `hanging`. */
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

/** Text of one's own as part of a line. */
export const onOneLine = (text: string): string => text.trim().replaceAll(/\s+/g, " ");
