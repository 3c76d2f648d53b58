/** The offset after the white space and comments at `from`. */
export const skipBlanks = (text: string, from: number): number => {
  let i = from;
  for (;;) {
    const unit = text.charCodeAt(i);
    if (unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0d) i++;
    else {
      const end = commentEnd(text, i);
      if (end === undefined) return i;
      i = end;
    }
  }
};

/** The end of the comment at `at`, if there is one. An unclosed comment ends at the end of the text. */
export const commentEnd = (text: string, at: number): number | undefined => {
  if (text.charCodeAt(at) === 0x23) {
    let end = at + 1;
    while (end < text.length && text.charCodeAt(end) !== 0x0a && text.charCodeAt(end) !== 0x0d) end++;
    return end;
  }
  if (text.charCodeAt(at) !== 0x2f || text.charCodeAt(at + 1) !== 0x2a) return undefined;
  const close = text.indexOf("*/", at + 2);
  return close < 0 ? text.length : close + 2;
};
