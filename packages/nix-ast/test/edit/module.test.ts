import { describe, expect, it } from "vitest";
import { getOption, removeOption, setOption } from "../../src/edit/edit.js";
import { nix, print } from "../../src/index.js";
import { everyNix, nameOf, parse } from "../nix.js";
import { done, errorOf, open } from "./open.js";

/** Modules of every shape, and the text that a new option adds to them. */
const MODULES: Readonly<Record<string, readonly [text: string, expected: string]>> = {
  "options at the top": [
    `{ pkgs, ... }:\n{\n  imports = [ ./a.nix ];\n  services.a.enable = true; # why\n}\n`,
    `  services.a.enable = true; # why\n  services.new.port = 1;\n}`,
  ],
  "no function": [`{\n  boot.tmp.useTmpfs = true;\n}\n`, `useTmpfs = true;\n  services.new.port = 1;\n}`],
  "config and options": [
    `{ config, lib, ... }:\nlet\n  cfg = config.x;\nin\n{\n  options.x = { };\n  config = lib.mkIf cfg.enable {\n    services.a.enable = true;\n  };\n}\n`,
    `    services.a.enable = true;\n    services.new.port = 1;\n  };\n}`,
  ],
  "options only": [
    `{ lib, ... }:\n{\n  options.x = lib.mkOption { };\n}\n`,
    `  options.x = lib.mkOption { };\n  config.services.new.port = 1;\n}`,
  ],
  "config as paths": [
    `{\n  options.x = 1;\n  config.services.a.enable = true;\n}\n`,
    `  config.services.a.enable = true;\n  config.services.new.port = 1;\n}`,
  ],
  "mkMerge with an unconditional item": [
    `{ lib, ... }:\n{\n  config = lib.mkMerge [\n    {\n      a = 1;\n    }\n    (lib.mkIf true {\n      services.b = 1;\n    })\n  ];\n}\n`,
    `    {\n      a = 1;\n      services.new.port = 1;\n    }\n`,
  ],
  "mkMerge with conditional items": [
    `{ lib, ... }:\n{\n  config = lib.mkIf x (lib.mkMerge [\n    (lib.mkIf a { services.b = 1; })\n  ]);\n}\n`,
    `    (lib.mkIf a { services.b = 1; })\n    { services.new.port = 1; }\n  ]);`,
  ],
  "mkMerge without a literal set": [
    `{ lib, ... }:\n{\n  config = lib.mkMerge [\n    (import ./a.nix)\n  ];\n}\n`,
    `    (import ./a.nix)\n    { services.new.port = 1; }\n`,
  ],
};

const NEW = ["services", "new", "port"];

describe.each(Object.entries(MODULES))("a module with %s", (_, [text, expected]) => {
  it("gets an option, and has the same text after its removal", () => {
    const edited = done(setOption(open(text), NEW, 1));
    expect(edited.text).toContain(expected);
    expect(getOption(edited, NEW).map(({ value }) => print(value).trimEnd())).toEqual(["1"]);
    expect(done(setOption(edited, NEW, 2)).text).toBe(edited.text.replace("port = 1", "port = 2"));
    expect(done(removeOption(edited, NEW)).text).toBe(text);
  });

  it.each(everyNix.map((each) => [nameOf(each), each] as const))("is valid for %s after the edit", (__, each) => {
    const bound = `with { x = 1; a = 1; };\n${done(setOption(open(text), NEW, 1)).text}`;
    expect(parse(each, bound)).toContain("new");
  });
});

describe("getOption", () => {
  const module = open(`{ config, lib, ... }:
{
  imports = [ { services.a.port = 1; } ({ ... }: { config.services.a.port = 2; }) ./other.nix ];
  config = lib.mkIf config.x.enable (lib.mkMerge [
    { services.a = { port = lib.mkForce 3; host = "h"; }; services.a.user = "u"; }
    (lib.mkIf config.y { services.a.port = 4; })
  ]);
}
`);

  it("returns every definition with its conditions", () => {
    const found = getOption(module, ["services", "a", "port"]).map(({ value, conditions }) => [
      print(value).trimEnd(),
      conditions.map((one) => print(one).trimEnd()),
    ]);
    expect(found).toEqual([
      ["lib.mkForce 3", ["config.x.enable"]],
      ["4", ["config.x.enable", "config.y"]],
      ["1", []],
      ["2", []],
    ]);
  });

  it("combines the definitions of one set", () => {
    const [first] = getOption(module, ["services", "a"]);
    expect(first && print(first.value)).toBe('{\n  port = lib.mkForce 3;\n  host = "h";\n  user = "u";\n}\n');
  });

  it("returns nothing for an option that the file does not define", () => {
    expect(getOption(module, ["services", "b"])).toEqual([]);
    expect(getOption(open("import ./x.nix"), ["services", "b"])).toEqual([]);
  });

  it("removeOption removes every definition", () => {
    const edited = done(removeOption(module, ["services", "a", "port"]));
    expect(getOption(edited, ["services", "a", "port"])).toEqual([]);
    expect(edited.text).toContain('services.a = { host = "h"; }; services.a.user = "u";');
  });

  it("setOption changes a definition in an imported module that is written out", () => {
    const inline = open("{ imports = [ ./a.nix { x.y = 1; } ]; }");
    expect(done(setOption(inline, ["x", "y"], 2)).text).toBe("{ imports = [ ./a.nix { x.y = 2; } ]; }");
  });
});

describe("setOption", () => {
  it("sets an attribute in a value with a priority", () => {
    const file = open("{ lib, ... }: { a.b = lib.mkForce { c = 1; }; }");
    expect(done(setOption(file, ["a", "b", "d"], nix`x`)).text).toBe(
      "{ lib, ... }: { a.b = lib.mkForce { c = 1; d = x; }; }",
    );
  });

  it.each([
    ...["mkForce", "mkDefault", "mkVMOverride", "mkImageMediaOverride", "mkOptionDefault", "mkBefore", "mkAfter"],
    ...["mkIf x", "mkOverride 10", "mkOrder 10", "optionalAttrs x"],
  ])("sets an attribute in a value with %s", (wrapper) => {
    expect(done(setOption(open(`{ lib, ... }: { a = lib.${wrapper} { c = 1; }; }`), ["a", "d"], 2)).text).toBe(
      `{ lib, ... }: { a = lib.${wrapper} { c = 1; d = 2; }; }`,
    );
  });

  it.each<readonly [string, string, readonly string[], string]>([
    ["several branches define it", "{ config = mkMerge [ { a = 1; } (mkIf x { a = 2; }) ]; }", ["a"], "ambiguous"],
    ["the file is no module", "import ./x.nix", ["a"], "notASet"],
    ["config is computed", "{ config = f x; }", ["a"], "notASet"],
    ["the path names config", "{ config = { }; }", ["config", "a"], "invalid"],
    ["the path is empty", "{ }", [], "invalid"],
    ["the option is inherited", "{ inherit (x) a; }", ["a"], "inherited"],
  ])("fails when %s", (_, text, option, kind) => {
    expect(errorOf(setOption(open(text), option, 1)).kind).toBe(kind);
  });

  it("removeOption fails when the option is not defined", () => {
    expect(errorOf(removeOption(open("{ a = 1; }"), ["b"])).kind).toBe("missing");
  });
});
