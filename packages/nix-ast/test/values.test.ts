import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  attrs,
  binary,
  binding,
  call,
  dynamic,
  float,
  hasAttr,
  ident,
  indentedStr,
  inherit,
  inheritFrom,
  int,
  interp,
  lambda,
  letIn,
  list,
  negate,
  path,
  print,
  recAttrs,
  select,
  selectOr,
  str,
  toNix,
  type Expr,
} from "../src/index.js";
import { json } from "./json.js";
import { evaluate, everyNix, nameOf, type Nix } from "./nix.js";

/** Evaluates all expressions in one Nix process. */
const valuesOf = (nix: Nix, exprs: readonly Expr[], width = 100): unknown[] =>
  evaluate(nix, `[\n${exprs.map((expr) => `(${print(expr, { width })})`).join("\n")}\n]`) as unknown[];

/** Expects that each expression evaluates to its value. */
const expectValues = (nix: Nix, cases: readonly (readonly [Expr, unknown])[], width?: number): void => {
  expect(
    valuesOf(
      nix,
      cases.map(([expr]) => expr),
      width,
    ),
  ).toEqual(cases.map(([, value]) => value));
};

const x = ident("x");
/** `let x = "X"; in expr` */
const withX = (expr: Expr): Expr => letIn({ x: "X" }, expr);

/** Texts that are hard to quote: each alone, and all ordered pairs. */
const PIECES = [
  "'",
  "''",
  "'''",
  "$",
  "$$",
  "${",
  "\\",
  '"',
  "{",
  "}",
  "\n",
  "\r",
  "\r\n",
  "\t",
  " ",
  "  ",
  "a",
  "#",
  "/*",
  "é",
  "𝒳",
  "\\n",
];
const TEXTS = ["", ...PIECES, ...PIECES.flatMap((one) => PIECES.map((other) => one + other))];

