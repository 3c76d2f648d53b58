import { lexer, type Token } from "marked";
import { type ProblemPage, severities } from "./problem-page.js";
import type { Style } from "./style.js";
import { type Piece, wrap } from "./wrap.js";

/** Formats a page for a terminal; prose is at most `width` columns wide. */
export const formatPage = ({ code, severity, title, body }: ProblemPage, style: Style, width: number): string => {
  const tint = severity === "error" ? style.red : style.yellow;
  const head = `${style.bold(tint(`${severity}[${code}]`))} ${style.bold(title)}`;
  return `${[head, ...lexer(body).flatMap((token) => block(token, style, width))].join("\n\n")}\n`;
};

/** Lists all codes with titles, by severity. */
export const formatContents = (pages: readonly ProblemPage[], style: Style): string => {
  const longest = Math.max(...pages.map(({ code }) => code.length));
  const groups = severities.map((severity) => {
    const lines = pages
      .filter((page) => page.severity === severity)
      .map(({ code, title }) => `  ${style.cyan(code.padEnd(longest))}  ${title}`);
    return [style.bold(headings[severity]), ...lines].join("\n");
  });
  return `${groups.join("\n\n")}\n`;
};

const headings: Readonly<Record<ProblemPage["severity"], string>> = {
  error: "Errors",
  "error or warning": "Errors or warnings, depending on the config",
  warning: "Warnings",
};

const block = (token: Token, style: Style, width: number): readonly string[] => {
  switch (token.type) {
    case "space":
      return [];
    case "heading":
      return [style.bold(`${textOf(token)}:`)];
    case "code":
      return [indent([...kindOf(token), textOf(token)].join("\n"), "    ", style.cyan)];
    case "list":
      return [
        childrenOf(token, "items")
          .map((item) => wrap(inlines(item).map(piece(style)), width, "  ", { shown: "- ", width: 2 }))
          .join("\n"),
      ];
    default:
      return [wrap(inlines(token).map(piece(style)), width)];
  }
};

/** Title of a code block, from the word after `ts`. */
const kindOf = (token: Token): readonly string[] => {
  const kind = "lang" in token ? kinds[String(token.lang).replace(/^ts /, "")] : undefined;
  return kind === undefined ? [] : [`// ${kind}`];
};

const kinds: Readonly<Record<string, string>> = {
  vm: "a VM",
  host: "of a host",
  config: "a config",
};

const textOf = (token: Token): string => ("text" in token ? String(token.text) : token.raw);

const indent = (text: string, by: string, paint: Style["cyan"]): string =>
  text
    .split("\n")
    .map((line) => (line === "" ? "" : by + paint(line)))
    .join("\n");

const childrenOf = (token: Token, key: "items" | "tokens"): readonly Token[] =>
  key in token ? ((token as Partial<Record<typeof key, Token[]>>)[key] ?? []) : [];

const piece =
  ({ cyan }: Style) =>
  (token: Token): Piece => ({ text: textOf(token), ...(token.type === "codespan" && { style: cyan }) });

/** Flattens a token to runs of text with one style. */
const inlines = (token: Token): readonly Token[] => {
  const children = childrenOf(token, "tokens");
  return children.length === 0 ? [token] : children.flatMap(inlines);
};
