import type { ConfigPath } from "@microvm-emit/model";
import { requireBabelParser } from "../commonjs.js";
import { type Expression, type ListLiteral, type ObjectLiteral, plainKey } from "../locate/syntax.js";
import { withMember, withoutMember } from "./braces.js";
import { bracesOf, styleOf } from "./javascript-style.js";
import { indented, splice } from "./source-text.js";
import { visit } from "./syntax-nodes.js";

const parsedExpression = (text: string, file: string): Expression | undefined => {
  try {
    return requireBabelParser().parseExpression(text, { plugins: /\.m?ts$/.test(file) ? ["typescript"] : [] });
  } catch {
    return undefined;
  }
};

/** The object literal in a text, without its types. */
export const literalIn = (text: string, file: string): ObjectLiteral | undefined =>
  literalOf(parsedExpression(text, file));

const literalOf = (node: Expression | null | undefined): ObjectLiteral | undefined => {
  switch (node?.type) {
    case "ObjectExpression":
      return node;
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "TSTypeAssertion":
    case "ParenthesizedExpression":
      return literalOf(node.expression);
    default:
      return undefined;
  }
};

/** The text of an object without the property at a path; undefined if the text has no such property. */
export const withoutPath = (text: string, path: ConfigPath, file: string): string | undefined => {
  let node: Expression | undefined = parsedExpression(text, file);
  for (const [depth, step] of path.entries()) {
    if (typeof step === "number") {
      const item: Expression | undefined =
        node?.type === "ArrayExpression" && node.elements.every((one) => one !== null && one.type !== "SpreadElement")
          ? node.elements[step]
          : undefined;
      if (item === undefined) return undefined;
      node = item;
      continue;
    }
    const literal = literalOf(node);
    const position =
      literal?.properties.findLastIndex((one) => one.type === "ObjectProperty" && plainKey(one) === step) ?? -1;
    const member = literal?.properties[position];
    if (literal === undefined || member?.type !== "ObjectProperty") return undefined;
    if (depth === path.length - 1) return withoutMember(text, bracesOf(literal), position, styleOf(file, text));
    node = member.value as Expression;
  }
  return undefined;
};

/** The text with another item at the end of a list. */
export const withItem = (text: string, { start, end, elements }: ListLiteral, item: string, file: string): string => {
  const [open, close] = [start ?? 0, (end ?? 0) - 1];
  const members = elements.flatMap((one) => (one === null ? [] : [{ start: one.start ?? 0, end: one.end ?? 0 }]));
  if (members.length === 0 && text.slice(open + 1, close).trim() === "")
    return splice(text, open, close + 1, `[${item}]`);
  return withMember(text, { open, close, members }, { above: [], behind: "", text: () => item }, styleOf(file, text));
};

/** The text with another indentation, except in templates. */
export const reindented = (text: string, from: string, to: string, file: string): string => {
  const templates: { readonly start: number; readonly end: number }[] = [];
  visit(parsedExpression(text, file) ?? parsedExpression(`({${text}})`, file), ({ type, start, end }) => {
    if (type === "TemplateLiteral") templates.push({ start: start ?? 0, end: end ?? 0 });
  });
  const shift = parsedExpression(text, file) === undefined ? 2 : 0;
  return indented(text, from, to, (offset) =>
    templates.some(({ start, end }) => start < offset + shift && offset + shift < end),
  );
};
