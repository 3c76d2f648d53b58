import { describe, expect, it } from "vitest";
import { appendItem, getAttr, insertAttr, removeAttr, setAttr, type NixPath } from "../../src/edit/edit.js";
import { ident, nix, print } from "../../src/index.js";
import { done, errorOf, open } from "./open.js";

const FLAKE = `{
  outputs = inputs@{ flake-parts, ... }:
    flake-parts.lib.mkFlake { inherit inputs; } {
      systems = [ "x86_64-linux" ];
      perSystem = { pkgs, ... }: let
        common = [ pkgs.git ]; # everywhere
      in {
        devShells.default = pkgs.mkShell { packages = common ++ [ pkgs.jq ]; };
      };
    };
}
`;

const MIXED = `{ pkgs ? import <nixpkgs> { config = { }; }, flag }: {
  checks = if flag then { a = 1; } else { b = 2; };
  merged = { x = { }; } // { y = 1; };
  users = [ { name = "root"; } { name = "web"; keys = [ ]; } ];
}
`;

const shown = (text: string, path: NixPath): string | undefined => {
  const value = getAttr(open(text), path);
  return value && print(value).trimEnd();
};

describe("a path", () => {
  it.each<readonly [string, string, NixPath, string]>([
    ["goes into the argument of a call", FLAKE, ["outputs", { call: "mkFlake" }, "systems"], '[ "x86_64-linux" ]'],
    ["goes into another argument", FLAKE, ["outputs", { call: "mkFlake", argument: 0 }, "inputs"], "inputs"],
    [
      "goes into a let",
      FLAKE,
      ["outputs", { call: "mkFlake" }, "perSystem", { let: "common" }, { item: 0 }],
      "pkgs.git",
    ],
    ["goes into a branch", MIXED, ["checks", { branch: "else" }, "b"], "2"],
    ["goes into a condition", MIXED, ["checks", { branch: "condition" }], "flag"],
    ["goes into an operand", MIXED, ["merged", { operand: "right" }, "y"], "1"],
    ["goes into an item from the end", MIXED, ["users", { item: -1 }, "name"], '"web"'],
    ["goes into the default of an argument", MIXED, [{ default: "pkgs" }, { call: "import" }, "config"], "{ }"],
  ])("%s", (_, text, path, value) => {
    expect(shown(text, path)).toBe(value);
  });

  it("goes into the first item with a property", () => {
    const file = open(MIXED);
    const isWeb: NixPath = ["users", { item: (one) => one.kind === "attrs" && print(one).includes('"web"') }, "keys"];
    expect(done(appendItem(file, isWeb, "key")).text).toContain('{ name = "web"; keys = [ "key" ]; }');
  });

  it.each<readonly [string, NixPath, string, string]>([
    ["no call", ["outputs", { call: "mkOther" }, "a"], "missing", "no call of `mkOther` here"],
    ["no such argument", ["outputs", { call: "mkFlake", argument: 2 }, "a"], "missing", "has only 2 arguments"],
    ["no let", ["outputs", { let: "x" }, "a"], "missing", "no `let` here"],
    ["no list", ["outputs", { call: "mkFlake" }, { item: 0 }, "a"], "notAList", "no literal list here"],
    ["no set", ["outputs", "a"], "notASet", "leads through something"],
    ["no name", ["outputs", { call: "mkFlake" }], "invalid", "does not end with the name of an attribute"],
  ])("is refused when there is %s", (_, path, kind, message) => {
    const error = errorOf(insertAttr(open(FLAKE), path, 1));
    expect(error).toMatchObject({ kind });
    expect(error.message).toContain(message);
  });

  it("is refused when several calls match", () => {
    const file = open("{ a = f { } // f { }; }");
    expect(errorOf(setAttr(file, ["a", { call: "f" }, "b"], 1)).kind).toBe("ambiguous");
    expect(done(setAttr(file, ["a", { operand: "right" }, { call: "f" }, "b"], 1)).text).toBe(
      "{ a = f { } // f {\n  b = 1;\n}; }",
    );
  });
});

