import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameMeaning } from "../../src/edit/compare.js";
import { editFile, insertBefore, removeNode, replaceNode, type FileEdit } from "../../src/edit/edit.js";
import { binary, binding, call, ident, inherit, lambda, nix, nodesOf, parse, print } from "../../src/index.js";
import type { Expr, Node } from "../../src/index.js";
import { arbitraryExpr } from "../arbitrary.js";
import { done, errorOf, open } from "./open.js";

const find = (root: Expr, test: (node: Node) => boolean): Node => {
  const found = nodesOf(root).find(test);
  if (found === undefined) throw new Error("no such node");
  return found;
};
const expression = arbitraryExpr({ comments: false });
const named = (name: string) => (node: Node) => node.kind === "ident" && node.name === name;

const replaced = (text: string, by: Expr): string => {
  const file = open(text);
  return done(replaceNode(file, find(file.expr, named("x")), by)).text;
};

describe("replaceNode", () => {
  const sum = binary(ident("a"), "+", ident("b"));
  it.each<readonly [string, string, Expr, string]>([
    ["in an item", "[ x # c\n]", call(ident("f"), 1), "[ (f 1) # c\n]"],
    ["in a value", "{ a = x; }", sum, "{ a = a + b; }"],
    ["in a factor", "x * c", sum, "(a + b) * c"],
    ["in a summand", "x + c", sum, "a + b + c"],
    ["on the right", "c - x", sum, "c - (a + b)"],
    ["with parentheses of the source", "c - (x)", ident("y"), "c - y"],
    ["before a dot", "x.y", call(ident("f"), 1), "(f 1).y"],
    ["as an argument", "f x", lambda("y", 1), "f (y: 1)"],
    ["in the source of an inherit", "{ inherit (x) a; }", sum, "{ inherit (a + b) a; }"],
    ["after a minus sign", "-x", nix`./p`, "-(./p)"],
  ])("%s", (_, text, by, expected) => {
    expect(replaced(text, by)).toBe(expected);
  });

  it("gives the place exactly the new expression", () => {
    fc.assert(
      fc.property(expression, expression, fc.nat(), (tree, by, at) => {
        const text = print(tree);
        const parsed = parse(text);
        if (parsed._tag === "Left") return;
        const file = { text, expr: parsed.right };
        const nodes = nodesOf(file.expr);
        const node = nodes[at % nodes.length] as Node;
        const edited = replaceNode(file, node, by);
        if (edited._tag === "Left") {
          expect(["invalid", "unsafe"]).toContain(edited.left.kind);
          return;
        }
        const wanted = parse(print(by));
        const start = nodesOf(edited.right.expr).filter(
          ({ kind }) => wanted._tag === "Right" && kind === wanted.right.kind,
        );
        expect(wanted._tag === "Right" && start.some((one) => sameMeaning(one, wanted.right))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("refuses a node of another file, and a node that is no expression", () => {
    const file = open("{ a = x; }");
    expect(errorOf(replaceNode(file, ident("x"), 1)).kind).toBe("invalid");
    expect(
      errorOf(
        replaceNode(
          file,
          find(file.expr, ({ kind }) => kind === "binding"),
          1,
        ),
      ).kind,
    ).toBe("invalid");
  });
});

describe("insertBefore and removeNode", () => {
  const text = "{\n  # about a\n  a = 1; # one\n\n  b = [ x y ];\n}\n";

  it("insertBefore puts a binding above the comments of the next one", () => {
    const file = open(text);
    const first = find(file.expr, ({ kind }) => kind === "binding");
    const edited = done(insertBefore(file, first, binding("new", { c: 1 })));
    expect(edited.text).toBe(`{\n  new = {\n    c = 1;\n  };\n${text.slice(2)}`);
    const added = find(edited.expr, ({ kind }) => kind === "binding");
    expect(done(removeNode(edited, added)).text).toBe(text);
    expect(done(insertBefore(file, first, inherit("z"))).text).toBe(`{\n  inherit z;\n${text.slice(2)}`);
  });

  it("insertBefore puts an item before another, and removeNode removes it", () => {
    const file = open(text);
    const edited = done(insertBefore(file, find(file.expr, named("y")), call(ident("f"), 1)));
    expect(edited.text).toContain("b = [ x (f 1) y ];");
    expect(
      done(
        removeNode(
          edited,
          find(edited.expr, ({ kind }) => kind === "call"),
        ),
      ).text,
    ).toBe(text);
  });

  it("fails for an item in a set and a binding in a list", () => {
    const file = open(text);
    expect(
      errorOf(
        insertBefore(
          file,
          find(file.expr, ({ kind }) => kind === "binding"),
          1,
        ),
      ).kind,
    ).toBe("invalid");
    expect(errorOf(insertBefore(file, find(file.expr, named("x")), binding("a", 1))).kind).toBe("invalid");
    expect(
      errorOf(
        removeNode(
          file,
          find(file.expr, ({ kind }) => kind === "int"),
        ),
      ).kind,
    ).toBe("invalid");
  });
});

describe("editFile", () => {
  const file = open("{ a = x; b = [ x (x) ]; }");
  const uses = nodesOf(file.expr).filter(named("x"));

  it("makes all changes in one step", () => {
    const edits: readonly FileEdit[] = [
      ...uses.map((node) => ({ replace: node, by: nix`f 1` })),
      { start: 20, end: 20, text: " 3" },
      { start: 0, end: 0, text: "# generated\n" },
    ];
    expect(done(editFile(file, edits)).text).toBe("# generated\n{ a = f 1; b = [ (f 1) (f 1) 3 ]; }");
  });

  it("fails when changes overlap, and when text changes other code", () => {
    const [first] = uses;
    expect(
      errorOf(
        editFile(file, [
          { replace: first as Node, by: 1 },
          { start: 0, end: 9, text: "" },
        ]),
      ).kind,
    ).toBe("invalid");
    expect(errorOf(editFile(file, [{ start: 9, end: 9, text: ";" }])).kind).toBe("unsafe");
    expect(errorOf(editFile(file, [{ start: 16, end: 16, text: "1 ]; c = [ " }])).kind).toBe("unsafe");
  });
});
