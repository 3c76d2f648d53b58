import { describe, expect, it } from "vitest";
import {
  appendItem,
  getAttr,
  insertAttr,
  removeAttr,
  setAttr,
  type Edited,
  type NixFile,
} from "../../src/edit/edit.js";
import { call, comment, ident, int, lambda, print } from "../../src/index.js";
import { done, errorOf, open } from "./open.js";

const read = (text: string, ...path: readonly string[]): string | undefined => {
  const value = getAttr(open(text), path);
  return value && print(value).trimEnd();
};

describe("getAttr", () => {
  it.each<readonly [string, string]>([
    ["a path", "{ a.b.c = 1; }"],
    ["a set in a path", "{ a.b = { c = 1; }; }"],
    ["a path in a set", "{ a = { b.c = 1; }; }"],
    ["a set merged with paths", "{ a.b = { x = 2; }; a.b.c = 1; }"],
    ["quoted names", '{ "a".${"b"}."c" = 1; }'],
    ["recursive sets", "rec { a = rec { b = { c = 1; }; }; }"],
    ["parentheses", "({ a = (({ b.c = 1; })); })"],
    ["a module", "{ config, ... }: { a.b.c = 1; }"],
    [
      "code around the set",
      "{ x, y }@all: z: let q = 1; in with x; assert y; { a = w: { b = let v = 1; in { c = 1; }; }; }",
    ],
  ])("finds an attribute in %s", (_, text) => {
    expect(read(text, "a", "b", "c")).toBe("1");
  });

  it("combines several definitions to one set", () => {
    const text = "{ a.b = 1; x = 2; a = { c = 3; }; a.d.e = 4; a.d.f = 5; }";
    expect(read(text, "a")).toBe("{\n  b = 1;\n  c = 3;\n  d.e = 4;\n  d.f = 5;\n}");
    expect(read(text, "a", "d")).toBe("{\n  e = 4;\n  f = 5;\n}");
  });

  it("returns a variable or selection for an inherited attribute", () => {
    expect(read("{ inherit a; }", "a")).toBe("a");
    expect(read('{ x = { inherit (f 1) y "a b"; }; }', "x", "a b")).toBe('(f 1)."a b"');
  });

  it("returns undefined when no literal set has the attribute", () => {
    expect(read("{ a = 1; }", "b")).toBeUndefined();
    expect(read("{ a = f { b = 1; }; }", "a", "b")).toBeUndefined();
    expect(read("{ inherit a; }", "a", "b")).toBeUndefined();
    expect(read("{ ${a} = 1; }", "a")).toBeUndefined();
    expect(read("f { a = 1; }", "a")).toBeUndefined();
    expect(read("let { a = 1; body = a; }", "a")).toBeUndefined();
    expect(read("x: { a = 1; }")).toBe("{ a = 1; }");
  });

  it("treats a quoted name with dots as one name", () => {
    expect(read('{ "a.b" = 1; a.b = 2; }', "a.b")).toBe("1");
    expect(read('{ "a.b" = 1; a.b = 2; }', "a", "b")).toBe("2");
  });
});

type Case = readonly [title: string, before: string, edit: (file: NixFile) => Edited, after: string];

const expectEdits = (cases: readonly Case[]): void => {
  it.each(cases)("%s", (_, before, edit, after) => {
    expect(done(edit(open(before))).text).toBe(after);
  });
};

const set =
  (path: string, value: Parameters<typeof setAttr>[2]) =>
  (file: NixFile): Edited =>
    setAttr(file, path.split("."), value);
const remove =
  (path: string) =>
  (file: NixFile): Edited =>
    removeAttr(file, path.split("."));
const append =
  (item: Parameters<typeof appendItem>[2]) =>
  (file: NixFile): Edited =>
    appendItem(file, ["a"], item);

