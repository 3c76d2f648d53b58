import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  call,
  formals,
  ident,
  inherit,
  inheritFrom,
  lambda,
  list,
  mapNodes,
  nodesOf,
  parse,
  print,
  showParseError,
  type Binding,
  type Expr,
  type Node,
} from "../src/index.js";
import { isIdentifier, nameOf } from "../src/names.js";
import { freeVariables, rename, scopesOf, unusedBindings, type Variable } from "../src/scopes/scopes.js";
import { arbitraryExpr } from "./arbitrary.js";
import { arbitraryProgram } from "./programs.js";
import { meaning } from "./meaning.js";
import { accepted, evaluate, everyNix, nameOf as nameOfNix, nixWithPipes } from "./nix.js";

const read = (text: string): Expr => {
  const parsed = parse(text);
  if (parsed._tag === "Left") throw new Error(showParseError(parsed.left));
  return parsed.right;
};

const unused = (text: string): string =>
  unusedBindings(read(text))
    .map(({ name }) => name)
    .join(" ");

describe("unusedBindings follows deadnix", () => {
  it.each([
    // The tests of deadnix.
    ["let alive = 23; in alive", ""],
    ["let alive = 23; in if true then 42 else { ... }: alive", ""],
    ["let dead = 23; in false", "dead"],
    ["let dead1 = 23; dead2 = 5; dead3 = 42; in false", "dead1 dead2 dead3"],
    ["let dead1 = dead2; dead2 = dead3; dead3 = 42; in false", "dead1 dead2 dead3"],
    ["let dead = dead; in false", "dead"],
    ["let dead = true; in let dead = false; in dead", "dead"],
    ["let alive = {}; inherit (alive) key; in key", ""],
    ["let inherit (alive) dead; in alive", "dead"],
    ["let inherit (grave) dead1 dead2 dead3; in false", "dead1 dead2 dead3"],
    ["let inherit (grave) dead1; inherit (dead1) dead2; inherit (dead2) dead3; in false", "dead1 dead2 dead3"],
    ["let inherit (dead) x; in let inherit (alive) x; in x", "x"],
    ["alive: alive", ""],
    ["_unused: alive", ""],
    ["dead: false", "dead"],
    ["dead: dead: dead", "dead"],
    ["alive@{ ... }: alive", ""],
    ["alive@{ x ? alive, ... }: x", ""],
    ["dead@{ ... }: false", "dead"],
    ["dead@{ ... }: dead@{ ... }: dead", "dead"],
    ["{ alive, ... }: alive", ""],
    ["alive@{ dead, ... }: alive", "dead"],
    ["{ dead }: false", "dead"],
    ["{ dead }@args: args", "dead"],
    ["{ dead, ... }: { dead, ... }: dead", "dead"],
    ["let dead1 = dead2; dead2 = {}; in false", "dead1 dead2"],
    ["let dead = false; in rec { dead = true; alive = dead; }", "dead"],
    ["let alive = true; in let inherit alive; in alive", ""],
    ["let alive = true; in rec { inherit alive; }", ""],
    ["# deadnix: skip\nlet dead = 0; in alive", "dead"],
    ["let\n  # deadnix: skip\n  dead1 = 0;\n  dead2 = 1;\nin alive", "dead2"],
    ["let\n  # deadnix: skip\n  inherit dead1;\n  inherit dead2;\nin alive", "dead2"],
    ["let\n  # deadnix: skip\n  inherit dead1 dead2;\nin alive", ""],
    ["let\n shadowed = 0;\nin let\n  # deadnix: skip\n  shadowed = 1;\nin shadowed", "shadowed"],
    ["let src = {}; dead = src.dead; alive = src.alive; in alive", "dead"],
    ["let src = {}; inherit (src) dead alive; in alive", "dead"],
    ["let src = {}; inherit (get src) dead; in alive", "src dead"],
    ["let get = x: x; src = {}; inherit (get src) dead alive; in alive", "dead"],
    ["let foo.alive = true; foo.dead = false; in foo.alive", ""],
    ['let alive = "foo"; attrset.${alive} = 23; in attrset', ""],
    ["let dead = 42; in { dead = 23; }", "dead"],
    ['let alive = "foo"; in { ${alive} = 5; }', ""],
    ['let dead = 42; alive = "foo"; in { dead.x = 42; dead.${alive}.dead = 5; }', "dead"],
    ['{ config, ... }: "${config.bar}"', ""],
    ['{ config, ... }: { "${config.bar}" = 42; }', ""],
    ["{ bar, foo }: { baz = [ bar.foo ]; }", "foo"],
    // Beyond deadnix: circles, uses by unused code, code inside of unused code.
    ["let a = b; b = a; in 1", "a b"],
    ["let a = 1; in let b = a; in 2", "a b"],
    ["let b = let a = 1; in a; in 2", "b"],
    ["let b = let a = 1; c = 2; in a; in 2", "b c"],
    ["let b = x: let a = x; in y: a; in 2", "b y"],
    ["{ a ? b, b }: 1", "a b"],
    ["{ a ? b, b }: a", ""],
    ["let _a = b; b = 1; in 2", ""],
    ["let { a = 1; b = 2; body = a; }", "b"],
    ["let a = 1; in with { a = 2; }; a", ""],
    ["let a = 1; in with { b = 2; }; b", "a"],
    ['let "a b" = 1; c = 2; in { inherit "a b"; }', "c"],
    ["let x = 5; in { a = rec { x = 1; }; a.y = x; }", "x"],
    ["let x = 5; in { a.y = x; a = rec { x = 1; }; }", ""],
    ["x: { a = rec { b = 1; }; a = { inherit x; }; }", ""],
  ])("%s: %s", (text, names) => {
    expect(unused(text)).toBe(names);
  });
});

