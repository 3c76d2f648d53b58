import { type ParseError, type Position, positionOf } from "@microvm-emit/nix-ast";

/** A syntax error for Prettier, which shows the lines around `loc`. Columns start at 1. */
export interface LocatedSyntaxError extends SyntaxError {
  readonly loc: { readonly start: Position; readonly end: Position };
}

/** Combines all problems of a text into one error at the first problem, because Prettier reports only one. */
export const syntaxErrorOf = (error: ParseError): LocatedSyntaxError => {
  const { text, problems } = error;
  const reported = problems.flatMap(({ related, ...problem }) =>
    related === undefined ? [problem] : [problem, related],
  );
  const lines = reported.map(({ message, start }) => {
    const { line, column } = positionOf(text, start);
    return `${message} (${line}:${column})`;
  });
  const [{ start, end }] = problems;
  const loc = { start: positionOf(text, start), end: positionOf(text, end) };
  return Object.assign(new SyntaxError(lines.join("\n"), { cause: error }), { loc });
};