describe("setAttr replaces", () => {
  expectEdits([
    [
      "the value alone",
      "{\n  # above\n  a   =  1  ; # after\n}",
      set("a", 2),
      "{\n  # above\n  a   =  2  ; # after\n}",
    ],
    ["within parentheses", "{ a = ({ b=(1); }); }", set("a.b", 2), "{ a = ({ b=2; }); }"],
    ["a value on its own line", "{\n  a =\n    1;\n}", set("a", 2), "{\n  a =\n    2;\n}"],
    [
      "one line with several",
      "{\n  a =\n    f 1;\n}",
      set("a", [1, "x", { b: 1 }]),
      '{\n  a = [\n    1\n    "x"\n    { b = 1; }\n  ];\n}',
    ],
    [
      "after a comment",
      "{\n  a = # why =\n    1;\n}",
      set("a", { b: 1, c: 2 }),
      "{\n  a = # why =\n    {\n      b = 1;\n      c = 2;\n    };\n}",
    ],
    [
      "a set with a value",
      "{\n  a.b = 1; # b\n  x = 1;\n  # c\n  a.c = 2;\n}\n",
      set("a", 3),
      "{\n  a = 3; # b\n  x = 1;\n}\n",
    ],
    ["a merged set", "{\n  a.b.x = 1;\n  a.b = { y = 1; };\n}\n", set("a.b", 3), "{\n  a.b = 3;\n}\n"],
    ["a prefix of a path", '{ "a".b.c.d = 1; }', set("a.b", 3), '{ "a".b = 3; }'],
    [
      "with a comment",
      "{\n  a = 1; # old\n}",
      set("a", comment(int(2), { after: "new" })),
      "{\n  a =\n    # new\n    2; # old\n}",
    ],
    [
      "in a file of tabs and CRLF",
      "{\r\n\ta = {\r\n\t\tb = 1;\r\n\t};\r\n}",
      set("a.b", { c: { d: 1, e: 2 } }),
      "{\r\n\ta = {\r\n\t\tb = {\r\n\t\t\tc = {\r\n\t\t\t\td = 1;\r\n\t\t\t\te = 2;\r\n\t\t\t};\r\n\t\t};\r\n\t};\r\n}",
    ],
  ]);
});

describe("setAttr inserts", () => {
  expectEdits([
    ["at the end", "{\n  a = 1; # a\n  # end\n}\n", set("b", 2), "{\n  a = 1; # a\n  b = 2;\n  # end\n}\n"],
    ["in a line", "{ a = 1; }", set("b", 2), "{ a = 1; b = 2; }"],
    ["in an empty set", "{ x = {}; }", set("x.y", 1), "{ x = {\n  y = 1;\n}; }"],
    ["below a comment", "{\n  # nothing yet\n}", set("x", 1), "{\n  # nothing yet\n\n  x = 1;\n}"],
    [
      "next to attributes with the same prefix",
      "{\n  a.b = 1;\n  a.c.d = 1;\n  x = 1;\n}",
      set("a.c.e", 2),
      "{\n  a.b = 1;\n  a.c.d = 1;\n  a.c.e = 2;\n  x = 1;\n}",
    ],
    [
      "in the innermost set",
      "{\n  a.b = 1;\n  a.c = {\n    d = 1;\n  };\n}",
      set("a.c.e.f", 2),
      "{\n  a.b = 1;\n  a.c = {\n    d = 1;\n    e.f = 2;\n  };\n}",
    ],
    [
      "a value that is too long for a line",
      "{ a = 1; /* a */ b = 2; }",
      set("c", "x".repeat(90)),
      `{\n  a = 1; /* a */\n  b = 2;\n  c = "${"x".repeat(90)}";\n}`,
    ],
    [
      "with blank lines as between the others",
      "{\n  a = {\n    b = 1;\n  };\n\n  c = {\n    d = 1;\n  };\n}",
      set("e", { f: 1, g: 2 }),
      "{\n  a = {\n    b = 1;\n  };\n\n  c = {\n    d = 1;\n  };\n\n  e = {\n    f = 1;\n    g = 2;\n  };\n}",
    ],
  ]);
});

