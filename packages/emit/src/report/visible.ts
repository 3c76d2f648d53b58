/**
 * Escapes, as `\u001b`, characters that a terminal would execute or hide: control characters except line feeds and
 * tabs, invisible characters such as those that reverse the text (Unicode's Cf), other line ends and lone surrogates.
 * JSON keeps its meaning.
 */
export const visible = (text: string): string =>
  printableAscii.test(text) ? text : text.replace(/(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, escaped);

/** A fast path, because compiling Unicode classes takes longer than loading most configs. */
const printableAscii = /^[\n\t -~]*$/;

/** Escapes line feeds too. */
export const visibleInLine = (text: string): string => visible(text.replaceAll("\n", escaped));

const escaped = (character: string): string =>
  character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
