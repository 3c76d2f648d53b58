/** Helpers for comments. */
import type { Trivium } from "./expr.js";

/** The comment `text` on a separate line. */
export const lineComment = (text: string): Trivium => ({ kind: "lineComment", text: ` ${text}` });

/** Joins two comments after one token. */
export const joinAfter = (first: string | undefined, second: string): string =>
  first === undefined ? second : `${first} ${second}`;
