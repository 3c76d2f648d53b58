/** Tests places in `nix` templates, for exactly the nodes that come from them. */
import { type Expr, list, nix, nodesOf, printMapped } from "@microvm-emit/nix-ast";
import { describe, expect, it } from "vitest";
import { offsetInTemplate } from "../src/config-file/locate/template-place.js";

/** The source text that corresponds to `wanted` in the output, if it is in a template. */
const placed = (source: string, made: Expr, wanted: string): string | undefined => {
  const mapped = printMapped(list([made]));
  const offset = mapped.text.indexOf(wanted);
  const around = mapped.mappings
    .filter(({ start, end }) => start <= offset && offset < end)
    .map(({ node }) => node)
    .reverse();
  const found = offsetInTemplate(source, source.search(/nix`|key:/), around);
  return found === undefined ? undefined : source.slice(found).split("\n")[0];
};

describe("a place in a template", () => {
  it("is on the line of the text", () => {
    const source = "const m = nix`\n{\n  a = 1;\n  b.c   = x;\n}`;";
    const made = nix`
{
  a = 1;
  b.c   = x;
}`;
    expect(placed(source, made, "b.c")).toBe("b.c   = x;");
    expect(placed(source, made, "x;")).toBe("x;");
  });

  it("is found after escapes", () => {
    const source = String.raw`const m = nix${"`"}{ a = "\${lib.x}\u{41}\\n"; b = y; }${"`"};`;
    const made = nix`{ a = "\${lib.x}\u{41}\\n"; b = y; }`;
    expect(placed(source, made, "y;")).toBe("y; }`;");
    expect(placed(source, made, "lib.x")).toBe('lib.x}\\u{41}\\\\n"; b = y; }`;');
  });

  it("is found next to inserted values, but not inside", () => {
    const source = "({ key: nix`{ a = ${[1, 2]}; b = y; ${name} = z; }` })";
    const made = nix`{ a = ${[1, 2]}; b = y; ${"name"} = z; }`;
    expect(placed(source, made, "y;")).toBe("y; ${name} = z; }` })");
    expect(placed(source, made, "z;")).toBe("z; }` })");
    expect(placed(source, made, "1")).toBeUndefined();
  });

  it("is never in another template", () => {
    const inner = nix`{ c = zzz; }`;
    const source = "nix`{ a = ${inner}; b = y; }`";
    const made = nix`{ a = ${inner}; b = y; }`;
    expect(placed(source, made, "zzz")).toBeUndefined();
    expect(nodesOf(inner).length).toBeGreaterThan(1);
  });

  it("is undefined without a template", () => {
    expect(placed("const a = 1; key: a", nix`{ b = y; }`, "y")).toBeUndefined();
  });
});
