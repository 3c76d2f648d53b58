/** Hints in syntax errors, for the syntax of other languages and for common mistakes. */
import { BINARY } from "../operators.js";
import type { Frame } from "./frames.js";
import type { TokenKind } from "./lexer.js";

interface Hint {
  /** The unexpected tokens; all if undefined. */
  readonly tokens?: readonly TokenKind[];
  /** The source from the token on. */
  readonly source?: string;
  /** The frames in which the token is unexpected; all if undefined. */
  readonly frames?: readonly (Frame["kind"] | "hasAttr")[];
  readonly text: string;
}

const CONDITION = "a condition is `if a then b else c`";

/** The first one that applies is shown. */
const HINTS: readonly Hint[] = [
  { source: "=>", text: "a function is `x: y`" },
  { tokens: ["//"], text: "a comment begins with `#`" },
  { tokens: [","], frames: ["list"], text: "items are separated by spaces" },
  { tokens: [","], frames: ["parens"], text: "arguments are separated by spaces" },
  { tokens: [","], frames: ["inherit"], text: "names are separated by spaces" },
  { tokens: [","], frames: ["set", "let", "binding"], text: "each binding ends with `;`" },
  { tokens: [":"], frames: ["path"], text: "a binding is `name = value;`" },
  { tokens: [":"], text: CONDITION },
  { frames: ["hasAttr", "ifCondition"], text: CONDITION },
  { frames: ["ifThen"], text: "each `if` needs an `else`" },
  { tokens: ["="], frames: ["root", "lambda", "letBody"], text: "bindings are in braces: `{ name = value; }`" },
  {
    tokens: [...(Object.keys(BINARY) as (keyof typeof BINARY)[]), "?"],
    frames: ["list"],
    text: "an item with an operator needs parentheses",
  },
];

/** The hint for an unexpected token, as the end of a sentence. */
export const hintFor = (token: TokenKind, frames: readonly Frame[], text: string, start: number): string => {
  const top = frames.at(-1);
  if (top === undefined) return "";
  const frame =
    top.kind === "path" && top.use === "hasAttr" ? "hasAttr" : opensBlock(frames) ? "ifCondition" : top.kind;
  const found = HINTS.find(
    (hint) =>
      (hint.tokens?.includes(token) ?? true) &&
      (hint.frames?.includes(frame) ?? true) &&
      text.startsWith(hint.source ?? "", start),
  );
  return found === undefined ? "" : `; ${found.text}`;
};

/** True if the innermost set is an argument in the condition of an `if`: `if a { … }`. */
const opensBlock = (frames: readonly Frame[]): boolean => {
  const set = frames.findLastIndex(({ kind }) => kind === "set");
  return set > 1 && frames[set - 1]?.kind === "application" && frames[set - 2]?.kind === "ifCondition";
};

/** Unknown characters that other languages, word processors and web pages write. */
const CHARACTERS: readonly (readonly [characters: string, hint: string])[] = [
  ["'`\u2018\u2019\u201c\u201d\u00ab\u00bb", "a string is in `\"` or `''`"],
  ["&", "the operator is `&&`"],
  ["|", "the operator is `||`"],
  ["\\", "a function is `x: y`"],
];

/** Names of characters that a terminal does not show. The first one that applies is used. */
const INVISIBLE: readonly (readonly [characters: RegExp, name: string])[] = [
  [/\u00a0|\u202f/, "no-break space"],
  [/\u200b/, "zero-width space"],
  [/\ufeff/, "byte order mark"],
  [/\p{Bidi_C}/u, "direction mark"],
  [/\p{Zs}/u, "space"],
  [/\p{Zl}|\p{Zp}/u, "line separator"],
  [/\p{Cc}/u, "control character"],
  [/\p{Cf}|\p{Mn}/u, "invisible character"],
];

/** A character that Nix does not know: its name if it is invisible, and a hint. */
export const describeCharacter = (character: string): string => {
  const name = INVISIBLE.find(([characters]) => characters.test(character))?.[1];
  if (name !== undefined) {
    const point = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    return `${name} (U+${point}) outside a string`;
  }
  const hint = CHARACTERS.find(([characters]) => characters.includes(character))?.[1];
  return `unexpected character \`${character}\`${hint === undefined ? "" : `; ${hint}`}`;
};

/** Source text for a sentence: its first line, at most 40 characters. */
export const excerpt = (text: string): string => {
  const line = /^[^\r\n]{0,40}/.exec(text)?.[0] ?? "";
  return `\`${line.trimEnd()}${line.length < text.length ? "…" : ""}\``;
};
