import { describe, expect, it } from "vitest";
import { addFlakeInput, addModule, inputReference, type FlakeInput } from "../../src/edit/edit.js";
import { path, print } from "../../src/index.js";
import { done, errorOf, open } from "./open.js";

const add = (text: string, input: Partial<FlakeInput> = {}, name = "new"): string =>
  done(addFlakeInput(open(text), name, { url: "u", ...input })).text;

const reference = (text: string, name: string): string => print(done(inputReference(open(text), name))).trimEnd();

describe("addFlakeInput uses the style of the other inputs", () => {
  const outputs = "outputs = inputs: { };";
  it.each<readonly [string, string, Partial<FlakeInput>, string]>([
    [
      "in a set",
      `{\n  inputs = {\n    a.url = "a";\n  };\n  ${outputs}\n}`,
      {},
      `{\n  inputs = {\n    a.url = "a";\n    new.url = "u";\n  };\n  ${outputs}\n}`,
    ],
    [
      "as paths",
      `{\n  inputs.a.url = "a"; # a\n\n  ${outputs}\n}`,
      {},
      `{\n  inputs.a.url = "a"; # a\n  inputs.new.url = "u";\n\n  ${outputs}\n}`,
    ],
    [
      "in an empty set",
      `{\n  inputs = { };\n  ${outputs}\n}`,
      {},
      `{\n  inputs = {\n    new.url = "u";\n  };\n  ${outputs}\n}`,
    ],
    [
      "without inputs",
      `{\n  description = "x";\n\n  # what comes out\n  ${outputs}\n}`,
      {},
      `{\n  description = "x";\n\n  inputs.new.url = "u";\n\n  # what comes out\n  ${outputs}\n}`,
    ],
    ["without inputs, on one line", `{ ${outputs} }`, {}, `{ ${outputs} inputs.new.url = "u"; }`],
    [
      "with follows and flake = false",
      `{\n  inputs.a.url = "a";\n  ${outputs}\n}`,
      { follows: { x: "a", y: "a/b" }, flake: false },
      `{\n  inputs.a.url = "a";\n  inputs.new = {\n    url = "u";\n    inputs.x.follows = "a";\n    inputs.y.follows = "a/b";\n    flake = false;\n  };\n  ${outputs}\n}`,
    ],
    [
      "with follows, as paths like other inputs",
      `{\n  inputs = {\n    a.url = "a";\n    b.url = "b";\n    b.inputs.a.follows = "a";\n  };\n  ${outputs}\n}`,
      { follows: { a: "a" } },
      `{\n  inputs = {\n    a.url = "a";\n    b.url = "b";\n    b.inputs.a.follows = "a";\n    new.url = "u";\n    new.inputs.a.follows = "a";\n  };\n  ${outputs}\n}`,
    ],
    [
      "with a url only, as a set like other inputs",
      `{\n  inputs.a = { url = "a"; };\n  ${outputs}\n}`,
      {},
      `{\n  inputs.a = { url = "a"; };\n  inputs.new = {\n    url = "u";\n  };\n  ${outputs}\n}`,
    ],
  ])("%s", (_, text, input, expected) => {
    expect(add(text, input)).toBe(expected);
  });
});

describe("addFlakeInput adds a formal when the outputs need it", () => {
  it.each<readonly [string, string, string]>([
    ["inputs: 1", "inputs: 1", "inputs.new"],
    ["{ self, ... }@inputs: 1", "{ self, ... }@inputs: 1", "inputs.new"],
    ["all@{ self, ... }: 1", "all@{ self, ... }: 1", "all.new"],
    ["{ self, new, ... }@inputs: 1", "{ self, new, ... }@inputs: 1", "new"],
    ["{ self, ... }: 1", "{ self, new, ... }: 1", "new"],
    ["{ self }: 1", "{ self, new }: 1", "new"],
    ["{self,a}: 1", "{self,a, new}: 1", "new"],
    ["{ self, }: 1", "{ self, new, }: 1", "new"],
    ["{ self }@inputs: 1", "{ self, new }@inputs: 1", "new"],
    ["{ ... }: 1", "{ new, ... }: 1", "new"],
    ["{ }: 1", "{ new }: 1", "new"],
    ["{}: 1", "{ new }: 1", "new"],
    ["all@{ }: 1", "all@{ new }: 1", "new"],
    ["all @ /* { */ {}: 1", "all @ /* { */ { new }: 1", "new"],
    ["{ self, a ? { b = [ 1 ]; }, ... }: 1", "{ self, a ? { b = [ 1 ]; }, new, ... }: 1", "new"],
    ["{\n    self,\n    a, # a\n    ...\n  }: 1", "{\n    self,\n    a, # a\n    new,\n    ...\n  }: 1", "new"],
    ["{\n    self,\n    a # a\n  }: 1", "{\n    self,\n    a, # a\n    new\n  }: 1", "new"],
    ["{\n    ...\n  }: 1", "{\n    new,\n    ...\n  }: 1", "new"],
    ["{ self\n  , a # a\n  , ...\n  }: 1", "{ self\n  , a # a\n  , new\n  , ...\n  }: 1", "new"],
    ["{ self # me\n  }: 1", "{ self, # me\n    new\n  }: 1", "new"],
    ["{ self, a\n  , b, c }: 1", "{ self, a\n  , b, c, new }: 1", "new"],
    ["let x = 1; in { self }: 1", "let x = 1; in { self }: 1", ""],
  ])("to %j", (before, after, expected) => {
    const edited = addFlakeInput(open(`{\n  inputs.a.url = "a";\n  outputs = ${before};\n}`), "new", { url: "u" });
    if (expected === "") {
      expect(errorOf(edited).kind).toBe("notAFunction");
      return;
    }
    const { text } = done(edited);
    expect(text).toBe(`{\n  inputs.a.url = "a";\n  inputs.new.url = "u";\n  outputs = ${after};\n}`);
    expect(reference(text, "new")).toBe(expected);
  });

  it("fails when a variable would get another meaning", () => {
    const text = "{ outputs = { self, nixpkgs }: with nixpkgs; { x = new; y = let z = 1; in z; }; }";
    const error = errorOf(addFlakeInput(open(text), "new", { url: "u" }));
    expect(error.kind).toBe("captured");
    expect(add(text, {}, "z")).toContain("{ self, nixpkgs, z }");
    expect(add(text.replace("with nixpkgs; ", ""))).toContain("{ self, nixpkgs, new }");
  });

  it("returns the kind of error", () => {
    const kindOf = (text: string, name: string, input: Partial<FlakeInput> = {}): string =>
      errorOf(addFlakeInput(open(text), name, { url: "u", ...input })).kind;
    const flake = '{ inputs.a.url = "a"; outputs = { self, a, with-it }: 1; }';
    expect(kindOf(flake, "a")).toBe("defined");
    expect(kindOf(flake, "self")).toBe("invalid");
    expect(kindOf(flake, "1")).toBe("invalid");
    expect(kindOf(flake, "a b")).toBe("invalid");
    expect(kindOf(flake, "with")).toBe("invalid");
    expect(kindOf(flake, "b", { follows: { a: "c" } })).toBe("missing");
    expect(kindOf("{ outputs = import ./outputs.nix; }", "b")).toBe("notAFunction");
    expect(kindOf("f { }", "b")).toBe("notASet");
    expect(add(flake, { follows: { x: "with-it", y: "" } }, "b")).toContain('inputs.x.follows = "with-it"');
    expect(errorOf(inputReference(open(flake), "c")).kind).toBe("missing");
    expect(reference(flake, "self")).toBe("self");
  });
});

