import type { AttrName, StaticName } from "./expr.js";

/** The words that cannot name a variable. `or` can name an attribute without quotes; quoting it everywhere is safe. */
export const KEYWORDS = ["assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"] as const;
export type Keyword = (typeof KEYWORDS)[number];
const keywords: ReadonlySet<string> = new Set(KEYWORDS);

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_'-]*$/;

/** Whether `name` can stand bare: as a variable, a lambda's parameter, a formal, an attribute name without quotes. */
export const isIdentifier = (name: string): boolean => IDENTIFIER.test(name) && !keywords.has(name);

/** The text of a name, with or without a node around it. */
export const nameOf = (name: StaticName): string => (typeof name === "string" ? name : name.name);

/** The name as it is known before evaluation, if it is. */
export const staticName = (name: AttrName | undefined): string | undefined => {
  if (name === undefined) return undefined;
  if (typeof name === "string" || name.kind === "name") return nameOf(name);
  const { expr } = name;
  if (expr.kind !== "str" && expr.kind !== "indentedStr") return undefined;
  return expr.parts.every((part) => typeof part === "string") ? expr.parts.join("") : undefined;
};
