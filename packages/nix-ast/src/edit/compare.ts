/** Checks that an edit changed only the intended part of a file. */
import type { Node } from "../expr.js";
import { isNode } from "../to-nix.js";
import type { NixFile, Splice } from "./file.js";
import type { Range } from "./text.js";
import { nodesOf } from "../children.js";

/**
 * The first node of `before` that was not removed, but has no node of the same kind at its place in `after`. If there
 * is none, all text outside the splices has the same meaning. The splices are in order.
 */
export const changed = (before: NixFile, after: NixFile, splices: readonly Splice[]): Range | undefined => {
  const moves = new Moves(splices);
  const now = nodesOf(after.expr);
  let at = 0;
  for (const { kind, start, end } of nodesOf(before.expr)) {
    if (start === undefined || end === undefined || moves.removes(start, end)) continue;
    const newStart = moves.start(start);
    const newEnd = moves.end(end);
    // An operation can become longer: `a ++ b` in `a ++ b ++ c`.
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

/** Maps offsets before the edit to offsets after it. */
class Moves {
  readonly #splices: readonly Splice[];
  /** The shift of the text before each splice, and of the text after the last splice. */
  readonly #shifts: readonly number[];

  constructor(splices: readonly Splice[]) {
    this.#splices = splices;
    const shifts = [0];
    for (const { start, end, text } of splices) shifts.push((shifts.at(-1) ?? 0) + text.length - (end - start));
    this.#shifts = shifts;
  }

  /** The number of splices that are before an offset. */
  #count(isBefore: (splice: Splice) => boolean): number {
    let [low, high] = [0, this.#splices.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.#splices[middle] as Splice)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The new start of a node. Text inserted at its start is before it. */
  start(at: number): number {
    return at + (this.#shifts[this.#count(({ end }) => end <= at)] ?? 0);
  }

  /** The new end of a node. Text inserted at its end is after it. */
  end(at: number): number {
    return at + (this.#shifts[this.#count(({ start }) => start < at)] ?? 0);
  }

  removes(from: number, to: number): boolean {
    const last = this.#splices[this.#count(({ start }) => start <= from) - 1];
    return last !== undefined && to <= last.end && last.start < last.end;
  }
}

/** Keys of a node that do not change its meaning. */
const NOTES: ReadonlySet<string> = new Set([
  "before",
  "after",
  "tokens",
  "below",
  "parens",
  "start",
  "end",
  "spelling",
  "quoted",
  "expanded",
  "inner",
  "sameLine",
]);

const meaning = (value: unknown): unknown => (isNode(value) && value.kind === "name" ? value.name : value);

/** True if two parsed nodes are equal except for layout and comments. */
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