describe("edits with steps", () => {
  const perSystem: NixPath = ["outputs", { call: "mkFlake" }, "perSystem"];

  it("insertAttr adds to the argument of a call, and removeAttr restores the text", () => {
    const path = [...perSystem, "packages", "default"];
    const added = done(insertAttr(open(FLAKE), path, nix`pkgs.hello`));
    expect(added.text).toContain("      in {\n        devShells.default = pkgs.mkShell");
    expect(added.text).toContain("};\n        packages.default = pkgs.hello;\n      };");
    expect(done(removeAttr(added, path)).text).toBe(FLAKE);
  });

  it("insertAttr adds a variable to a let, and refuses one that the body would see", () => {
    const added = done(insertAttr(open(FLAKE), [...perSystem, { let: "more" }], [1]));
    expect(added.text).toContain("common = [ pkgs.git ]; # everywhere\n        more = [ 1 ];\n      in {");
    expect(done(removeAttr(added, [...perSystem, { let: "more" }])).text).toBe(FLAKE);
    expect(errorOf(insertAttr(open(FLAKE), [...perSystem, { let: "pkgs" }], 1)).kind).toBe("captured");
    expect(errorOf(removeAttr(open(FLAKE), [...perSystem, { let: "common" }])).kind).toBe("captured");
  });

  it("setAttr replaces an expression that is no attribute, with parentheses where it needs them", () => {
    const item: NixPath = ["outputs", { call: "mkFlake" }, "systems", { item: 0 }];
    expect(done(setAttr(open(FLAKE), item, nix`f x`)).text).toContain("systems = [ (f x) ];");
    expect(done(removeAttr(open(FLAKE), item)).text).toContain("systems = [ ];");
    const condition: NixPath = ["checks", { branch: "condition" }];
    expect(done(setAttr(open(MIXED), condition, ident("other"))).text).toContain("if other then");
  });

  it("appendItem creates a list when asked to", () => {
    const path = [...perSystem, "checks"];
    expect(errorOf(appendItem(open(FLAKE), path, 1)).kind).toBe("missing");
    const added = done(appendItem(open(FLAKE), path, 1, { create: true }));
    expect(added.text).toContain("checks = [ 1 ];");
    expect(done(appendItem(added, path, 2, { create: true })).text).toContain("checks = [ 1 2 ];");
  });
});

describe("through", () => {
  const text = `{ stdenv, lib }:
stdenv.mkDerivation (finalAttrs: {
  pname = "x";
  meta = lib.mkIf true { license = lib.licenses.mit; };
})
`;
  const options = { through: ["mkDerivation", "mkIf"] };

  it("continues a path into calls without a step", () => {
    expect(getAttr(open(text), ["pname"])).toBeUndefined();
    const version = done(insertAttr(open(text), ["version"], "1", options));
    expect(version.text).toContain(`mit; };\n  version = "1";\n})`);
    expect(done(removeAttr(version, ["version"], options)).text).toBe(text);
    const license = done(setAttr(open(text), ["meta", "license"], nix`lib.licenses.asl20`, options));
    expect(license.text).toContain("{ license = lib.licenses.asl20; }");
  });

  it("prefers the branch with fewer conditions, or with more of the path", () => {
    const merged = open("mkMerge [\n  (mkIf a { x.a = 1; })\n  { y.a = 1; }\n]\n");
    const into = { through: ["mkMerge", "mkIf"] };
    expect(done(insertAttr(merged, ["x", "b"], 2, into)).text).toContain("{ y.a = 1; x.b = 2; }");
    expect(done(insertAttr(merged, ["y", "b"], 2, into)).text).toContain("{ y.a = 1; y.b = 2; }");
    expect(done(setAttr(merged, ["x", "a"], 2, into)).text).toContain("(mkIf a { x.a = 2; })");
  });

  it("continues into both operands of an update", () => {
    const update = open("{ a = 1; } // { b = 2; }");
    expect(done(setAttr(update, ["a"], 3, { through: ["//"] })).text).toBe("{ a = 3; } // { b = 2; }");
    expect(done(insertAttr(update, ["c"], 3, { through: ["//"] })).text).toBe("{ a = 1; } // { b = 2; c = 3; }");
  });
});
