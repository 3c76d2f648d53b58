import type { Expr } from "./expr.js";
import { HOLE } from "./parse/lexer.js";
import { showParseError, type ParseError } from "./parse/parse-error.js";
import { parseWith } from "./parse/parse.js";

/** How a hole is shown in an error. */
const SHOWN_HOLE = "${…}";

/** What is wrong in a template; its message shows each place, holes as `${…}`. */
export class NixTemplateError extends SyntaxError {
  override readonly name = "NixTemplateError";
  readonly error: ParseError;

  constructor(error: ParseError) {
    super(`this template is not Nix:\n${showParseError(error, "template")}`);
    this.error = error;
  }
}

/**
 * Nix written in JavaScript: `` nix`lib.mkIf ${condition} { port = ${8080}; }` ``. The text is parsed when the template is
 * evaluated, and values are put into the tree, never into the text, so that none of them can become code. A hole stands
 *
 * - for an expression: data or a node, as for every constructor;
 * - for an attribute name: a text, a node that computes it, or a list of these for several steps;
 * - in a string or path: a text or number as it is, or a node as an interpolation;
 * - after `...` in a list for an array of items, in a set for a record, a set or bindings.
 *
 * The text is what JavaScript makes of the template: write `\${x}` for an interpolation of Nix, `\\n` for its escape.
 *
 * @throws {NixTemplateError} with every mistake in the text and every value that cannot stand where it does.
 */
export const nix = (strings: TemplateStringsArray, ...values: readonly unknown[]): Expr => {
  const holes = new Map<number, unknown>();
  let text = "";
  strings.forEach((piece: string | undefined, i) => {
    if (piece === undefined) throw new SyntaxError("this template holds an escape that JavaScript cannot read");
    text += piece;
    if (i >= values.length) return;
    holes.set(text.length, values[i]);
    text += HOLE;
  });
  const parsed = parseWith(text, holes);
  if (parsed._tag === "Right") return parsed.right;
  throw new NixTemplateError(shown(parsed.left, [...holes.keys()]));
};

/** The error in the text with its holes shown. */
const shown = ({ text, problems, ...error }: ParseError, holes: readonly number[]): ParseError => {
  const moved = (offset: number): number =>
    offset + holes.filter((hole) => hole < offset).length * (SHOWN_HOLE.length - HOLE.length);
  const move = <T extends { readonly start: number; readonly end: number }>(place: T): T => ({
    ...place,
    start: moved(place.start),
    end: moved(place.end),
  });
  const [first, ...rest] = problems.map((problem) => ({
    ...move(problem),
    message: problem.message.replaceAll(HOLE, SHOWN_HOLE),
    ...(problem.related ? { related: move(problem.related) } : {}),
  }));
  const pieces = [0, ...holes.map((hole) => hole + HOLE.length)];
  const all = pieces.map((start, i) => text.slice(start, holes[i])).join(SHOWN_HOLE);
  return { ...error, text: all, problems: first === undefined ? problems : [first, ...rest] };
};
