import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attrs, ident, print, printData, toNix } from "../src/index.js";

const key = fc.constantFrom("a", "b", "enable", "or", "if", "a.b", "", "x y", "é", "foo-bar", "kind", "_tag");
const leaf = fc.oneof(
  fc.constantFrom("", "a", "a b", "${x}", "\n", '"', "𝒳", "x".repeat(90), "a\tb"),
  fc.constantFrom(0, -1, 1.5, -2.25, 1e21, -0, 5e300, 2 ** 53),
  fc.boolean(),
  fc.constant(null),
);
const { data } = fc.letrec<{ data: unknown }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie("data"), { maxLength: 3 }),
    fc.dictionary(key, fc.option(tie("data"), { nil: undefined, freq: 12 }), { maxKeys: 3 }),
  ),
}));

/** The text, or the error. */
const outcome = (run: () => string): string => {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
};

describe("printData", () => {
  it("equals print(toNix(value))", () => {
    fc.assert(
      fc.property(data, fc.constantFrom(20, 40, 100), fc.integer({ min: 1, max: 4 }), (value, width, indent) => {
        const options = { width, indent };
        expect(outcome(() => printData(value, options))).toBe(outcome(() => print(toNix(value), options)));
      }),
      { numRuns: 5000 },
    );
  });

  const cycle: Record<string, unknown> = { a: 1, b: 2 };
  cycle["c"] = cycle;
  const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1), b: 1 });
  it.each<readonly [string, unknown]>([
    ["a cycle", cycle],
    ["a class instance", { a: 1, b: new Date(0) }],
    ["a function", { a: 1, b: () => 1 }],
    ["a NUL in a value", { a: 1, b: "\0" }],
    ["a lone surrogate in a name", { a: 1, "\ud800": 2 }],
    ["a node", { a: 1, b: ident("x") }],
    ["a root that is a node", attrs({ a: 1, b: 2 })],
    ["a result", { a: 1, b: { _tag: "Right", right: 1 } }],
    ["more levels than the indentation limit", nested(300)],
  ])("treats %s as toNix does", (_, value) => {
    expect(outcome(() => printData(value))).toBe(outcome(() => print(toNix(value))));
  });
});
