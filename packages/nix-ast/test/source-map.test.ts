import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attrs, binary, binding, call, dynamic, ident, int, list, nodeAt, originAt, path, printMapped, select, str, withOrigin, type Node } from "../src/index.js"; // prettier-ignore
import { arbitraryExpr } from "./arbitrary.js";

describe("printMapped", () => {
  const port = withOrigin(int(8080), ["vms", "web", "ports", 0]);
  const expr = attrs([
    withOrigin(binding(["services", "web"], attrs({ port, root: path("./a b") })), ["vms", "web"]),
    binding(dynamic(str("x")), list([call(ident("f"), -1), select(ident("a"), "b")])),
  ]);
  const mapped = printMapped(expr);
  const textOf = (node: Node): string => {
    const mapping = mapped.mappings.find((one) => one.node === node);
    return mapping === undefined ? "" : mapped.text.slice(mapping.start, mapping.end);
  };

  it("has the place of each node", () => {
    expect(textOf(expr)).toBe(mapped.text.trimEnd());
    expect(textOf(port)).toBe("8080");
    expect(mapped.mappings.map(({ start, end }) => mapped.text.slice(start, end).replaceAll(/\s+/g, " "))).toEqual([
      mapped.text.trimEnd().replaceAll(/\s+/g, " "),
      'services.web = { port = 8080; root = ./${"a b"}; };',
      '{ port = 8080; root = ./${"a b"}; }',
      "port = 8080;",
      "8080",
      'root = ./${"a b"};',
      './${"a b"}',
      '${"x"} = [ (f (-1)) a.b ];',
      '${"x"}',
      "[ (f (-1)) a.b ]",
      "f (-1)",
      "f",
      "-1",
      "a.b",
      "a",
    ]);
  });

  it("nodeAt and originAt find the node and the origin at an offset", () => {
    expect(nodeAt(mapped, mapped.text.indexOf("8080") + 1)).toBe(port);
    expect(originAt(mapped, mapped.text.indexOf("8080"))).toEqual(["vms", "web", "ports", 0]);
    expect(originAt(mapped, mapped.text.indexOf("root"))).toEqual(["vms", "web"]);
    expect(originAt(mapped, mapped.text.indexOf("f ("))).toBeUndefined();
    expect(nodeAt(mapped, mapped.text.length)).toBeUndefined();
  });

  it("maps a node that occurs twice to both places", () => {
    const shared = ident("shared");
    const places = printMapped(binary(shared, "+", shared)).mappings.filter(({ node }) => node === shared);
    expect(places.map(({ start }) => start)).toEqual([0, 9]);
  });

  it("nests mappings in the same way as nodes", () => {
    fc.assert(
      fc.property(arbitraryExpr({ comments: true }), (any) => {
        const { text, mappings } = printMapped(any, { width: 40 });
        const open: { readonly end: number }[] = [];
        let last = -1;
        for (const mapping of mappings) {
          expect(mapping.start).toBeGreaterThanOrEqual(last);
          last = mapping.start;
          while ((open.at(-1)?.end ?? Infinity) <= mapping.start) open.pop();
          expect(mapping.end).toBeLessThanOrEqual(open.at(-1)?.end ?? text.length);
          open.push(mapping);
        }
        expect(mappings[0]?.node).toBe(any);
      }),
      { numRuns: 300 },
    );
  });
});
