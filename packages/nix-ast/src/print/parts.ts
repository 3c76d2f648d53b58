/**
 * The parts that an expression is laid down on the tape in: a token's text, a number (a spacing of `doc.ts` or a mark
 * below), an expression still to be taken apart, a list of parts, or an instruction. They are data, so that the printer
 * can keep those that wait on a stack of its own and no depth of nesting overflows the program's.
 */
import type { Binding, Call, Expr, Formal, Interpolation, Tokens, TokenSlot, TokenTrivia, Trivium } from "../expr.js";
import { LEVEL } from "../operators.js";
import { lineComment } from "../trivia.js";
import { view, type Written } from "./view.js";

export type Part = string | number | Parts | Written | Instruction;
export type Parts = readonly Part[];

export type Instruction =
  /** A term without the group that goes around it elsewhere; `wide`: a set among it on several lines in any case. */
  | { readonly kind: "#term"; readonly term: Written; readonly wide: boolean }
  /** Comments before the next token. */
  | { readonly kind: "#before"; readonly trivia: readonly Trivium[] }
  /** Comments on lines of their own. */
  | { readonly kind: "#comments"; readonly trivia: readonly Trivium[] }
  /** A language tag before a string. */
  | { readonly kind: "#tag"; readonly text: string }
  /** A comment after the last token. */
  | { readonly kind: "#after"; readonly text: string }
  | { readonly kind: "#indent"; readonly columns: number }
  /** Text at the start of a line that no indentation comes before. */
  | { readonly kind: "#raw"; readonly text: string }
  /** Text that only a group that breaks has. */
  | { readonly kind: "#trailing"; readonly text: string }
  /** Bindings or items on lines of their own, those before `next` done. */
  | { readonly kind: "#lines"; readonly items: readonly (Binding | Expr)[]; next: number }
  /** The bracket that ends such lines, on a line of its own. */
  | { readonly kind: "#closing"; readonly text: string }
  | { readonly kind: "#binding"; readonly binding: Binding }
  | { readonly kind: "#formal"; readonly formal: Formal; readonly last: boolean }
  /** An argument that is not the last. */
  | { readonly kind: "#argument"; readonly argument: Written }
  | { readonly kind: "#call"; readonly call: Call; readonly context: CallContext }
  /** `assert condition;`, laid out as if `assert` were a function. */
  | { readonly kind: "#assert"; readonly condition: Written; readonly after: string | undefined }
  | { readonly kind: "#interpolation"; readonly interpolation: Interpolation }
  /** Stands at both ends of an interpolation, which is laid on one line if it has no more columns than `limit`. */
  | {
      readonly kind: "#short";
      readonly limit: number;
      readonly levels: number;
      at: number;
      width: number;
      breaks: number;
    }
  /**
   * Stands at both ends of a simple call but its last argument; that is laid on one line, with `then` to follow, unless
   * it has line breaks for certain, with `otherwise` to follow.
   */
  | { readonly kind: "#simple"; readonly then: Parts; readonly otherwise: Parts; breaks: number };

/** Where a call stands: what goes before it in its group, and whether it has brackets of its own around it. */
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
/** The comments before the next token have been printed. */
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

/** `parts` with the comments that belong around them. */
export const commented = ({ before, after }: Commented, ...parts: Parts): Part => {
  if (before === undefined && after === undefined) return parts;
  return [
    before ? { kind: "#before", trivia: before } : [],
    parts,
    after === undefined ? [] : { kind: "#after", text: after },
  ];
};

/** A token of a node's own, with the comments it carries. */
export const token = (tokens: Tokens | undefined, slot: TokenSlot, text: string): Part => {
  const trivia = tokens?.[slot];
  return trivia === undefined ? text : commented(trivia, text);
};

/** The comments of a token, all as if they stood before it. */
export const lifted = (trivia: TokenTrivia | undefined): readonly Trivium[] | undefined =>
  trivia?.after === undefined ? trivia?.before : [...(trivia.before ?? []), lineComment(trivia.after)];

/** A token whose comment after it is printed before it. */
export const liftedToken = (tokens: Tokens | undefined, slot: TokenSlot, text: string): Part =>
  commented({ before: lifted(tokens?.[slot]) }, text);
