// Import this first: V8 counts only in functions that it compiles later.
import { growth } from "./work.js";
import { describe, expect, it } from "vitest";
import { format, parse } from "../src/index.js";

describe("work", () => {
  it.each([
    "f ",
    "{ a }: ",
    "x: ",
    "[ ",
    "a ++ ",
    "a.b = 1; ",
    "(a: ",
    "if a then b else ",
    "''a\n''+",
    "# c\n",
    "\n\n",
    "(",
    "./a${",
  ])("of format is linear for repeated %j", (piece) => {
    const close = { "[ ": " ]", "(a: ": ")", "(": ")", "./a${": "}" }[piece] ?? "";
    const [start, end] = piece.includes("=") ? ["{ ", "}"] : ["", "a"];
    const unique = (text: string, size: number): string =>
      piece.includes("=")
        ? Array.from({ length: size }, (_, i) => text.replace("b", `b${String(1000 + i)}`)).join("")
        : text.repeat(size);
    const ratio = growth(200, (size) => {
      expect(format(`${start}${unique(piece, size)}${end}${close.repeat(size)}`)._tag).toBe("Right");
    });
    expect(ratio).toBeLessThan(4.4);
  });

  it.each([
    "a.",
    "a/* */",
    "a\n# c\n",
    "''${a}''\n",
    "{ a",
    "/*",
    '"',
    "[ - ",
    "a_b.",
    "http:",
    "${",
    "<a",
    "1 = ;",
    "{ a = { b = 1; }; a = ",
  ])("of parse is linear for repeated %j", (piece) => {
    // The parser stops after a number of problems, so the ratio can be less than 4.
    expect(growth(500, (size) => void parse(piece.repeat(size)))).toBeLessThan(4.4);
  });
});