const addTo = (text: string, system?: string): string =>
  done(addModule(open(text), system === undefined ? {} : { system }, path("./new.nix"))).text;

describe("addModule", () => {
  it.each<readonly [string, string, string]>([
    ["a list", "nixosSystem { modules = [ ./a.nix ]; }", "nixosSystem { modules = [ ./a.nix ./new.nix ]; }"],
    ["no list yet", "lib.nixosSystem { }", "lib.nixosSystem {\n  modules = [ ./new.nix ];\n}"],
    [
      "a variable",
      "(lib.nixosSystem (rec { modules = all; }))",
      "(lib.nixosSystem (rec { modules = all ++ [ ./new.nix ]; }))",
    ],
    [
      "lists",
      "a.b.lib.nixosSystem { modules = a ++ b; }",
      "a.b.lib.nixosSystem { modules = a ++ b ++ [ ./new.nix ]; }",
    ],
    ["parentheses", "nixosSystem { modules = (a); }", "nixosSystem { modules = (a) ++ [ ./new.nix ]; }"],
    [
      "a condition",
      "nixosSystem { modules = if a then b else c; }",
      "nixosSystem { modules = (if a then b else c) ++ [ ./new.nix ]; }",
    ],
    ["an update", "nixosSystem { modules = map f a; }", "nixosSystem { modules = map f a ++ [ ./new.nix ]; }"],
  ])("adds to modules in %s", (_, call, expected) => {
    expect(addTo(`{ outputs = _: { x = ${call}; }; }`)).toBe(`{ outputs = _: { x = ${expected}; }; }`);
  });

  const several = `{
    outputs = { lib, ... }:
      let
        mkOne = name: lib.nixosSystem { modules = [ "mkOne" ]; };
        mkMany = name: base { inherit name; };
        base = args: lib.nixosSystem { modules = [ "base" ]; };
      in {
        nixosConfigurations = {
          a = lib.nixosSystem { modules = [ "a" ]; };
          "b c" = let system = lib.nixosSystem; in lib.nixosSystem { modules = [ "b" ]; };
          d = mkOne "d";
          e = mkMany "e";
          f = mkMany "f";
        } // lib.mapAttrs (name: host: lib.nixosSystem { modules = [ "mapped" ]; }) hosts;
        packages.iso = (lib.nixosSystem { modules = [ "iso" ]; }).config.image;
        g.nixosConfigurations = { g.h = 1; };
      };
  }`;

  it.each([
    ["a", "a"],
    ["b c", "b"],
    ["d", "mkOne"],
    ["mkOne", "mkOne"],
    ["base", "base"],
    ["nixosConfigurations", "mapped"],
    ["iso", "iso"],
  ])("finds the system %s", (system, label) => {
    expect(addTo(several, system)).toBe(several.replace(`[ "${label}" ]`, `[ "${label}" ./new.nix ]`));
  });

  it.each([
    [undefined, "ambiguous", "mkOne, base, a, b c, nixosConfigurations, iso"],
    ["e", "ambiguous", 'pass "base" as system'],
    ["x", "missing", "mkOne, base, a, b c, nixosConfigurations, iso"],
  ])("lists the known systems when the name does not match one call: %s", (system, kind, words) => {
    const error = errorOf(addModule(open(several), system === undefined ? {} : { system }, path("./new.nix")));
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(words);
  });

  it.each([
    ["missing", "{ }"],
    ["notASet", "{ a = nixosSystem (import ./host.nix); }"],
    ["inherited", "{ a = nixosSystem { inherit modules; }; }"],
  ])("fails with %s: %s", (kind, text) => {
    expect(errorOf(addModule(open(text), {}, path("./new.nix"))).kind).toBe(kind);
  });
});
