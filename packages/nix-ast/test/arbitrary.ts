/** Random expressions of every kind of node, for property tests. */
import fc from "fast-check";
import {
  assertThat,
  attrs,
  binary,
  binding,
  blankLine,
  call,
  comment,
  dynamic,
  float,
  formal,
  formals,
  hasAttr,
  ident,
  ifElse,
  indentedStr,
  inherit,
  inheritFrom,
  int,
  interp,
  lambda,
  letIn,
  list,
  negate,
  not,
  path,
  recAttrs,
  searchPath,
  select,
  selectOr,
  str,
  withIn,
  type AttrName,
  type AttrPath,
  type Binding,
  type Expr,
  type Formals,
  type StringPart,
} from "../src/index.js";
import { nameOf } from "../src/names.js";
import { BINARY } from "../src/operators.js";

const identifier = fc.constantFrom(
  "a",
  "b",
  "f",
  "x'",
  "foo-bar",
  "_",
  "lib",
  "pkgs",
  "config",
  "aVeryLongVariableNameIndeed",
);
const text = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "",
      "a",
      "two words",
      "$",
      "${x}",
      "''",
      "'",
      '"',
      "\\",
      "\n",
      "a\nb\n",
      "  x\n y",
      "or",
      "if",
    ),
  },
  fc.string({ maxLength: 20 }).map((value) => value.replaceAll("\0", "")),
  fc.string({ unit: "binary", maxLength: 8 }).map((value) => value.replaceAll("\0", "")),
);
const operator = fc.constantFrom(...(Object.keys(BINARY) as (keyof typeof BINARY)[]));

const staticText = (expr: Expr): string | undefined =>
  (expr.kind === "str" || expr.kind === "indentedStr") && expr.parts.every((part) => typeof part === "string")
    ? expr.parts.join("")
    : undefined;

/** A set as several definitions that Nix merges: two sets, or paths and a set. */
const divided = (one: Binding, how: number): readonly Binding[] => {
  if (one.kind === "inherit" || one.value.kind !== "attrs" || one.value.recursive) return [one];
  const { path, value } = one;
  const [first, ...rest] = value.bindings;
  if (first === undefined) return [one];
  if (how === 0) return [binding(path, attrs([first])), binding(path, attrs(rest))];
  if (how === 1 && first.kind === "binding") {
    return [binding([...path, ...first.path], first.value), binding(path, attrs(rest))];
  }
  return [one];
};

/** True to add comments and blank lines to nodes, in the places of nixfmt comments. */
export interface ArbitraryOptions {
  readonly comments: boolean;
}

