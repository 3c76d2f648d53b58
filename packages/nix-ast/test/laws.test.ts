import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { format, parse, print, showParseError, type Expr } from "../src/index.js";
import { arbitraryExpr } from "./arbitrary.js";
import { meaning } from "./meaning.js";

const WIDTHS = [20, 40, 80, 100, 400];

const read = (text: string): Expr => {
  const parsed = parse(text);
  if (parsed._tag === "Left") throw new Error(showParseError(parsed.left));
  return parsed.right;
};

describe("all expressions", () => {
  it("parse(print(e)) has the meaning of e", () => {
    fc.assert(
      fc.property(arbitraryExpr({ comments: true }), fc.constantFrom(...WIDTHS), (expr, width) => {
        expect(meaning(read(print(expr, { width })))).toEqual(meaning(expr));
      }),
      { numRuns: 1000 },
    );
  });

  it("print(parse(print(e))) = print(e)", () => {
    fc.assert(
      fc.property(arbitraryExpr({ comments: true }), fc.constantFrom(...WIDTHS), (expr, width) => {
        const text = print(expr, { width });
        expect(print(read(text), { width })).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it("format(format(t)) = format(t)", () => {
    fc.assert(
      fc.property(arbitraryExpr({ comments: true }), (expr) => {
        const once = format(print(expr, { width: 400 }));
        if (once._tag === "Left") throw new Error(showParseError(once.left));
        expect(format(once.right)).toEqual(once);
      }),
      { numRuns: 1000 },
    );
  });
});
