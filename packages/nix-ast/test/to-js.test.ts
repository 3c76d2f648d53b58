import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse, print, toJs, toNix, type NixData } from "../src/index.js";

const read = (text: string): ReturnType<typeof toJs> => {
  const parsed = parse(text);
  if (parsed._tag === "Left") throw new Error("not Nix");
  return toJs(parsed.right);
};

describe("toJs", () => {
  it("is the inverse of toNix and print", () => {
    const data = fc.letrec<{ data: NixData }>((tie) => ({
      data: fc.oneof(
        fc.constantFrom(null, true, false),
        fc.maxSafeInteger(),
        fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
        fc.constantFrom(0.5, -1.25, 1e30),
        fc.string({ unit: fc.constantFrom("a", "\n", "$", "{", '"', "'", "é") }),
        fc.array(tie("data"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom("a", "b c", "__proto__", "constructor"), tie("data"), { noNullPrototype: true }),
      ),
    })).data;
    fc.assert(
      fc.property(data, (value) => {
        expect(read(print(toNix(value)))).toEqual({ _tag: "Right", right: value });
        expect(toJs(toNix(value))).toEqual({ _tag: "Right", right: value });
      }),
    );
  });

  it("combines attribute paths", () => {
    const text = "{ a.b = 1; a = { c = [ (-2) ''x\n  y'' ]; }; \"d\".${\"e\"} = null; }";
    expect(read(text)).toEqual({ _tag: "Right", right: { a: { b: 1, c: [-2, "x\n  y"] }, d: { e: null } } });
  });

  it.each([
    ["{ a = [ x ]; }", "a variable is not data", 8],
    ["[ (f 1) ]", "a call is not data", 3],
    ["{ inherit a; }", "an inherited attribute is not data", 2],
    ["{ ${a} = 1; }", "this expression is not data", 2],
    ['"a${b}"', "this expression is not data", 0],
    ["./a", "a path is not data", 0],
    ["!true", "this expression is not data", 0],
  ])("refuses %s", (text, message, start) => {
    expect(read(text)).toMatchObject({
      left: { message: expect.stringContaining(message) as string, node: { start } },
    });
  });

  it("reads data of any depth", () => {
    let deep: NixData = 1;
    for (let i = 0; i < 20_000; i++) deep = { a: [deep] };
    const back = toJs(toNix(deep));
    let at = back._tag === "Right" ? back.right : null;
    for (let i = 0; i < 20_000; i++) at = (at as { readonly a: readonly NixData[] }).a[0] ?? null;
    expect(at).toBe(1);
  });
});
