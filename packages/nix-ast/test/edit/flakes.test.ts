import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { print } from "../../src/index.js";
import { addFlakeInput, addModule, getAttr, inputReference, type ModuleTarget } from "../../src/edit/edit.js";
import { evaluate, everyNix, nameOf, parse } from "../nix.js";
import { done, errorOf, open } from "./open.js";

const FOLDER = new URL("fixtures/", import.meta.url);
const read = (name: string): string => readFileSync(new URL(`${name}.nix`, FOLDER), "utf8");

/** Flakes in different styles. The module is added to the hosts of the call with the name `system`. */
const FLAKES: Readonly<Record<string, ModuleTarget & { readonly hosts: readonly string[] }>> = {
  flat: { system: "stairs", hosts: ["stairs"] },
  helper: { hosts: ["web", "db"] },
  "flake-parts": { system: "router", hosts: ["router"] },
  "with-inputs": { hosts: ["box"] },
  "old-style": { hosts: ["alpha"] },
  strict: { system: "makeSystem", hosts: ["one", "two"] },
};

const NAME = "microvm-emit";

/** Adds the input to a flake, and the module to the hosts of one call. */
const extend = (text: string, target: ModuleTarget): string => {
  const file = done(addFlakeInput(open(text), NAME, { url: "path:./machines", follows: { nixpkgs: "nixpkgs" } }));
  const module = done(inputReference(file, NAME, ["nixosModules", "host"]));
  return done(addModule(file, target, module)).text;
};

/** The last module of each host. Calls the outputs as Nix does, with stubs for all inputs. */
const lastModules = (text: string): string => `
  let
    flake = ${text};
    nixosSystem = args: args;
    lib = {
      inherit nixosSystem;
      optional = condition: item: if condition then [ item ] else [ ];
      genAttrs = names: f: builtins.listToAttrs (map (name: { inherit name; value = f name; }) names);
    };
    stubs = {
      nixpkgs = { inherit lib; legacyPackages.x86_64-linux = { }; };
      flake-parts.lib.mkFlake = { inputs }: module: (module { inherit (inputs) self; inherit lib; }).flake;
      home-manager.nixosModules.home-manager = "home-manager";
      sops-nix.nixosModules.sops = "sops";
      nur.modules.nixos.default = "nur";
      flake-utils = { };
      microvm-emit.nixosModules.host = "microvm-emit";
    };
    formals = builtins.removeAttrs (builtins.functionArgs flake.outputs) [ "self" ];
    inputs = builtins.mapAttrs (name: _: stubs.\${name} or { }) (formals // flake.inputs);
    outputs = flake.outputs (inputs // { self = outputs // { inherit inputs; }; });
    last = modules: builtins.elemAt modules (builtins.length modules - 1);
    shown = module: if builtins.isString module then module else "other";
  in
  builtins.mapAttrs (_: { modules ? [ "none" ], ... }: shown (last modules)) outputs.nixosConfigurations
`;

it("each fixture has a test case", () => {
  const names = readdirSync(FOLDER)
    .filter((name) => name.endsWith(".nix"))
    .map((name) => basename(name, ".nix"));
  expect(names.toSorted()).toEqual(
    Object.keys(FLAKES)
      .flatMap((name) => [name, `${name}.extended`])
      .toSorted(),
  );
});

describe.each(Object.entries(FLAKES))("%s", (name, { hosts, ...target }) => {
  it("addFlakeInput and addModule keep all other text", () => {
    const text = read(name);
    const extended = extend(text, target);
    expect(extended).toBe(read(`${name}.extended`));
    expect(without(extended, text)).toBe(true);
  });

  it.each(everyNix.map((nix) => [nameOf(nix), nix] as const))(
    "hosts have the module when %s evaluates the flake",
    (_, nix) => {
      const extended = extend(read(name), target);
      parse(nix, extended);
      const modules = evaluate(nix, lastModules(extended)) as Readonly<Record<string, string>>;
      const extendedHosts = Object.keys(modules).filter((host) => modules[host] === NAME);
      expect(extendedHosts.toSorted()).toEqual(hosts.toSorted());
    },
  );

  it("addFlakeInput fails when the input exists", () => {
    const file = open(extend(read(name), target));
    expect(errorOf(addFlakeInput(file, NAME, { url: "path:." })).kind).toBe("defined");
    const url = getAttr(file, ["inputs", NAME, "url"]);
    expect(url && print(url)).toBe('"path:./machines"\n');
  });
});

/** True if `text` is `longer` without some ranges, so that nothing was lost. */
const without = (longer: string, text: string): boolean => {
  let at = 0;
  for (const unit of longer) if (unit === text[at]) at++;
  return at === text.length;
};
