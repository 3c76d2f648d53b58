import type { Expr } from "./expr.js";
import { holesOf } from "./parse/holes.js";
import { HOLE } from "./parse/lexer.js";
import { showParseError, type ParseError } from "./parse/parse-error.js";
import { parseWith } from "./parse/parse.js";

/** Display of a hole in error messages. */
const SHOWN_HOLE = "${…}";

/** Errors in a template. The message shows each place, with holes as `${…}`. */
export class NixTemplateError extends SyntaxError {
  /** The name of the class. */
  override readonly name = "NixTemplateError";
  /** All mistakes of the template. */
  readonly error: ParseError;

  constructor(error: ParseError) {
    super(`invalid Nix in this template:\n${showParseError(error, "template")}`);
    this.error = error;
  }
}

/**
 * Nix code in JavaScript: `` nix`lib.mkIf ${condition} { port = ${8080}; }` ``. Values are inserted into the syntax
 * tree, never into the text, so a value cannot become code. A hole can be
 *
 * - an expression: data or a node, as for every constructor;
 * - an attribute name: a string, a node, or a list of both for an attribute path;
 * - a part of a string or path: a string or number as text, or a node as an interpolation;
 * - after `...`: an array of items in a list; a record, set or bindings in a set.
 *
 * JavaScript escapes apply first: write `\${x}` for an interpolation of Nix and `\\n` for its escape.
 *
 * @throws {NixTemplateError} with all syntax errors and all values that are not allowed in their place.
 *
 * @example
 *
 * ```ts
 * import { nix, print } from "@microvm-emit/nix-ast";
 *
 * const names = ["git", "ripgrep"];
 * console.log(print(nix`{ pkgs, ... }: { environment.systemPackages = ${names.map((name) => nix`pkgs.${name}`)}; }`));
 * ```
 *
 * ```nix
 * { pkgs, ... }: {
 *   environment.systemPackages = [
 *     pkgs.git
 *     pkgs.ripgrep
 *   ];
 * }
 * ```
 */
export const nix = (strings: TemplateStringsArray, ...values: readonly unknown[]): Expr => {
  const holes = new Map<number, unknown>();
  let text = "";
  strings.forEach((piece: string | undefined, i) => {
    if (piece === undefined) throw new SyntaxError("invalid JavaScript escape in this template");
    text += piece;
    if (i >= values.length) return;
    holes.set(text.length, values[i]);
    text += HOLE;
  });
  const parsed = parseWith(text, holesOf(holes));
  if (parsed._tag === "Right") return parsed.right;
  throw new NixTemplateError(shown(parsed.left, [...holes.keys()]));
};

/** The error for the text with displayed holes. */
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
