import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  addFlakeInput,
  listFlakeInputs,
  removeFlakeInput,
  setFlakeInput,
  type FlakeInputChange,
} from "../../src/edit/edit.js";
import { done, errorOf, open } from "./open.js";

const FLAKE = `{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05"; # stable
    home = {
      url = "github:nix-community/home-manager?dir=nix";
      inputs.nixpkgs.follows = "nixpkgs";
    };
    disko = {
      type = "github";
      owner = "nix-community";
      repo = "disko";
      ref = "v1";
    };
    data = {
      url = "https://example.org/data.json";
      flake = false;
    };
    local.url = "./local";
    alias.follows = "home/nixpkgs";
  };

  outputs =
    {
      self,
      nixpkgs,
      home,
      disko,
      systems,
      ...
    }:
    { inherit nixpkgs; };
}
`;
const REV = "23a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3";

describe("listFlakeInputs", () => {
  it("returns inputs of every form", () => {
    expect(listFlakeInputs(open(FLAKE))).toEqual([
      {
        name: "nixpkgs",
        url: "github:NixOS/nixpkgs/nixos-25.05",
        ref: { type: "github", owner: "NixOS", repo: "nixpkgs", ref: "nixos-25.05" },
        flake: true,
        follows: {},
      },
      {
        name: "home",
        url: "github:nix-community/home-manager?dir=nix",
        ref: { type: "github", owner: "nix-community", repo: "home-manager", dir: "nix" },
        flake: true,
        follows: { nixpkgs: "nixpkgs" },
      },
      {
        name: "disko",
        ref: { type: "github", owner: "nix-community", repo: "disko", ref: "v1" },
        flake: true,
        follows: {},
      },
      {
        name: "data",
        url: "https://example.org/data.json",
        ref: { type: "file", url: "https://example.org/data.json" },
        flake: false,
        follows: {},
      },
      { name: "local", url: "./local", ref: { type: "path", path: "./local" }, flake: true, follows: {} },
      { name: "alias", sameAs: "home/nixpkgs", flake: true, follows: {} },
      { name: "systems", ref: { type: "indirect", id: "systems" }, flake: true, follows: {} },
    ]);
  });
});

describe("setFlakeInput", () => {
  it.each<readonly [string, string, FlakeInputChange, string, string]>([
    ["a branch", "nixpkgs", { ref: "nixos-25.11" }, "nixos-25.05", "nixos-25.11"],
    ["a revision", "nixpkgs", { rev: REV }, "nixpkgs/nixos-25.05", `nixpkgs/${REV}`],
    ["no branch", "nixpkgs", { ref: null }, "nixpkgs/nixos-25.05", "nixpkgs"],
    ["a branch beside a parameter", "home", { ref: "x" }, "home-manager?dir=nix", "home-manager/x?dir=nix"],
    ["a URL", "home", { url: "path:./home" }, "github:nix-community/home-manager?dir=nix", "path:./home"],
    ["an attribute", "disko", { ref: "v2" }, '"v1"', '"v2"'],
    ["a revision as attribute", "disko", { rev: REV }, 'ref = "v1"', `rev = "${REV}"`],
    ["attributes from a URL", "disko", { url: "github:nix-community/other/v1" }, '"disko"', '"other"'],
    ["a source that is a flake", "data", { flake: true }, '.json";\n      flake = false;', '.json";'],
    ["another follows", "home", { follows: { nixpkgs: "disko/nixpkgs" } }, '"nixpkgs"', '"disko/nixpkgs"'],
    ["no follows", "home", { follows: { nixpkgs: null } }, '\n      inputs.nixpkgs.follows = "nixpkgs";', ""],
    ["a path", "local", { url: "/srv/local" }, "./local", "/srv/local"],
  ])("sets %s", (_, name, change, from, to) => {
    expect(done(setFlakeInput(open(FLAKE), name, change)).text).toBe(FLAKE.replace(from, to));
  });

  it("keeps the short form of a name in the registry", () => {
    const file = open('{ inputs.nixpkgs.url = "nixpkgs"; outputs = _: { }; }');
    expect(done(setFlakeInput(file, "nixpkgs", { ref: "x" })).text).toContain('"nixpkgs/x"');
  });

  it.each<readonly [string, string, FlakeInputChange, string]>([
    ["the input is missing", "none", { ref: "x" }, "missing"],
    ["the input has no definition", "systems", { ref: "x" }, "missing"],
    ["the input follows another", "alias", { url: "x" }, "invalid"],
    ["the source has no branches", "data", { ref: "x" }, "invalid"],
    ["the branch is not legal", "nixpkgs", { ref: "a..b" }, "invalid"],
    ["both a branch and a revision are set", "nixpkgs", { ref: "a", rev: REV }, "invalid"],
    ["the new URL is not valid", "disko", { url: "what:ever" }, "invalid"],
  ])("fails when %s", (_, name, change, kind) => {
    expect(errorOf(setFlakeInput(open(FLAKE), name, change)).kind).toBe(kind);
  });
});

