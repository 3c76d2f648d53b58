/** Escapes text for the two kinds of string quotes. */
import type { Interpolation, Spelling, StringPart } from "./expr.js";
import { unescapeIndented, unescapeStr } from "./unescape.js";

/** True if `text` needs no escapes in `"` quotes: it has no `"`, `\`, `$` or control character. */
const isUnescaped = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || unit === 0x22 || unit === 0x24 || unit === 0x5c) return false;
  }
  return true;
};

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Escapes `text` for `"` quotes; `interpolated`: an interpolation follows. */
export const escapeStr = (text: string, interpolated = false): string => {
  if (isUnescaped(text)) return text;
  const escaped = text.replace(/["\\\n\r\t]|\$\{/g, (found) => ESCAPES[found] ?? `\\${found}`);
  // "$${x}" is literal text, so a dollar directly before an interpolation needs an escape.
  return interpolated && text.endsWith("$") ? `${escaped.slice(0, -1)}\\$` : escaped;
};

/** Escapes `text` for `''` quotes. `''` becomes `'''`; a single quote needs an escape only if a quote follows. */
export const escapeIndented = (text: string, interpolated: boolean): string => {
  const escaped = text.replace(/'+|\$\{|\r/g, (found, at: number) => {
    if (found === "\r") return "''\\r";
    if (found === "${") return "''${";
    const end = at + found.length;
    const rest = text.slice(end, end + 2);
    const escapeFollows = rest.startsWith("\r") || rest === "${" || (rest === "$" && interpolated);
    const quoteFollows = escapeFollows || (rest === "" && !interpolated);
    return "'''".repeat(found.length >> 1) + (found.length % 2 === 0 ? "" : quoteFollows ? "''\\'" : "'");
  });
  return interpolated && text.endsWith("$") ? `${escaped.slice(0, -1)}''$` : escaped;
};

/** One line of a string: escaped text and interpolations. */
export type StringLine = readonly (string | Interpolation)[];

interface Text {
  readonly parts: readonly StringPart[];
  readonly spelling?: Spelling;
  readonly kept?: string;
}

/** The source spelling of a part, if it still has the value of the part. */
const spelled = ({ parts, spelling }: Text, i: number, unescape: (raw: string) => string): string | undefined => {
  const text = spelling?.[i];
  return text !== undefined && unescape(text) === parts[i] ? text : undefined;
};

/** The escaped lines of a `"` string. It is one line unless the source contains line breaks. */
export const strLines = (text: Text): readonly StringLine[] => {
  const { parts, spelling } = text;
  const line = parts.map((part, i) =>
    typeof part === "string"
      ? (spelled(text, i, unescapeStr) ?? escapeStr(part, typeof parts[i + 1] === "object"))
      : part,
  );
  return spelling === undefined ? [line] : splitLines(line);
};

/** True if nixfmt prints a `''` string with `"` quotes: one line without escapes. */
export const isPlain = (text: Text): boolean =>
  text.kept === undefined &&
  text.parts.every(
    (part, i) => typeof part !== "string" || !/["\\\n\r]/.test(spelled(text, i, unescapeIndented) ?? part),
  );

/** True if a `''` string of these parts is printed on several lines. */
export const isMultiline = (parts: readonly StringPart[]): boolean =>
  parts.some((part) => typeof part === "string" && part.includes("\n"));

/**
 * The escaped lines of a `''` string of these parts, without indentation. Where Nix would strip a space of the content,
 * the space is written as `''\ `: if all lines begin with a space, or the last line contains only spaces.
 */
export const indentedLines = (text: Text): readonly StringLine[] => {
  const { parts } = text;
  const lines = splitLines(
    parts.map((part, i) =>
      typeof part === "string"
        ? (spelled(text, i, unescapeIndented) ?? escapeIndented(part, i + 1 < parts.length))
        : part,
    ),
  );
  const last = lines.at(-1);
  if (last && last.length > 0 && isBlank(last)) anchor(last);
  const content = lines.filter((line) => !isBlank(line));
  if (content.length > 0) {
    if (content.every(startsWithSpace)) anchor(content[0]);
  } else anchor(lines.find((line) => line.length > 0));
  return lines;
};

/** Splits text with interpolations into lines, without empty texts. */
const splitLines = (line: StringLine): (string | Interpolation)[][] => {
  const lines: (string | Interpolation)[][] = [[]];
  for (const part of line) {
    if (typeof part === "object") lines.at(-1)?.push(part);
    else {
      part.split("\n").forEach((text, i) => {
        if (i > 0) lines.push([]);
        if (text !== "") lines.at(-1)?.push(text);
      });
    }
  }
  return lines;
};

/** True if a line is empty or contains only spaces. */
const isBlank = (line: StringLine): boolean => line.every((part) => typeof part === "string" && /^ *$/.test(part));
const startsWithSpace = (line: StringLine): boolean => typeof line[0] === "string" && line[0].startsWith(" ");
const anchor = (line: (string | Interpolation)[] | undefined): void => {
  if (line && typeof line[0] === "string") line[0] = `''\\${line[0]}`;
};

/** The parts of a path literal. Text that is not allowed in paths becomes an interpolated string. */
export const pathParts = (text: Text, quote: (text: string) => Interpolation): StringLine => {
  const { parts, spelling } = text;
  // Relative paths may have no `./`.
  if (spelling?.[0] !== undefined && `./${spelling[0]}` === parts[0]) return [spelling[0], ...parts.slice(1)];
  const written: (string | Interpolation)[] = [];
  const add = (text: string): void => {
    const last = written.at(-1);
    if (typeof last === "string") written[written.length - 1] = last + text;
    else if (text !== "") written.push(text);
  };
  parts.forEach((part, i) => {
    if (typeof part === "object") {
      written.push(part);
      return;
    }
    const home = i === 0 && part.startsWith("~") ? "~" : "";
    add(home);
    const steps = part
      .slice(home.length)
      .replace(/\/{2,}/g, "/")
      .split("/");
    steps.forEach((step, j) => {
      if (j > 0) add("/");
      if (/^[a-zA-Z0-9._+-]*$/.test(step)) add(step);
      else written.push(quote(step));
    });
  });
  // A path literal contains a slash, and does not end with one.
  const end = written.at(-1);
  if (typeof end === "string" && end.endsWith("/")) {
    if (written.length > 1) {
      if (end === "/") written.pop();
      else written[written.length - 1] = end.slice(0, -1);
    } else written[0] = /^(?:\.{0,2}|~)\/$/.test(end) ? `${end}.` : end.slice(0, -1);
  } else if (written.length === 1 && typeof end === "string" && !end.includes("/")) written[0] = `${end}/.`;
  return written;
};
