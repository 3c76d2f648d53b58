/** Docs and comments are written in plain English. `npx jiti scripts/prose.ts [FILES]` lists the sentences to rewrite. */
import { describe, expect, it } from "vitest";
import { groups, measure, passagesOf, perThousand } from "./prose.js";

interface Rates {
  /** Occurrences of `what` per 1,000 words. */
  readonly what: number;
  /** Stop phrases per 1,000 words. */
  readonly phrases: number;
  /** Comments in 100 that open with such a word as `What` or `Whether`. */
  readonly openings: number;
}

const limits: Rates = { what: 1.5, phrases: 1, openings: 1 };

/** Groups that are above the limits. A ceiling may only be lowered; a group without one is within the limits. */
const ceilings: Readonly<Record<string, Partial<Rates>>> = {};

describe.each(Object.entries(groups))("%s", (group, files) => {
  const { words, comments, what, phrases, openings } = measure(files.flatMap(passagesOf));
  const rates: Rates = {
    what: perThousand(what.length, words),
    phrases: perThousand(phrases.length, words),
    openings: comments === 0 ? 0 : (openings.length * 100) / comments,
  };

  it.each(["what", "phrases", "openings"] as const)("stays below its limit of %s", (rate) => {
    expect(words).toBeGreaterThan(0);
    expect(rates[rate]).toBeLessThanOrEqual(ceilings[group]?.[rate] ?? limits[rate]);
  });
});

it("has a ceiling for groups that exist", () => {
  expect(Object.keys(groups)).toEqual(expect.arrayContaining(Object.keys(ceilings)));
});
