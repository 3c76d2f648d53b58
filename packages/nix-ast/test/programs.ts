/** Random programs that evaluate to integers, for property tests with Nix. */
import fc from "fast-check";
import {
  attrs,
  binary,
  binding,
  call,
  formal,
  formals,
  ident,
  ifElse,
  inherit,
  inheritFrom,
  int,
  lambda,
  letIn,
  recAttrs,
  select,
  withIn,
  type Binding,
  type Expr,
} from "../src/index.js";

/** Few names, so that they shadow each other. */
const name = fc.constantFrom("a", "b", "c", "d");

interface Environment {
  /** Names that have a value. */
  readonly known: readonly string[];
  /** Names that are in scope, also if their own definition is being generated. */
  readonly bound: readonly string[];
}

const bind = ({ known, bound }: Environment, names: readonly string[]): Environment => ({
  known: [...known, ...names],
  bound: [...bound, ...names],
});

/** The environment of a definition in a recursive scope: it uses only the definitions before it. */
const within = ({ known, bound }: Environment, names: readonly string[], before: number): Environment => ({
  known: [...known.filter((one) => !names.includes(one)), ...names.slice(0, before)],
  bound: [...bound, ...names],
});

/** A program of at most this depth. All its variables are defined, and no definition uses itself. */
export const arbitraryProgram = (
  depth: number,
  environment: Environment = { known: [], bound: [] },
): fc.Arbitrary<Expr> => {
  const { known, bound } = environment;
  const leaf = fc.oneof(fc.nat(99).map(int), ...(known.length > 0 ? [fc.constantFrom(...known).map(ident)] : []));
  if (depth === 0) return leaf;
  const inner = (inside = environment): fc.Arbitrary<Expr> => arbitraryProgram(depth - 1, inside);
  const names = fc.uniqueArray(name, { minLength: 1, maxLength: 3 });
  const recursive = (all: readonly string[]): fc.Arbitrary<readonly Binding[]> =>
    fc.tuple(
      ...all.map((one, i) => {
        const value = inner(within(environment, all, i));
        return fc.oneof(
          value.map((expr): Binding => binding(one, expr)),
          value.map((expr): Binding => inheritFrom(attrs({ [one]: expr }), one)),
          ...(known.includes(one) ? [fc.constant<Binding>(inherit(one))] : []),
        );
      }),
    );
  return fc.oneof(
    leaf,
    fc.tuple(inner(), inner()).map(([left, right]) => binary(left, "+", right)),
    fc.tuple(inner(), inner(), inner()).map(([one, yes, no]) => ifElse(binary(one, "<", int(50)), yes, no)),
    fc
      .tuple(name, inner())
      .chain(([one, value]) => inner(bind(environment, [one])).map((body) => call(lambda(one, body), value))),
    names.chain((all) =>
      fc.tuple(recursive(all), inner(bind(environment, all))).map(([bindings, body]) => letIn(bindings, body)),
    ),
    names.chain((all) =>
      fc.tuple(recursive(all), fc.constantFrom(...all)).map(([bindings, one]) => select(recAttrs(bindings), one)),
    ),
    names.chain((all) => {
      const added = all.filter((one) => !bound.includes(one));
      return fc
        .tuple(fc.tuple(...all.map(() => inner())), inner({ known: [...known, ...added], bound }))
        .map(([values, body]) => withIn(attrs(values.map((value, i) => binding(all[i] ?? "a", value))), body));
    }),
    names.chain((all) =>
      fc
        .tuple(inner(), inner(within(environment, all, 0)), inner(bind(environment, all)))
        .map(([value, byDefault, body]) => {
          const [first = "a", ...rest] = all;
          const list = [first, ...rest.map((one) => formal(one, byDefault))];
          const param = formals(list, { as: { name: "whole", side: "after" } });
          return call(lambda(param, binary(body, "+", select(ident("whole"), first))), attrs({ [first]: value }));
        }),
    ),
    fc.tuple(names, inner()).chain(([all, value]) => {
      const inherited = all.filter((one) => known.includes(one));
      const set = attrs([inherit(...inherited), binding("z", value)]);
      return fc.constantFrom("z", ...inherited).map((one) => select(set, one));
    }),
  );
};
