import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { print } from "../../src/index.js";
import { addFlakeInput, addModule, getAttr, inputReference, type ModuleTarget } from "../../src/edit/edit.js";
import { evaluate, everyNix, nameOf, parse } from "../nix.js";
import { done, errorOf, open } from "./open.js";

const FOLDER = new URL("fixtures/", import.meta.url);
const read = (name: string): string => readFileSync(new URL(`${name}.nix`, FOLDER), "utf8");

/** How each flake is written is its own; the hosts that get the module are those of the call named `system`. */
const FLAKES: Readonly<Record<string, ModuleTarget & { readonly hosts: readonly string[] }>> = {
  flat: { system: "stairs", hosts: ["stairs"] },
  helper: { hosts: ["web", "db"] },
  "flake-parts": { system: "router", hosts: ["router"] },
  "with-inputs": { hosts: ["box"] },
  "old-style": { hosts: ["alpha"] },
  strict: { system: "makeSystem", hosts: ["one", "two"] },
};

const NAME = "microvm-emit";

/** A flake that has the input, and the module in the hosts of one call. */
const extend = (text: string, target: ModuleTarget): string => {
  const file = done(addFlakeInput(open(text), NAME, { url: "path:./machines", follows: { nixpkgs: "nixpkgs" } }));
  const module = done(inputReference(file, NAME, ["nixosModules", "host"]));
  return done(addModule(file, target, module)).text;
};

/** The last module of each host, its outputs called as Nix calls them, with stubs for all inputs that it names. */
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

it("has a case for each flake", () => {
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
  it("gets an input and a module, and keeps all else", () => {
    const text = read(name);
    const extended = extend(text, target);
    expect(extended).toBe(read(`${name}.extended`));
    expect(without(extended, text)).toBe(true);
  });

  it.each(everyNix.map((nix) => [nameOf(nix), nix] as const))("gives its hosts the module, with %s", (_, nix) => {
    const extended = extend(read(name), target);
    parse(nix, extended);
    const modules = evaluate(nix, lastModules(extended)) as Readonly<Record<string, string>>;
    const extendedHosts = Object.keys(modules).filter((host) => modules[host] === NAME);
    expect(extendedHosts.toSorted()).toEqual(hosts.toSorted());
  });

  it("takes no input twice", () => {
    const file = open(extend(read(name), target));
    expect(errorOf(addFlakeInput(file, NAME, { url: "path:." })).kind).toBe("defined");
    const url = getAttr(file, ["inputs", NAME, "url"]);
    expect(url && print(url)).toBe('"path:./machines"\n');
  });
});

/** Whether `text` is what remains of `longer` when some stretches are taken out: nothing was lost. */
const without = (longer: string, text: string): boolean => {
  let at = 0;
  for (const unit of longer) if (unit === text[at]) at++;
  return at === text.length;
};
