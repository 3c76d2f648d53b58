/** Comments for the Prettier options `requirePragma`, `insertPragma` and `checkIgnorePragma`. */

/** Everything before the first token of a file. */
const HEADER = /^(?:\s+|#.*|\/\*[^]*?\*\/)*/;

const lineOf = (words: string): RegExp =>
  new RegExp(`^[ \\t]*(?:#+|/?\\*+)?[ \\t]*@(?:${words})[ \\t]*(?:\\*/)?[ \\t]*$`, "m");
const FORMAT = lineOf("format|prettier");
const IGNORE = lineOf("noformat|noprettier");

const headerHas = (line: RegExp, text: string): boolean => line.test(HEADER.exec(text)?.[0] ?? "");

export const hasPragma = (text: string): boolean => headerHas(FORMAT, text);

export const hasIgnorePragma = (text: string): boolean => headerHas(IGNORE, text);

/** The text with `# @format` at the top, but after the `#!` lines of a nix-shell script, which must be first. */
export const insertPragma = (text: string): string => {
  const interpreter = /^(?:#!.*\n)*/.exec(text)?.[0] ?? "";
  return `${interpreter}# @format\n\n${text.slice(interpreter.length).trimStart()}`;
};
