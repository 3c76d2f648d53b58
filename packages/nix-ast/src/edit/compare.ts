/** Whether an edit did what it was to do, and nothing else. */
import type { Expr, Node } from "../expr.js";
import { isNode } from "../to-nix.js";
import type { NixFile, Splice } from "./file.js";
import type { Range } from "./text.js";
import { nodesOf } from "./walk.js";

const placed = (root: Expr): (Node & Range)[] =>
  nodesOf(root).filter((node): node is Node & Range => node.start !== undefined && node.end !== undefined);

/**
 * A node of `before` outside of what was taken out that is not in `after`, at its place and of its kind. As all text
 * around the splices is the same, there being none means that all of it means the same.
 */
export const changed = (before: NixFile, after: NixFile, splices: readonly Splice[]): Range | undefined => {
  const shift = (at: number, isEnd: boolean): number => {
    let shifted = at;
    for (const { start, end, text } of splices) {
      if (isEnd ? start < at : end <= at) shifted += text.length - (end - start);
    }
    return shifted;
  };
  const key = (kind: string, start: number, end: number): string => `${kind} ${String(start)} ${String(end)}`;
  const kept = new Set(placed(after.expr).map(({ kind, start, end }) => key(kind, start, end)));
  return placed(before.expr).find(({ kind, start, end }) => {
    if (splices.some((one) => one.start <= start && end <= one.end && one.start < one.end)) return false;
    if (kept.has(key(kind, shift(start, false), shift(end, true)))) return false;
    // Operators may go on: `a ++ b` in `a ++ b ++ c`.
    return kind !== "binary" || !kept.has(key(kind, shift(start, false), shift(end + 1, true) - 1));
  });
};

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
