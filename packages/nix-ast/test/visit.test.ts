import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  binding,
  call,
  ident,
  int,
  keysOf,
  list,
  mapNodes,
  nix,
  nodesOf,
  print,
  visit,
  type Expr,
  type Node,
  type NodePath,
} from "../src/index.js";
import { arbitraryExpr } from "./arbitrary.js";

const nested = (depth: number): Expr => {
  let expr: Expr = ident("x");
  for (let i = 0; i < depth; i++) expr = call(ident("f"), expr);
  return expr;
};

describe("visit", () => {
  it("calls the functions in order, with the parents", () => {
    const calls: string[] = [];
    visit(nix`{ a = [ 1 b ]; }`, {
      enter: ({ node, parent }) => void calls.push(`+${node.kind} in ${parent?.node.kind ?? "nothing"}`),
      leave: ({ node }) => void calls.push(`-${node.kind}`),
      ident: ({ node }) => void calls.push(node.name),
    });
    expect(calls).toEqual([
      "+attrs in nothing",
      "+binding in attrs",
      "+list in binding",
      "+int in list",
      "-int",
      "+ident in list",
      "b",
      "-ident",
      "-list",
      "-binding",
      "-attrs",
    ]);
  });

  it("leaves out the descendants of a skipped node", () => {
    const names: string[] = [];
    visit(nix`{ a = [ b ]; c = d; }`, { list: () => "skip", ident: ({ node }) => void names.push(node.name) });
    expect(names).toEqual(["d"]);
  });

  it.each(["enter", "leave", "ident"] as const)("ends if `%s` stops it", (stop) => {
    const names: string[] = [];
    const visitB = ({ node }: NodePath): "stop" | undefined => {
      if (node.kind !== "ident") return undefined;
      names.push(node.name);
      return node.name === "b" ? "stop" : undefined;
    };
    visit(nix`[ a b c ]`, { [stop]: visitB });
    expect(names).toEqual(["a", "b"]);
  });

  it("visits the nodes of nodesOf, with their keys", () => {
    fc.assert(
      fc.property(arbitraryExpr({ comments: true }), (expr) => {
        const nodes: Node[] = [];
        visit(expr, {
          enter: (path) => {
            nodes.push(path.node);
            const found = keysOf(path).reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], expr);
            expect(found).toBe(path.node);
          },
        });
        expect(nodes).toEqual(nodesOf(expr));
      }),
    );
  });

  it("visits 20,000 nested calls", () => {
    let count = 0;
    visit(nested(20_000), { call: () => count++ });
    expect(count).toBe(20_000);
  });
});

describe("mapNodes", () => {
  it("returns the same tree if nothing changes", () => {
    fc.assert(
      fc.property(arbitraryExpr({ comments: true }), (expr) => {
        expect(mapNodes(expr, (node) => node)).toBe(expr);
        expect(mapNodes(expr, (node) => ({ ...node }))).toEqual(expr);
      }),
    );
  });

  it("replaces descendants before their parents, and shows the original nodes", () => {
    const tree = nix`[ 1 [ 2 ] 3 ]`;
    const before = structuredClone(tree);
    const sizes: number[] = [];
    const mapped = mapNodes(tree, (node, { node: original }) => {
      if (node.kind === "int") return int(node.value + 1n);
      if (node.kind !== "list" || original.kind !== "list") return node;
      sizes.push(original.items.length);
      return list([...node.items, ...original.items]);
    });
    expect(print(mapped, { width: 100 }).replace(/\s+/g, " ").trim()).toBe("[ 2 [ 3 2 ] 4 1 [ 2 ] 3 ]");
    expect(sizes).toEqual([1, 3]);
    expect(tree).toMatchObject(before);
  });

  it("shares the unchanged parts", () => {
    const tree = nix`{ a = [ 1 ]; b = c; }`;
    const mapped = mapNodes(tree, (node) => (node.kind === "ident" ? ident("d") : node));
    if (tree.kind !== "attrs" || mapped.kind !== "attrs") throw new Error("not a set");
    expect(mapped.bindings[0]).toBe(tree.bindings[0]);
    expect(mapped.bindings[1]).not.toBe(tree.bindings[1]);
  });

  it.each([
    ["expression", (node: Node): Node => (node.kind === "int" ? binding("a", 1) : node)],
    ["binding", (node: Node): Node => (node.kind === "binding" ? int(1) : node)],
  ])("rejects another node in the place of an %s", (_, map) => {
    expect(() => mapNodes(nix`{ a = 1; }`, map)).toThrow(/^a node of kind \w+ cannot replace a node of kind \w+$/);
  });

  it("maps 20,000 nested calls", () => {
    const mapped = mapNodes(nested(20_000), (node) => (node.kind === "ident" ? ident("y") : node));
    expect(nodesOf(mapped).filter((node) => node.kind === "ident" && node.name === "y")).toHaveLength(20_001);
  });
});
