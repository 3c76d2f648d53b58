/**
 * The parts of an expression before they are on the tape: the text of a token, a number (a spacing of `doc.ts` or a
 * mark below), an expression, a list of parts, or an instruction. Parts are data, so that the printer can have its own
 * stack and deep nesting does not overflow the call stack.
 */
import type { Binding, Call, Expr, Formal, Interpolation, Tokens, TokenSlot, TokenTrivia, Trivium } from "../expr.js";
import { LEVEL } from "../operators.js";
import { lineComment } from "../trivia.js";
import { view, type Written } from "./view.js";

export type Part = string | number | Parts | Written | Instruction;
export type Parts = readonly Part[];

export type Instruction =
  /** A term without its usual group; `wide`: a set in it is always on several lines. */
  | { readonly kind: "#term"; readonly term: Written; readonly wide: boolean }
  /** Comments before the next token. */
  | { readonly kind: "#before"; readonly trivia: readonly Trivium[] }
  /** Comments on separate lines. */
  | { readonly kind: "#comments"; readonly trivia: readonly Trivium[] }
  /** A language tag before a string. */
  | { readonly kind: "#tag"; readonly text: string }
  /** A comment after the last token. */
  | { readonly kind: "#after"; readonly text: string }
  | { readonly kind: "#indent"; readonly columns: number }
  /** Text at the start of a line, without indentation. */
  | { readonly kind: "#raw"; readonly text: string }
  /** Text that is printed only if its group breaks. */
  | { readonly kind: "#trailing"; readonly text: string }
  /** Bindings or items on separate lines. Those before `next` are done. */
  | { readonly kind: "#lines"; readonly items: readonly (Binding | Expr)[]; next: number }
  /** The bracket after these lines, on a separate line. */
  | { readonly kind: "#closing"; readonly text: string }
  | { readonly kind: "#binding"; readonly binding: Binding }
  | { readonly kind: "#formal"; readonly formal: Formal; readonly last: boolean }
  /** An argument before the last. */
  | { readonly kind: "#argument"; readonly argument: Written }
  | { readonly kind: "#call"; readonly call: Call; readonly context: CallContext }
  /** `assert condition;`, with the layout of a call of `assert`. */
  | { readonly kind: "#assert"; readonly condition: Written; readonly after: string | undefined }
  | { readonly kind: "#interpolation"; readonly interpolation: Interpolation }
  /** Mark at both ends of an interpolation, which is put on one line if it is not wider than `limit`. */
  | {
      readonly kind: "#short";
      readonly limit: number;
      readonly levels: number;
      at: number;
      width: number;
      breaks: number;
    }
  /**
   * Mark at both ends of a simple call without its last argument. If it has no forced line breaks, it is put on one
   * line and `then` follows, else `otherwise`.
   */
  | { readonly kind: "#simple"; readonly then: Parts; readonly otherwise: Parts; breaks: number };

/** The context of a call: the parts before it in its group, and whether it has its own brackets. */
export interface CallContext {
  readonly pre: Parts;
  readonly enclosed: boolean;
}

export const GROUP = 32;
export const PRIORITY_GROUP = 33;
export const TRANSPARENT_GROUP = 34;
export const END = 35;
export const NEST = 36;
export const UNNEST = 37;
/** Mark: the comments before the next token are already printed. */
export const PRINTED = 38;

export const group = (...parts: Parts): Parts => [GROUP, ...parts, END];
export const priority = (...parts: Parts): Parts => [PRIORITY_GROUP, ...parts, END];
export const transparent = (...parts: Parts): Parts => [TRANSPARENT_GROUP, ...parts, END];
export const nest = (...parts: Parts): Parts => [NEST, ...parts, UNNEST];
export const term = (written: Written, wide = false): Part => ({ kind: "#term", term: written, wide });
export const whole = (expr: Expr): Written => view(expr, LEVEL.greedy);

interface Commented {
  readonly before?: readonly Trivium[] | undefined;
  readonly after?: string | undefined;
}

/** `parts` with the comments around them. */
export const commented = ({ before, after }: Commented, ...parts: Parts): Part => {
  if (before === undefined && after === undefined) return parts;
  return [
    before ? { kind: "#before", trivia: before } : [],
    parts,
    after === undefined ? [] : { kind: "#after", text: after },
  ];
};

/** A token of a node, with its comments. */
export const token = (tokens: Tokens | undefined, slot: TokenSlot, text: string): Part => {
  const trivia = tokens?.[slot];
  return trivia === undefined ? text : commented(trivia, text);
};

/** All comments of a token, as comments before it. */
export const lifted = (trivia: TokenTrivia | undefined): readonly Trivium[] | undefined =>
  trivia?.after === undefined ? trivia?.before : [...(trivia.before ?? []), lineComment(trivia.after)];

/** A token with all comments before it, also the comment after it. */
export const liftedToken = (tokens: Tokens | undefined, slot: TokenSlot, text: string): Part =>
  commented({ before: lifted(tokens?.[slot]) }, text);
