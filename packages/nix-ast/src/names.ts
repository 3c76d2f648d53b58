/** The words that cannot name a variable. `or` can name an attribute without quotes; quoting it everywhere is safe. */
const KEYWORDS: ReadonlySet<string> = new Set([
  "assert",
  "else",
  "if",
  "in",
  "inherit",
  "let",
  "or",
  "rec",
  "then",
  "with",
]);

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_'-]*$/;

/** Whether `name` can stand bare: as a variable, a lambda's parameter, a formal, an attribute name without quotes. */
export const isIdentifier = (name: string): boolean => IDENTIFIER.test(name) && !KEYWORDS.has(name);
