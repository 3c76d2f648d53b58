/** Comments put together. */
import type { Trivium } from "./expr.js";

/** The comment `text` on a line of its own. */
export const lineComment = (text: string): Trivium => ({ kind: "lineComment", text: ` ${text}` });

/** Two comments after one token as one. */
export const joinAfter = (first: string | undefined, second: string): string =>
  first === undefined ? second : `${first} ${second}`;
