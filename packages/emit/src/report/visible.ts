/**
 * A text with what a terminal would obey or hide, as `\u001b`: control characters but for line ends and tabs, invisible
 * characters such as those that turn the direction of text (Unicode's Cf), other line ends and halves of characters.
 * JSON stays the same JSON.
 */
export const visible = (text: string): string =>
  printableAscii.test(text) ? text : text.replace(/(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, escaped);

/** Compiling the classes of Unicode takes longer than loading most configs. */
const printableAscii = /^[\n\t -~]*$/;

/** The same for what is part of a line. */
export const visibleInLine = (text: string): string => visible(text.replaceAll("\n", escaped));

const escaped = (character: string): string =>
  character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