const kinds = (text: string): string =>
  scopesOf(read(text))
    .references.map((one) => `${one.name}:${one.kind === "variable" ? one.variable.scope.node.kind : one.kind}`)
    .join(" ");

describe("scopesOf resolves", () => {
  it.each([
    ["a", "a:free"],
    ["true", "true:global"],
    ["with { }; a", "a:with"],
    ["with { }; map", "map:global"],
    ["x: with { }; x", "x:lambda"],
    ["with x; y: x y", "x:free x:with y:lambda"],
    ["let a = a; in a", "a:let a:let"],
    ["{ a = 1; b = a; }", "a:free"],
    ["rec { a = 1; b = a; }", "a:attrs"],
    ["rec { inherit a; b = a; }", "a:free a:attrs"],
    ["rec { inherit (a) a; }", "a:attrs"],
    ['rec { a = "b"; ${a} = a; }', "a:attrs a:attrs"],
    ["{ a, b ? a }@c: c b", "a:lambda c:lambda b:lambda"],
    ["let { a = 1; body = a; }", "a:legacyLet"],
    ["let map = 1; in map", "map:let"],
    ["x.y.${z} or w", "x:free z:free w:free"],
    ["__curPos", "__curPos:global"],
    ["x: { a.b = rec { x = 1; }; a.b.y = x; }", "x:attrs"],
    ["x: { a.b = rec { x = 1; }; a = { b.y = x; }; }", "x:attrs"],
    ["x: { a.${c}.b = rec { x = 1; }; a.${c}.b.y = x; }", "c:free c:free x:lambda"],
  ])("%s: %s", (text, expected) => {
    expect(kinds(text)).toBe(expected);
  });

  it("variables know their scopes, declarations and uses", () => {
    const { scopes, variables } = scopesOf(read("{ x, ... }@all: let a.b = x; a.c = 2; in with a; all"));
    expect(scopes.map(({ node, parent }) => [node.kind, parent?.node.kind])).toEqual([
      ["lambda", undefined],
      ["let", "lambda"],
      ["with", "let"],
    ]);
    expect(variables.map((one) => [one.name, one.declarations.map(({ kind }) => kind), one.references.length])).toEqual(
      [
        ["x", ["formal"], 1],
        ["all", ["formals"], 1],
        ["a", ["binding", "binding"], 1],
      ],
    );
    expect(scopes.flatMap(({ variables: own }) => [...own.values()])).toEqual(variables);
  });

  it("20,000 nested functions", () => {
    let expr: Expr = ident("x0");
    for (let i = 0; i < 20_000; i++) expr = lambda(i === 19_999 ? "x0" : "_", expr);
    expect(freeVariables(expr)).toEqual([]);
    const [outermost] = scopesOf(expr).variables;
    const renamed = rename(expr, outermost as Variable, "y");
    expect(renamed._tag).toBe("Right");
  });
});

