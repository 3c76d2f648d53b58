import { describe, expect, it } from "vitest";
import { format, parse, print } from "../src/index.js";

const DEEP = 20_000;

describe("20,000 levels", () => {
  it.each([
    ["(", ")"],
    ["( # c\n", ")"],
    ["[", "]"],
    ["{ a = ", "; }"],
    ["f { a = ", "; }"],
    ["f (", ")"],
    ["[ (f ", ") ]"],
    ["x: ", ""],
    ["{ a }: ", ""],
    ["{ a ? ", "}: a"],
    ["let a = 1; in ", ""],
    ["let a = ", "; in a"],
    ["with a; ", ""],
    ["with (", "); a"],
    ["assert a; ", ""],
    ["if a then b else ", ""],
    ["if ", " then a else b"],
    ["a ++ ", ""],
    ["", "+ a"],
    ["- ", ""],
    ["(", ").a"],
    ["a.b or (", ")"],
    ["(", ") ? a"],
    ["{ inherit (", ") a; }"],
    ['"${', '}"'],
    ['"a${', '}"'],
    ["''\n  x ${", "}\n''"],
    ["./a${", "}"],
    ["a.${", "}"],
  ])("of %j are printed and read again", (open, close) => {
    const parsed = parse(`${open.repeat(DEEP)}a${close.repeat(DEEP)}`);
    if (parsed._tag === "Left") throw new Error(parsed.left.problems[0].message);
    const text = print(parsed.right);
    // The indentation ends at 200 columns.
    expect(text.length).toBeLessThan(DEEP * 2200);
    expect(format(text)).toEqual({ _tag: "Right", right: text });
  });
});

describe("nixfmt:disable", () => {
  it("keeps 32,000 regions", () => {
    const region = "  /*nixfmt:disable*/\n  a   =  1;\n  /*nixfmt:enable*/\n  b = 2;\n";
    const text = `{\n${region.repeat(32_000)}}\n`;
    expect(format(text)).toEqual({ _tag: "Right", right: text });
  });
});