export const arbitraryExpr = ({ comments }: ArbitraryOptions): fc.Arbitrary<Expr> => {
  const noted = <T extends Parameters<typeof comment>[0]>(node: fc.Arbitrary<T>): fc.Arbitrary<T> =>
    comments
      ? fc
          .tuple(
            node,
            fc.option(fc.array(fc.constantFrom("why", "- a", "", "/* b */"), { minLength: 1, maxLength: 2 }), {
              freq: 4,
            }),
            fc.option(fc.constantFrom("after", "a # b"), { freq: 4 }),
            fc.boolean(),
          )
          .map(([one, before, after, blank]) => {
            const commented = comment(one, { ...(before ? { before } : {}), ...(after === null ? {} : { after }) });
            return blank ? blankLine(commented) : commented;
          })
      : node;

  const depthIdentifier = fc.createDepthIdentifier();
  const { expr } = fc.letrec<{ expr: Expr; deep: Expr }>((tie) => {
    const deep = tie("expr");
    const parts = fc.array(fc.oneof<fc.Arbitrary<StringPart>[]>(text, deep.map(interp)), { maxLength: 4 });
    const dynamicName = deep.map(dynamic);
    const attrName: fc.Arbitrary<AttrName> = fc.oneof(
      { weight: 5, arbitrary: identifier },
      { weight: 2, arbitrary: text },
      { weight: 1, arbitrary: dynamicName },
    );
    const attrPath: fc.Arbitrary<AttrPath> = fc
      .tuple(attrName, fc.array(attrName, { maxLength: 3 }))
      .map(([first, rest]) => [first, ...rest]);
    const names = fc.uniqueArray(fc.oneof(identifier, text), { maxLength: 5 });
    /** Bindings without duplicates. Those of one set may be in several definitions, which Nix merges. */
    const bindings = (isLet: boolean): fc.Arbitrary<readonly Binding[]> =>
      fc
        .array(
          fc.oneof(
            { weight: 4, arbitrary: fc.tuple(attrPath, deep).map(([at, value]) => binding(at, value)) },
            { weight: 1, arbitrary: names.map((all) => inherit(...all)) },
            { weight: 1, arbitrary: fc.tuple(deep, names).map(([from, all]) => inheritFrom(from, ...all)) },
          ),
          { maxLength: 4 },
        )
        .map((all) => {
          const seen = new Set<string>();
          const isNew = (name: string): boolean => seen.size < seen.add(name).size;
          return all.flatMap((one): Binding[] => {
            if (one.kind === "inherit") return [{ ...one, names: one.names.filter((name) => isNew(nameOf(name))) }];
            const [first] = one.path;
            const known = typeof first === "object" && first.kind === "dynamicName" ? staticText(first.expr) : first;
            if (typeof known === "string") return isNew(known) ? [one] : [];
            return isLet ? [] : [one];
          });
        })
        .chain((all) => fc.tuple(...all.map((one) => fc.nat(5).map((how) => divided(one, how)))))
        .chain((all) => fc.tuple(...all.flat().map((one) => noted(fc.constant(one)))));
    const params: fc.Arbitrary<Formals> = fc
      .tuple(
        fc.uniqueArray(fc.tuple(identifier, fc.option(deep)), { selector: ([name]) => name, maxLength: 4 }),
        fc.boolean(),
        fc.constantFrom(undefined, "before" as const, "after" as const),
      )
      .chain(([all, ellipsis, side]) =>
        fc
          .tuple(...all.map(([name, value]) => noted(fc.constant(formal(name, value ?? undefined)))))
          .map((list) => formals(list, { ellipsis, ...(side ? { as: { name: "args", side } } : {}) })),
      );
    const leaf: fc.Arbitrary<Expr> = fc.oneof(
      identifier.map(ident),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(int),
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .filter((x) => x === 0 || Math.abs(x) >= 2 ** -1022)
        .map(float),
      text.map((value) => str(value)),
      fc.constantFrom("./a", "../b c", "/x/y", "~/z", "./", "/", "./a/../b").map((value) => path(value)),
      fc.constantFrom("nixpkgs", "nixpkgs/lib").map(searchPath),
    );
    return {
      deep,
      expr: fc.oneof(
        { maxDepth: 4, depthIdentifier, withCrossShrink: true },
        { arbitrary: leaf, weight: 6 },
        parts.map((all) => str(...all)),
        parts.map((all) => indentedStr(...all)),
        fc.tuple(fc.constantFrom("./", "./a", "/", "../x/"), parts).map(([first, all]) => path(first, ...all)),
        fc.array(noted(deep), { maxLength: 4 }).map((items) => list(items)),
        bindings(false).map((all) => attrs(all)),
        bindings(false).map((all) => recAttrs(all)),
        fc.tuple(bindings(true), deep).map(([all, body]) => letIn(all, body)),
        fc.tuple(deep, deep).map(([scope, body]) => withIn(scope, body)),
        fc.tuple(deep, deep).map(([condition, body]) => assertThat(condition, body)),
        fc.tuple(deep, deep, deep).map(([condition, yes, no]) => ifElse(condition, yes, no)),
        fc.tuple(identifier, deep).map(([name, body]) => lambda(name, body)),
        fc.tuple(params, deep).map(([param, body]) => lambda(param, body)),
        fc
          .tuple(deep, fc.array(deep, { minLength: 1, maxLength: 3 }))
          .map(([f, [first = f, ...rest]]) => call(f, first, ...rest)),
        fc.tuple(deep, attrPath).map(([target, at]) => select(target, ...at)),
        fc.tuple(deep, attrPath, deep).map(([target, at, or]) => selectOr(target, at, or)),
        fc.tuple(deep, attrPath).map(([target, at]) => hasAttr(target, ...at)),
        deep.map(not),
        deep.map(negate),
        fc.tuple(deep, operator, deep).map(([left, op, right]) => binary(left, op, right)),
      ),
    };
  });
  return expr;
};