describe("removeAttr removes", () => {
  expectEdits([
    [
      "an attribute with its comments",
      "{\n  # of x\n\n  # of a\n  /* more\n  of a */\n  a = 1; # a\n  b = 2;\n}",
      remove("a"),
      "{\n  # of x\n\n  b = 2;\n}",
    ],
    [
      "an attribute without the comment of the one before",
      "{\n  x = 1; # x\n  a = 1;\n}",
      remove("a"),
      "{\n  x = 1; # x\n}",
    ],
    [
      "an attribute without the comment of the one after",
      "{ a = 1; /* b */ b = 2; }",
      remove("a"),
      "{ /* b */ b = 2; }",
    ],
    ["one of a line", "{ a = 1; b = 2; }", remove("a"), "{ b = 2; }"],
    ["the last of a line", "{ b = 2; a = 1; }", remove("a"), "{ b = 2; }"],
    ["the only one", "{\n  a = {\n    b = 1;\n  };\n}", remove("a.b"), "{\n  a = { };\n}"],
    ["a path", "{\n  a.b = 1;\n\n  c = 1;\n}", remove("a.b"), "{\n  c = 1;\n}"],
    ["all pieces", "{\n  a.b = 1;\n  c = 1;\n\n  a.d = 1;\n}", remove("a"), "{\n  c = 1;\n}"],
    ["one blank line of two", "{\n  b = 1;\n\n  a = 1;\n\n  c = 1;\n}", remove("a"), "{\n  b = 1;\n\n  c = 1;\n}"],
    ["an inherited name", "{ inherit (x) b a c; inherit d; }", remove("a"), "{ inherit (x) b c; inherit d; }"],
    [
      "an inherited name on its line",
      "{\n  inherit\n    b\n    a # a\n    ;\n}",
      remove("a"),
      "{\n  inherit\n    b\n    ;\n}",
    ],
    ["an inherited name alone", "{\n  inherit (x) a;\n  b = 1;\n}", remove("a"), "{\n  b = 1;\n}"],
  ]);
});

describe("appendItem adds", () => {
  expectEdits([
    ["to an empty list", "{ a = []; }", append(1), "{ a = [ 1 ]; }"],
    ["to a line", "{ a = [ 1 (2) ]; }", append(call(ident("f"), 1)), "{ a = [ 1 (2) (f 1) ]; }"],
    ["to a line without spaces", "{ a = [1 2]; }", append(3), "{ a = [1 2 3]; }"],
    [
      "to lines",
      "{\n  a = [\n    1 # one\n    # two\n  ];\n}",
      append({ b: 1, c: 2 }),
      "{\n  a = [\n    1 # one\n    {\n      b = 1;\n      c = 2;\n    }\n    # two\n  ];\n}",
    ],
    [
      "lines to a line",
      "{\n  a = [ 1 2 ];\n}",
      append({ b: 1, c: 2 }),
      "{\n  a = [\n    1\n    2\n    {\n      b = 1;\n      c = 2;\n    }\n  ];\n}",
    ],
    ["to a list of comments", "{\n  a = [\n    # one\n  ];\n}", append(1), "{\n  a = [\n    # one\n\n    1\n  ];\n}"],
    ["within `with`", "{ a = with pkgs; [ vim ]; }", append(ident("git")), "{ a = with pkgs; [ vim git ]; }"],
    ["within parentheses", "{ a = ([ 1 ]); }", append(2), "{ a = ([ 1 2 ]); }"],
    ["to the last of lists", "{ a = [ 1 ] ++ b ++ [ 2 ]; }", append(3), "{ a = [ 1 ] ++ b ++ [ 2 3 ]; }"],
    [
      "before an operand that is not a list",
      "{ a = [ 1 ] ++ lib.optionals b [ 2 ]; }",
      append(3),
      "{ a = [ 1 3 ] ++ lib.optionals b [ 2 ]; }",
    ],
    [
      "to items that share lines",
      "{\n  a = [ 1 2\n        3 4 ];\n}",
      append(5),
      "{\n  a = [ 1 2\n        3 4 5 ];\n}",
    ],
    [
      "to an item on the line of the bracket",
      "{\n  a = [ {\n    b = 1;\n  } ];\n}",
      append({ b: 2, c: 3 }),
      "{\n  a = [ {\n    b = 1;\n  } {\n    b = 2;\n    c = 3;\n  } ];\n}",
    ],
    ["a function", "{ a = [ ]; }", append(lambda("x", ident("x"))), "{ a = [ (x: x) ]; }"],
  ]);

  it("to the list that is the file", () => {
    expect(done(appendItem(open("[\n  ./a.nix\n]\n"), [], 1)).text).toBe("[\n  ./a.nix\n  1\n]\n");
  });
});