const byName = (expr: Expr, name: string): Variable => {
  const found = scopesOf(expr).variables.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no variable ${name}`);
  return found;
};

/** The text with the first variable of this name renamed, or the reason why not. */
const renamed = (text: string, from: string, to: string): string => {
  const expr = read(text);
  const result = rename(expr, byName(expr, from), to);
  return result._tag === "Right" ? print(result.right, { width: 400 }).replace(/\s+/g, " ").trim() : result.left.kind;
};

describe("rename", () => {
  it.each([
    ["x: x", "x", "y", "y: y"],
    ["x: x: x", "x", "y", "y: x: x"],
    ["{ a, ... }@all: [ all a ]", "all", "args", "{ a, ... }@args: [ args a ]"],
    ["let a.b = 1; a.c = 2; in a.b", "a", "x", "let x.b = 1; x.c = 2; in x.b"],
    ["let a = 1; in { inherit a b; a' = a; }", "a", "x", "let x = 1; in { a = x; inherit b; a' = x; }"],
    ["let a = 1; in { inherit c a b; }", "a", "x", "let x = 1; in { inherit c; a = x; inherit b; }"],
    ["let a = 1; in let b = a; in b", "a", "b", "let b = 1; in let inherit b; in b"],
    ["let inherit (lib) a b; in a b", "a", "x", "let x = lib.a; inherit (lib) b; in x b"],
    ["let inherit (f x) a; in a", "a", "b", "let b = (f x).a; in b"],
    ["a: let inherit a; in a", "a", "x", "x: let a = x; in a"],
    ["let a = b; b = 1; in { c = a; }", "a", "c", "let c = b; b = 1; in { inherit c; }"],
    ["let a = a; in a", "a", "b", "let b = b; in b"],
    ["let\n  # one\n  inherit (x) a b; # two\nin a b", "a", "c", "let # one c = x.a; inherit (x) b; # two in c b"],
    ['let "a" = 1; in a', "a", "b", "let b = 1; in b"],
    ['let ${"a"} = 1; in a', "a", "b", "let b = 1; in b"],
    ["let a = 1; in with b; a", "a", "c", "let c = 1; in with b; c"],
    ["x: { a = rec { x = 1; }; a.y = x; b = x; }", "x", "z", "z: { a = rec { x = 1; }; a.y = x; b = z; }"],
    ["let { a = 1; body = a; }", "a", "b", "let { b = 1; body = b; }"],
    ["let a = 1; in a", "a", "a", "let a = 1; in a"],
    ["let a = 1; in a", "a", "if", "invalid"],
    ["let a = 1; in a", "a", "a b", "invalid"],
    ["rec { a = 1; b = a; }", "a", "x", "attribute"],
    ["{ a }: a", "a", "x", "attribute"],
    ["let { a = 1; body = a; }", "body", "b", "attribute"],
    ["let a = 1; b = 2; in a", "a", "b", "defined"],
    ["{ b }@a: a", "a", "b", "defined"],
    ["a: b: a", "a", "b", "captured"],
    ["a: [ a b ]", "a", "b", "captured"],
    ["a: with x; b", "a", "b", "captured"],
    ["a: map a", "a", "map", "captured"],
    ["a: let b = 1; in { inherit a; }", "a", "b", "captured"],
    ["a: rec { b = 1; inherit a; }", "a", "b", "captured"],
    ["let a = 1; in a: let b = a; in b", "a", "b", "let b = 1; in a: let b = a; in b"],
  ])("in %s: %s to %s gives %s", (text, from, to, expected) => {
    expect(renamed(text, from, to)).toBe(expected);
  });

  it("rejects a variable of another tree", () => {
    const result = rename(read("x: x"), byName(read("x: x"), "x"), "y");
    expect(result).toMatchObject({ _tag: "Left", left: { kind: "missing" } });
  });

  it("renames a node that is at several places", () => {
    const x = ident("x");
    const same = lambda("x", list([x, x]));
    const result = rename(same, byName(same, "x"), "y");
    expect(result._tag === "Right" && print(result.right)).toBe("y: [\n  y\n  y\n]\n");
    const shadowed = lambda("x", list([x, lambda("x", x)]));
    const outer = rename(shadowed, byName(shadowed, "x"), "y");
    expect(outer._tag === "Right" && print(outer.right)).toBe("y: [\n  y\n  (x: x)\n]\n");
  });
});

/** The tree with one name in each `inherit`, and an `inherit` for each `a = x.a;`. */
const normal = (expr: Expr): unknown =>
  meaning(
    mapNodes(expr, (node) => {
      if (node.kind !== "attrs" && node.kind !== "let" && node.kind !== "legacyLet") return node;
      return { ...node, bindings: node.bindings.flatMap(separate) };
    }),
  );

const separate = (one: Binding): readonly Binding[] => {
  if (one.kind === "inherit") {
    const { from } = one;
    return one.names.map((name) => (from ? inheritFrom(from, nameOf(name)) : inherit(nameOf(name))));
  }
  const [name, ...more] = one.path;
  if (typeof name !== "string" || more.length > 0) return [one];
  if (one.value.kind === "ident" && one.value.name === name) return [inherit(name)];
  const { value } = one;
  const isSelected = value.kind === "select" && value.or === undefined && value.path.length === 1;
  return [isSelected && value.path[0] === name ? inheritFrom(value.target, name) : one];
};

const isRenamable = ({ scope: { node }, declarations }: Variable): boolean =>
  node.kind !== "attrs" && declarations.every(({ kind }) => kind !== "formal");

describe("all expressions", () => {
  it("renaming a variable twice gives the same tree", () => {
    let count = 0;
    fc.assert(
      fc.property(arbitraryExpr({ comments: false }), (expr) => {
        for (const variable of scopesOf(expr).variables) {
          if (!isRenamable(variable) || !isIdentifier(variable.name)) continue;
          const there = rename(expr, variable, "fresh");
          if (there._tag === "Left") throw new Error(there.left.message);
          const fresh = scopesOf(there.right).variables.filter(({ name }) => name === "fresh");
          expect(fresh).toHaveLength(1);
          expect(freeVariables(there.right)).toEqual(freeVariables(expr));
          const back = rename(there.right, fresh[0] as Variable, variable.name);
          if (back._tag === "Left") throw new Error(back.left.message);
          expect(normal(back.right)).toEqual(normal(expr));
          count++;
        }
      }),
      { numRuns: 300 },
    );
    expect(count).toBeGreaterThan(100);
  });

  /** The names that a `with` gives. A rename in `inherit (source) a b;` splits it, so a name of its source occurs twice. */
  const fromWith = (tree: Expr): ReadonlySet<string> =>
    new Set(scopesOf(tree).references.flatMap((reference) => (reference.kind === "with" ? [reference.name] : [])));

  it("a name that a rename would capture is rejected, and every other one is not", () => {
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(arbitraryExpr({ comments: false }), fc.constantFrom("a", "b", "f", "lib", "map"), (expr, to) => {
        for (const variable of scopesOf(expr).variables.filter(isRenamable)) {
          const result = rename(expr, variable, to);
          outcomes.add(result._tag === "Left" ? result.left.kind : result._tag);
          if (result._tag === "Left") continue;
          expect(freeVariables(result.right)).toEqual(freeVariables(expr));
          expect(fromWith(result.right)).toEqual(fromWith(expr));
        }
      }),
      { numRuns: 1000 },
    );
    expect([...outcomes].sort()).toEqual(["Right", "captured", "defined"]);
  });
});

/** The program with `abort` for the code of each unused variable of a `let`. */
const withoutUnused = (expr: Expr): Expr => {
  const declarations = new Set<Node>(unusedBindings(expr).flatMap((one) => one.declarations));
  return mapNodes(expr, (node, path) =>
    node.kind === "binding" && declarations.has(path.node) ? { ...node, value: call(ident("abort"), "unused") } : node,
  );
};

/** Variables of programs that a property renames: not all, because each renamed program is a whole copy. */
const FEW = 3;

describe.each(everyNix)("real Nix", (nix) => {
  it(`${nameOfNix(nix)} evaluates renamed programs to the same values`, () => {
    const programs = fc.sample(arbitraryProgram(4), { numRuns: 100, seed: 7 });
    const pairs = programs.flatMap((expr) => {
      const variables = scopesOf(expr).variables.filter(isRenamable).slice(0, FEW);
      const renamed = variables.flatMap((variable) => {
        const results = ["a", "b", "fresh"].map((to) => rename(expr, variable, to));
        return results.flatMap((one) => (one._tag === "Right" ? [one.right] : []));
      });
      return [[expr, withoutUnused(expr), ...renamed]];
    });
    expect(pairs.flat().length).toBeGreaterThan(300);
    const values = evaluate(nix, print(list(pairs.map((one) => list(one))))) as readonly (readonly number[])[];
    expect(values.filter((all) => new Set(all).size > 1)).toEqual([]);
    expect(new Set(values.flat()).size).toBeGreaterThan(20);
  });

  it(`${nameOfNix(nix)} rejects a tree exactly if it has free variables`, () => {
    const names = ["a", "b", "f", "x'", "foo-bar", "lib", "pkgs", "config", "aVeryLongVariableNameIndeed"];
    const hasPipe = (expr: Expr): boolean =>
      nodesOf(expr).some((node) => node.kind === "binary" && /[|]>|<[|]/.test(node.operator));
    const samples = fc
      .sample(arbitraryExpr({ comments: false }), { numRuns: 300, seed: 11 })
      .filter((expr) => nix === nixWithPipes || !hasPipe(expr));
    const trees = samples.flatMap((expr, i) => [expr, lambda(formals(names.slice(0, 1 + (i % names.length))), expr)]);
    // The test function of Nix binds `_`.
    const isClosed = trees.map((expr) => freeVariables(expr).filter((one) => one !== "_").length === 0);
    const texts = trees.map((expr) => print(expr));
    expect(accepted(nix, texts)).toEqual(isClosed);
    expect(isClosed.filter((one) => one).length).toBeGreaterThan(100);
    expect(isClosed.filter((one) => !one).length).toBeGreaterThan(100);
  });

  it(`${nameOfNix(nix)} has no other global names`, () => {
    const builtins = evaluate(nix, "builtins.attrNames builtins") as readonly string[];
    const names = [...builtins, ...builtins.map((one) => `__${one}`), "builtins", "break"];
    const isGlobal = names.map((one) => freeVariables(ident(one)).length === 0);
    const isKnown = accepted(nix, names);
    const missing = names.filter((_, i) => isKnown[i] === true && isGlobal[i] === false);
    expect(missing).toEqual([]);
    const plain = names.filter((one, i) => !one.startsWith("__") && isGlobal[i] === true);
    expect(plain.length).toBeGreaterThan(20);
    if (nix === nixWithPipes) expect(plain.filter((one) => isKnown[names.indexOf(one)] === false)).toEqual([]);
  });
});
