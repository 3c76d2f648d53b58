import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  attrs,
  binary,
  binding,
  call,
  ident,
  ifElse,
  interp,
  lambda,
  formals,
  letIn,
  list,
  not,
  print,
  select,
  str,
  toNix,
  withIn,
  type Expr,
  type NixInput,
} from "../src/index.js";
import { printMeasured } from "../src/print/print.js";
import { fixtures } from "./fixtures.js";
import { json } from "./json.js";
import { everyNix, nameOf, parseEach } from "./nix.js";

const folder = new URL("fixtures/", import.meta.url);

describe("layout", () => {
  it("each fixture has an expression and a text", () => {
    expect(readdirSync(folder).map((file) => basename(file, ".nix"))).toEqual(Object.keys(fixtures).sort());
  });

  it.each(Object.entries(fixtures))("%s", (name, expr) => {
    const text = readFileSync(new URL(`${name}.nix`, folder), "utf8");
    expect(print(expr)).toBe(text);
    expect(printMeasured(expr)).toBe(text);
  });

  it.each(everyNix.map((nix) => [nameOf(nix), nix] as const))("keeps the meaning for %s at any width", (_, nix) => {
    const pipes = nix.version[0] === 2 && nix.version[1] < 24 ? ["operators"] : [];
    const read = Object.entries(fixtures).filter(([name]) => !pipes.includes(name));
    const widths = [20, 40, 80, 100, 400];
    const texts = parseEach(
      nix,
      read.flatMap(([, expr]) => widths.map((width) => `with { }; ${print(expr, { width })}`)),
    );
    expect(texts).toHaveLength(read.length * widths.length);
    for (const [position, [name]] of read.entries())
      expect(new Set(texts.slice(position * widths.length, (position + 1) * widths.length)).size, name).toBe(1);
  });

  it("has no spaces at line ends, and one line break at the end", () => {
    for (const expr of Object.values(fixtures)) {
      for (const width of [1, 20, 60, 100]) {
        expect(print(expr, { width })).toMatch(/^\S(?:.*\S)?(?:\n+(?: *\S(?:.*\S)?))*\n$/);
      }
    }
  });

  it("fast path for plain data prints the same text", () => {
    fc.assert(
      fc.property(json, fc.constantFrom(1, 10, 20, 40, 100), (value, width) => {
        const noted = (input: NixInput): Expr => attrs([binding("a", input), binding(["b", "c"], [input])]);
        for (const expr of [toNix(value), noted(value), lambda(formals(["x"]), noted(value))]) {
          expect(print(expr, { width })).toBe(printMeasured(expr, { width }));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("counts characters, not UTF-16 units, towards the width", () => {
    const text = (size: number): string => print(toNix({ a: ["𝒳".repeat(size)] }));
    // a = [ "…" ]; with 11 characters around the text
    expect(text(89).split("\n")).toHaveLength(4);
    expect(text(90).split("\n")).toHaveLength(6);
  });
});

const DEEP = 10_000;
const WIDE = 100_000;
/** Depth for expressions that indent at every level. The size of their text is quadratic. */
const STEEP = 1000;
const nested = (depth: number, wrap: (inner: Expr, i: number) => Expr): Expr => {
  let expr: Expr = ident("x");
  for (let i = 0; i < depth; i++) expr = wrap(expr, i);
  return expr;
};

describe("deep and large expressions do not overflow the stack", () => {
  const [a, f, x] = [ident("a"), ident("f"), ident("x")];
  const cases: Record<string, () => Expr> = {
    "a list of 100,000 items": () => list(Array.from({ length: WIDE }, (_, i) => i)),
    "a list of 100,000 calls": () => list(Array.from({ length: WIDE }, (_, i) => call(f, i))),
    "100,000 bindings": () => attrs(Array.from({ length: WIDE }, (_, i) => binding(`a${String(i)}`, call(f, i)))),
    "`++` to the left": () => nested(STEEP, (inner) => binary(inner, "++", a)),
    "`++` to the right": () => nested(DEEP, (inner) => binary(a, "++", inner)),
    "`+` and `-` in turn": () => nested(DEEP, (inner, i) => binary(inner, i % 2 === 0 ? "+" : "-", a)),
    "`->`": () => nested(DEEP, (inner) => binary(a, "->", inner)),
    calls: () => nested(DEEP, (inner) => call(inner, a)),
    "calls of calls": () => nested(STEEP, (inner) => call(f, inner)),
    selections: () => nested(DEEP, (inner) => select(inner, "a")),
    functions: () => nested(DEEP, (inner) => lambda("x", inner)),
    "functions of sets": () => nested(DEEP, (inner) => lambda(formals(["x"]), inner)),
    lets: () => nested(DEEP, (inner) => letIn({ x: 1 }, inner)),
    withs: () => nested(DEEP, (inner) => withIn(a, inner)),
    "else branches": () => nested(DEEP, (inner) => ifElse(a, x, inner)),
    conditions: () => nested(STEEP, (inner) => ifElse(inner, x, a)),
    negations: () => nested(DEEP, not),
    strings: () => nested(STEEP, (inner) => str("a", interp(inner))),
    lists: () => nested(STEEP, (inner) => list([inner])),
    sets: () => nested(STEEP, (inner) => attrs([binding("a", inner)])),
    "strings in calls": () => nested(STEEP, (inner) => call(f, str("a", interp(inner)), a)),
  };
  it.each(Object.entries(cases))("%s", (_, make) => {
    const text = print(make());
    expect(text.length).toBeGreaterThan(1000);
    expect(text.endsWith("\n")).toBe(true);
  });
});