describe.each(everyNix.map((nix) => [nameOf(nix), nix] as const))("values, evaluated by %s", (_, nix) => {
  it("strings keep all escapes, in both quotes and around an interpolation", () => {
    expectValues(
      nix,
      [str, indentedStr].flatMap((make) =>
        TEXTS.flatMap((text): [Expr, string][] => [
          [make(text), text],
          [withX(make(text, interp(x), text)), `${text}X${text}`],
          [make(`${text}\n  b\n`), `${text}\n  b\n`],
        ]),
      ),
    );
  });

  it("indented strings keep spaces at line starts, at the end and in blank lines", () => {
    const texts = [
      "  a\n  b\n",
      " a\n  b",
      "  a",
      '  "a',
      "\n  a\n",
      "\n\n",
      "\n",
      " \n",
      "\n ",
      "a\n  ",
      "  \n  \n",
      "a\n\n   \nb\n",
      "\ta\n\tb\n",
      "  \ta\n",
      "\n a",
      "   \n a\n",
      "a\r\nb\r\n",
      " ${x}\n",
      " ''\n",
    ];
    expectValues(
      nix,
      texts.flatMap((text): [Expr, unknown][] => [
        [indentedStr(text), text],
        [toNix({ a: { b: [indentedStr(text), 1] } }), { a: { b: [text, 1] } }],
        [withX(indentedStr(text, interp(x), "\n")), `${text}X\n`],
        [withX(indentedStr(interp(x), text)), `X${text}`],
      ]),
    );
  });

  it("attribute names can be keywords and special characters in all places", () => {
    const names = [
      "",
      "a b",
      "a.b",
      "1",
      "-",
      "a-b'",
      "if",
      "then",
      "else",
      "assert",
      "with",
      "let",
      "in",
      "rec",
    ].concat(["inherit", "or", "true", "null", "${x}", "$", '"', "\\", "\n", "\r", "é", "__toString'", "_", "x${"]);
    expectValues(
      nix,
      names.flatMap((name): [Expr, unknown][] => [
        [attrs({ [name]: 1 }), { [name]: 1 }],
        [recAttrs([binding([name, "b"], 1), binding([name, "c"], 2)]), { [name]: { b: 1, c: 2 } }],
        [select({ [name]: 1 }, name), 1],
        [select({ a: { [name]: 1 } }, "a", name), 1],
        [selectOr({}, name, 2), 2],
        [hasAttr({ [name]: 1 }, name), true],
        [hasAttr({}, "a", name), false],
        [attrs([inheritFrom({ [name]: 1 }, name)]), { [name]: 1 }],
        [letIn([binding(name, 1)], attrs([inherit(name)])), { [name]: 1 }],
        [attrs([binding(dynamic(str(name)), 1)]), { [name]: 1 }],
        [select({ [name]: 1 }, dynamic(str(name))), 1],
      ]),
    );
  });

  it("negative numbers can be list items, arguments, defaults and operands", () => {
    const add = lambda("a", lambda("b", binary(ident("a"), "+", ident("b"))));
    expectValues(nix, [
      [list([-1, -1.5, 1]), [-1, -1.5, 1]],
      [call(add, -1, -2), -3],
      [selectOr({}, "a", -1), -1],
      [binary(-1, "-", -2), 1],
      [binary(binary(3, "-", -2), "-", binary(-1, "-", 5)), 11],
      [negate(-1), 1],
      [negate(negate(5)), 5],
      [binary(-1, "*", -2.5), 2.5],
      [binary(list([-1]), "++", [-2]), [-1, -2]],
      [toNix({ a: -1 }), { a: -1 }],
      [call(select(ident("builtins"), "toJSON"), -0.5), "-0.5"],
    ]);
  });

  it("integers can have 64 bits", () => {
    const text = (value: bigint): Expr => call(select(ident("builtins"), "toString"), int(value));
    const values = [0n, 1n, -1n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n), -(2n ** 63n) + 1n];
    expectValues(
      nix,
      values.map((value) => [text(value), String(value)]),
    );
    expect(() => int(2n ** 63n)).toThrow(RangeError);
    expect(() => int(-(2n ** 63n) - 1n)).toThrow(RangeError);
    expect(() => int(2 ** 53)).toThrow(RangeError);
    expect(() => int(1.5)).toThrow(RangeError);
  });

  it("floats are parsed to the same double", () => {
    // Nix prints few digits, so Nix compares the float with the JSON number, the shortest text of the double.
    const values = [1, 2, 0.5, 1e21, 1e-7, 1.5e300, 2 ** -1022, Number.MAX_VALUE, 0.1, 1 / 3, 123456789012345680000];
    const builtin = (name: string, value: Expr): Expr => call(select(ident("builtins"), name), value);
    expectValues(
      nix,
      values
        .flatMap((value) => [value, -value])
        .flatMap((value): [Expr, unknown][] => [
          [binary(float(value), "==", builtin("fromJSON", str(JSON.stringify(value)))), true],
          [builtin("typeOf", float(value)), "float"],
        ]),
    );
    expectValues(nix, [[call(select(ident("builtins"), "toString"), float(-0)), "-0.000000"]]);
    for (const value of [NaN, Infinity, -Infinity, 5e-324, -1e-310]) expect(() => float(value)).toThrow(RangeError);
  });

  it("paths can contain characters that path literals cannot", () => {
    const names = ["a", "a b", "#", "${", "a~", "é", "@", "a'b", '"', "a:b", "=", "..a", "a.b-c_d+e"];
    const text = (expr: Expr): Expr => call(ident("toString"), expr);
    expectValues(
      nix,
      names.flatMap((name): [Expr, unknown][] => [
        [text(path(`/${name}`)), `/${name}`],
        [text(path(`/x/${name}/y`)), `/x/${name}/y`],
        [withX(text(path(`/x/${name}`, interp(x), name, "/", interp(x)))), `/x/${name}X${name}/X`],
        [binary(text(path(`./${name}`)), "==", binary(text(path("./.")), "+", `/${name}`)), true],
        [binary(text(path(`../${name}/x`)), "==", binary(text(path("..")), "+", `/${name}/x`)), true],
        [binary(text(path(name)), "==", text(path(`./${name}`))), true],
        [
          binary(
            text(path(`~/${name}`)),
            "==",
            binary(call(select(ident("builtins"), "getEnv"), "HOME"), "+", `/${name}`),
          ),
          true,
        ],
      ]),
    );
    expectValues(nix, [
      [text(path("/")), "/"],
      [text(path("/a/")), "/a"],
      [text(path("/a//b")), "/a/b"],
      [text(path("/a/../b")), "/b"],
      [withX(text(path("/a/", interp(x), "/"))), "/a/X"],
      [list([path("/a"), path("/b")].map(text)), ["/a", "/b"]],
      [binary(text(binary(path("~"), "+", "")), "==", call(select(ident("builtins"), "getEnv"), "HOME")), true],
    ]);
  });

  it("lists can contain calls, functions, selections and operations", () => {
    const f = lambda("a", ident("a"));
    expectValues(nix, [
      [list([call(f, 1), call(f, call(f, 2))]), [1, 2]],
      [call(select(ident("builtins"), "length"), list([f, f, lambda("a", lambda("b", 1))])), 3],
      [list([select({ a: 1 }, "a"), selectOr({}, "a", 2), binary(1, "+", 2)]), [1, 2, 3]],
      [list([list([]), attrs({}), str("")]), [[], {}, ""]],
    ]);
  });

  it("toNix converts any JSON", () => {
    const cases = fc.sample(json, { numRuns: 400, seed: SEED });
    // Nix compares the floats with the JSON numbers.
    expectSame(nix, cases, 100);
    expectSame(nix, cases, 20);
  });

  it("strings can contain any text, in both quotes", () => {
    const piece = fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: "binary", maxLength: 3 }));
    const text = fc
      .array(piece, { maxLength: 12 })
      .map((pieces) => pieces.join(""))
      .filter((one) => !/[\0\p{Surrogate}]/u.test(one));
    const cases = fc.sample(fc.tuple(text, text), { numRuns: 2000, seed: SEED });
    expectValues(
      nix,
      cases.flatMap(([one, other]): [Expr, string][] => [
        [withX(str(one, interp(x), other)), `${one}X${other}`],
        [withX(indentedStr(one, interp(x), other)), `${one}X${other}`],
        [indentedStr(one), one],
      ]),
    );
  });
});

const SEED = Number(process.env["FC_SEED"] ?? Date.now());
console.info(`values.test.ts: FC_SEED=${String(SEED)}`);

/** Expects that the printed value equals the result of `fromJSON` in Nix. */
const expectSame = (nix: Nix, values: readonly unknown[], width: number): void => {
  const fromJson = (value: unknown): Expr => call(select(ident("builtins"), "fromJSON"), JSON.stringify(value));
  const same = valuesOf(
    nix,
    values.map((value) => binary(toNix(value), "==", fromJson(value))),
    width,
  );
  expect(values.filter((__, i) => same[i] !== true)).toEqual([]);
};
