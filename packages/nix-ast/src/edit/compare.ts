/** Whether an edit did what it was to do, and nothing else. */
import type { Node } from "../expr.js";
import { isNode } from "../to-nix.js";
import type { NixFile, Splice } from "./file.js";
import type { Range } from "./text.js";
import { nodesOf } from "../children.js";

/**
 * A node of `before` outside of what was taken out that is not in `after`, at its place and of its kind; the splices are in
 * order. As all text around the splices is the same, there being none means that all of it means the same.
 */
export const changed = (before: NixFile, after: NixFile, splices: readonly Splice[]): Range | undefined => {
  const moves = new Moves(splices);
  const now = nodesOf(after.expr);
  let at = 0;
  for (const { kind, start, end } of nodesOf(before.expr)) {
    if (start === undefined || end === undefined || moves.removes(start, end)) continue;
    const newStart = moves.start(start);
    const newEnd = moves.end(end);
    // Operators may go on: `a ++ b` in `a ++ b ++ c`.
    const furtherEnd = kind === "binary" ? moves.start(end) : newEnd;
    for (; ; at++) {
      const node = now[at];
      if (node === undefined) return { start, end };
      if (node.kind === kind && node.start === newStart && (node.end === newEnd || node.end === furtherEnd)) break;
    }
    at++;
  }
  return undefined;
};

/** Where offsets go. */
class Moves {
  readonly #splices: readonly Splice[];
  /** By how much the text before each splice moves, and at last the text after all of them. */
  readonly #shifts: readonly number[];

  constructor(splices: readonly Splice[]) {
    this.#splices = splices;
    const shifts = [0];
    for (const { start, end, text } of splices) shifts.push((shifts.at(-1) ?? 0) + text.length - (end - start));
    this.#shifts = shifts;
  }

  /** How many splices lie before an offset: end at it, or begin before it. */
  #count(isBefore: (splice: Splice) => boolean): number {
    let [low, high] = [0, this.#splices.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.#splices[middle] as Splice)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Of a node's start: what is put in there stands before it. */
  start(at: number): number {
    return at + (this.#shifts[this.#count(({ end }) => end <= at)] ?? 0);
  }

  /** Of a node's end: what is put in there stands after it. */
  end(at: number): number {
    return at + (this.#shifts[this.#count(({ start }) => start < at)] ?? 0);
  }

  removes(from: number, to: number): boolean {
    const last = this.#splices[this.#count(({ start }) => start <= from) - 1];
    return last !== undefined && to <= last.end && last.start < last.end;
  }
}

/** What a node is beside its meaning. */
const NOTES: ReadonlySet<string> = new Set([
  "before",
  "after",
  "tokens",
  "below",
  "parens",
  "start",
  "end",
  "origin",
  "spelling",
  "quoted",
  "expanded",
  "inner",
  "sameLine",
]);

const meaning = (value: unknown): unknown => (isNode(value) && value.kind === "name" ? value.name : value);

/** Whether two nodes that were parsed are the same but for layout and comments. */
export const sameMeaning = (a: Node, b: Node): boolean => {
  const pairs: [unknown, unknown][] = [[a, b]];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [one, other] = pair.map(meaning);
    if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) {
      if (!Object.is(one, other)) return false;
      continue;
    }
    const keysOf = (value: object): readonly string[] => Object.keys(value).filter((key) => !NOTES.has(key));
    if (keysOf(one).length !== keysOf(other).length) return false;
    for (const key of keysOf(one)) {
      pairs.push([(one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key]]);
    }
  }
  return true;
};
