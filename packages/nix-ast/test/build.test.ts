import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  attrs,
  binding,
  blankLine,
  call,
  comment,
  formal,
  formals,
  ident,
  indentedStr,
  int,
  interp,
  isNode,
  lambda,
  list,
  NODE,
  path,
  print,
  searchPath,
  select,
  str,
  toNix,
  ToNixError,
  type Ident,
  type NixInput,
  type ValueBinding,
  parse,
} from "../src/index.js";

describe("constructors", () => {
  it("accept data for expressions", () => {
    const pkgs = ident("pkgs");
    expect(attrs({ enable: true, ports: [22], package: select(pkgs, "zsh") })).toEqual(
      attrs([
        binding("enable", ident("true")),
        binding("ports", list([int(22)])),
        binding("package", select(pkgs, "zsh")),
      ]),
    );
    expect(call(ident("f"), { a: 1 }, [2])).toEqual(
      call(call(ident("f"), attrs([binding("a", int(1))])), list([int(2)])),
    );
  });

  it("join adjacent texts and remove empty texts", () => {
    expect(str("a", "", "b", interp(ident("x")), "")).toEqual(str("ab", interp(ident("x"))));
    expect(str("")).toEqual(str());
    // Two halves of a surrogate pair are one character.
    expect(str("\ud83d", "\ude00")).toEqual(str("😀"));
  });

  it("throw a RangeError for values that Nix cannot represent", () => {
    const refused: [() => unknown, RegExp][] = [
      [() => str("a\0b"), /NUL.*"a\\u0000b"/],
      [() => indentedStr("\ud800"), /surrogate/],
      [() => path("./\0"), /NUL/],
      [() => attrs({ "a\0": 1 }), /NUL.*at \["a\\u0000"\]/],
      [() => binding("\udc00", 1), /surrogate/],
      [() => comment(ident("x"), { before: "\0" }), /NUL/],
      [() => ident("if"), /"if"/],
      [() => ident("or"), /"or"/],
      [() => ident("a b"), /"a b"/],
      [() => ident(""), /""/],
      [() => lambda("1", 1), /"1"/],
      [() => formal("let"), /"let"/],
      [() => formals(["a", "a"]), /duplicate formal "a"/],
      [() => formals(["a"], { as: { name: "a", side: "after" } }), /duplicate formal "a"/],
      [() => formals(["a"], { as: { name: "in", side: "after" } }), /"in"/],
      [() => searchPath("a b"), /"a b"/],
      [() => comment(str("x"), { language: "*/ evil" }), /language/],
      [() => toNix({ a: [NaN] }), /NaN.* at \.a\[0\]/],
    ];
    for (const [make, message] of refused) {
      expect(make).toThrow(RangeError);
      expect(make).toThrow(message);
    }
  });

  it("keep the node type in comment and blankLine", () => {
    expectTypeOf(comment(ident("x"), { before: "y" })).toEqualTypeOf<Ident>();
    expectTypeOf(blankLine(binding("a", 1))).toEqualTypeOf<ValueBinding>();
  });

  it("escape text that would end a comment", () => {
    const hostile = fc.array(
      fc.constantFrom("\n", "\r", "\r\n", "*/", "#", "''", '"', "${", "}", "a", " ", "\u2028", "\u0085"),
    );
    fc.assert(
      fc.property(hostile, hostile, (before, after) => {
        const node = comment(binding("a", 1), { before: before.join(""), after: after.join("") });
        const code = print(attrs([node, binding("b", 2)]))
          .split("\n")
          .map((line) => line.replace(/#[^\n]*/, "").trim())
          .filter((line) => line !== "");
        expect(code).toEqual(["{", "a = 1;", "b = 2;", "}"]);
      }),
    );
  });
});

describe("toNix", () => {
  it("converts exact numbers to integers, and other numbers to floats", () => {
    expect(print(toNix([1, 1.5, -0, 2 ** 53, 10n ** 18n, 1e21]))).toBe(
      "[\n  1\n  1.5\n  0\n  9007199254740992.0\n  1000000000000000000\n  1.0e21\n]\n",
    );
  });

  it("keeps the order of keys and omits undefined properties", () => {
    expect(print(toNix({ b: 1, a: undefined, c: null, aa: true }))).toBe("{\n  b = 1;\n  c = null;\n  aa = true;\n}\n");
  });

  it("distinguishes nodes from data of the same shape", () => {
    expect(print(toNix({ kind: "int", value: 1 }))).toBe('{\n  kind = "int";\n  value = 1;\n}\n');
    expect(print(toNix({ a: JSON.parse(JSON.stringify(ident("x"))) as NixInput }))).toContain('kind = "ident"');
    expect(isNode({ kind: "ident", name: "x" })).toBe(false);
    // Copied nodes and nodes of another copy of this package are nodes too.
    expect(toNix({ ...ident("x") })).toEqual(ident("x"));
    expect(isNode({ [Symbol.for("@microvm-emit/nix-ast/node")]: true, kind: "ident", name: "x" })).toBe(true);
    expect(NODE).toBe(Symbol.for("@microvm-emit/nix-ast/node"));
  });

  it("accepts objects without a prototype and shared data", () => {
    const shared = { x: 1 };
    expect(toNix(Object.setPrototypeOf({ a: shared, b: shared }, null) as unknown)).toEqual(
      toNix({ a: { x: 1 }, b: { x: 1 } }),
    );
  });

  it("converts deep data", () => {
    let data: unknown = 1;
    for (let i = 0; i < 100_000; i++) data = i % 2 === 0 ? [data] : { a: data };
    expect(toNix(data).kind).toBe("attrs");
  });

  it("throws a ToNixError with the path for other values", () => {
    const cycle: Record<string, unknown> = {};
    cycle["a"] = [cycle];
    class Point {
      x = 1;
    }
    const refused: [unknown, (string | number)[], RegExp][] = [
      [undefined, [], /undefined to Nix$/],
      [{ a: [1, undefined] }, ["a", 1], /undefined to Nix at \.a\[1\]/],
      [{ when: new Date() }, ["when"], /class Date/],
      [[new Map()], [0], /class Map/],
      [{ a: { "b c": new Point() } }, ["a", "b c"], /class Point to Nix at \.a\["b c"\]/],
      [{ f: () => 1 }, ["f"], /a function/],
      [{ s: Symbol("s") }, ["s"], /a symbol/],
      [cycle, ["a", 0], /a cycle/],
      [{ a: binding("b", 1) }, ["a"], /kind binding/],
      [[/x/], [0], /class RegExp/],
      // eslint-disable-next-line no-sparse-arrays
      [[1, , 2], [1], /undefined/],
      [new Point(), [], /class Point/],
      [{ a: parse("1") }, ["a"], /an Either/],
    ];
    for (const [value, where, message] of refused) {
      const error = caught(() => toNix(value));
      expect(error).toBeInstanceOf(ToNixError);
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toMatchObject({ path: where, message: expect.stringMatching(message) as string });
    }
  });
});

it("print and attrs reject values that are not nodes", () => {
  for (const value of [{ a: 1 }, [1], "a", parse("1"), undefined]) {
    expect(() => print(value as never)).toThrow(/print expects a node/);
  }
  expect(() => attrs([binding("a", 1), 2] as never)).toThrow(
    "item 2 is not a binding: create it with binding or inherit",
  );
});

const caught = (action: () => unknown): unknown => {
  try {
    return action();
  } catch (error) {
    return error;
  }
};