describe("edits fail", () => {
  it.each<readonly [string, string, (file: NixFile) => Edited, string | undefined]>([
    ["inherited", "{ inherit (x) a; }", set("a", 1), "inherit (x) a;"],
    ["inherited", "{ inherit a; }", set("a.b", 1), "inherit a;"],
    ["notASet", "{ a = f { }; }", set("a.b", 1), "f { }"],
    ["notASet", "{ a = (f { }); }", remove("a.b"), undefined],
    ["notASet", "[ ]", set("a", 1), "[ ]"],
    ["defined", "{ a.b = 1; }", (file) => insertAttr(file, ["a"], 1), "a.b = 1;"],
    ["missing", "{ a.b = 1; }", remove("a.c"), undefined],
    ["missing", "{ }", append(1), undefined],
    ["notAList", "{ a = lib.optionals b [ ]; }", append(1), "lib.optionals b [ ]"],
    ["invalid", "{ }", (file) => setAttr(file, [], 1), undefined],
    ["captured", "x: rec { a = x; }", set("x", 1), "x"],
    ["captured", "x: rec { a = with y; x; }", set("x", 1), "x"],
    ["captured", "x: rec { a = x; x = 1; }", remove("x"), "x"],
    ["captured", "{ a = rec { y = x; }; a.x = 1; }", remove("a.x"), undefined],
    ["captured", "{ a = rec { y = x; }; a.x.z = 1; }", remove("a.x.z"), undefined],
    ["captured", "x: rec { a = { inherit x; }; }", set("x.y", 1), "inherit x;"],
  ])("with %s: %s", (kind, text, edit, at) => {
    const error = errorOf(edit(open(text)));
    expect(error.kind).toBe(kind);
    expect(error.message).toMatch(/^.{20,}[^.]$/);
    if (at !== undefined) expect(text.slice(error.range?.start, error.range?.end)).toBe(at);
  });

  it("only if no inner scope defines the name", () => {
    const text = "rec { a = x: x; b = let x = 1; in x; c = { x }: x; d = rec { x = 1; y = x; }; e = z.x; }";
    expect(getAttr(done(setAttr(open(text), ["x"], 2)), ["x"])).toMatchObject({ value: 2n });
    expect(done(setAttr(open("{ a = x; }"), ["x"], 2)).text).toBe("{ a = x; x = 2; }");
  });
});

describe("a computed name", () => {
  it.each([
    ["{ d.${s}.default = 2; }", ["d", "x", "default"]],
    ["{ d = { ${s} = 2; }; }", ["d", "x"]],
    ["{ ${s} = 2; }", ["x"]],
  ])("blocks setAttr when it may be the same name: %s", (text, path) => {
    const error = errorOf(setAttr(open(text), path, 1));
    expect(error).toMatchObject({ kind: "ambiguous", message: expect.stringContaining(path.join(".")) as string });
  });

  it("does not block setAttr of a different path", () => {
    expect(done(setAttr(open("{ d.${s} = 2; }"), ["e"], 1)).text).toContain("e = 1;");
  });
});
