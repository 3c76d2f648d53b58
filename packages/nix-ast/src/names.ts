import type { AttrName, StaticName } from "./expr.js";

/**
 * Words that are not allowed as names of variables. `or` would be allowed as an attribute name, but quoting it is safe.
 */
export const KEYWORDS = ["assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"] as const;
export type Keyword = (typeof KEYWORDS)[number];
const keywords: ReadonlySet<string> = new Set(KEYWORDS);

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_'-]*$/;

/** True if `name` is valid without quotes: as a variable, parameter, formal or attribute name. */
export const isIdentifier = (name: string): boolean => IDENTIFIER.test(name) && !keywords.has(name);

/** The text of a static name. */
export const nameOf = (name: StaticName): string => (typeof name === "string" ? name : name.name);

/** The name, if it is known without evaluation. */
export const staticName = (name: AttrName | undefined): string | undefined => {
  if (name === undefined) return undefined;
  if (typeof name === "string" || name.kind === "name") return nameOf(name);
  const { expr } = name;
  if (expr.kind !== "str" && expr.kind !== "indentedStr") return undefined;
  return expr.parts.every((part) => typeof part === "string") ? expr.parts.join("") : undefined;
};