describe("removeFlakeInput", () => {
  it("removes the definition, the argument and follows to the input", () => {
    const text = FLAKE.replace("{ inherit nixpkgs; }", "{ }").replace('\n    alias.follows = "home/nixpkgs";', "");
    const edited = done(removeFlakeInput(open(text), "nixpkgs")).text;
    const expected = text
      .replace('    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05"; # stable\n', "")
      .replace('\n      inputs.nixpkgs.follows = "nixpkgs";', "")
      .replace("\n      nixpkgs,", "");
    expect(edited).toBe(expected);
  });

  it.each<readonly [string, string, string]>([
    ["the outputs use its argument", "nixpkgs", "used"],
    ["another input is the same as one of its inputs", "home", "used"],
    ["it is missing", "none", "missing"],
  ])("fails when %s", (_, name, kind) => {
    expect(errorOf(removeFlakeInput(open(FLAKE), name)).kind).toBe(kind);
  });

  it.each(["inputs.a.x", "inherit (inputs) a;", "let inherit (inputs) a; in a"])("fails for a use as %s", (use) => {
    const body = use.startsWith("inherit") ? `{ ${use} }` : use;
    const file = open(`{ inputs.a.url = "a"; outputs = inputs: ${body}; }`);
    expect(errorOf(removeFlakeInput(file, "a")).kind).toBe("used");
  });

  it("removes an argument in every layout", () => {
    const text = (formals: string): string => `{ inputs.a.url = "a";\n  outputs = ${formals}: { };\n}`;
    const cases: readonly (readonly [string, string])[] = [
      ["{ self, a, ... }", "{ self, ... }"],
      ["{ a, self }", "{ self }"],
      ["{ self, a }", "{ self }"],
      ["{ a }", "{ }"],
      ["{ a, ... }@inputs", "{ ... }@inputs"],
      ["{\n    self,\n    # about a\n    a, # it\n  }", "{\n    self,\n  }"],
      ["{\n    self\n  , a\n  , b\n  }", "{\n    self\n  , b\n  }"],
      ["{\n    self\n  , a\n  }", "{\n    self\n  }"],
      ["{\n    self,\n    a\n  }", "{\n    self\n  }"],
    ];
    for (const [before, after] of cases) {
      const edited = done(removeFlakeInput(open(text(before)), "a")).text;
      expect(edited.replace(/^\{ *\n/, "{")).toBe(
        text(after)
          .replace('inputs.a.url = "a";', "")
          .replace(/^\{ *\n/, "{"),
      );
    }
  });

  it("restores the exact text after addFlakeInput", () => {
    const folder = new URL("fixtures/", import.meta.url);
    // The set of this flake is on one line, which gets too long for another input.
    const names = readdirSync(folder).filter((name) => name.endsWith(".nix") && !name.startsWith("with-inputs"));
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) {
      const text = readFileSync(new URL(name, folder), "utf8");
      const added = done(addFlakeInput(open(text), "new-input", { url: "github:a/b" }));
      expect(added.text).not.toBe(text);
      expect(done(removeFlakeInput(added, "new-input")).text, name).toBe(text);
    }
  });
});
