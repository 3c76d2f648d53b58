import { type ParseError, type Position, positionOf } from "@microvm-emit/nix-ast";

/** What Prettier takes for a mistake in the text: it shows the lines around `loc`, columns counted from 1. */
export interface LocatedSyntaxError extends SyntaxError {
  readonly loc: { readonly start: Position; readonly end: Position };
}

/** All problems of a text as the one error that Prettier has room for, placed at the first of them. */
export const syntaxErrorOf = (error: ParseError): LocatedSyntaxError => {
  const { text, problems } = error;
  const told = problems.flatMap(({ related, ...problem }) => (related === undefined ? [problem] : [problem, related]));
  const lines = told.map(({ message, start }) => {
    const { line, column } = positionOf(text, start);
    return `${message} (${line}:${column})`;
  });
  const [{ start, end }] = problems;
  const loc = { start: positionOf(text, start), end: positionOf(text, end) };
  return Object.assign(new SyntaxError(lines.join("\n"), { cause: error }), { loc });
};
