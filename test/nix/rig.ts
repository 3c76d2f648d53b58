/**
 * The modules of NixOS and microvm.nix, offline. `MICROVM_EMIT_RIG` is a folder with the source trees `nixpkgs`,
 * `microvm`, `home-manager` and `inputs/spectrum`, and a `store`.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { nixes } from "./harness.js";

export const rig = process.env["MICROVM_EMIT_RIG"];

/** Its folders by the input of an emitted flake that they replace. */
export const INPUTS: Readonly<Record<string, string>> = {
  nixpkgs: "nixpkgs",
  "nixpkgs-unstable": "nixpkgs",
  microvm: "microvm",
  "microvm/spectrum": "inputs/spectrum",
  "home-manager": "home-manager",
};

/** The same for a host like the article's, which has further inputs. */
export const ARTICLE_INPUTS: Readonly<Record<string, string>> = {
  ...INPUTS,
  stapelbergnix: "stapelbergnix",
  "stapelbergnix/nix-index-database": "inputs/nix-index-database",
  zkjnastools: "inputs/zkjnastools",
  configfiles: "inputs/configfiles",
};

/** The options of Nix that replace the inputs with folders. */
export const overridesIn = (root: string, inputs = INPUTS): readonly string[] =>
  Object.entries(inputs).flatMap(([input, folder]) => ["--override-input", input, `path:${join(root, folder)}`]);

/** Applies a function to an attribute of a flake, on the modules of NixOS and microvm.nix. */
export const evaluateOnRig = async (folder: string, attr: string, apply: string): Promise<unknown> => {
  const [nix] = nixes();
  const root = rig;
  if (nix === undefined || root === undefined) throw new Error("no nix or no rig");
  const { stdout } = await promisify(execFile)(
    nix.binary,
    [
      ...["eval", "--store", join(root, "store"), "--offline", "--no-write-lock-file", "--json"],
      ...overridesIn(root),
      ...[`path:${folder}#${attr}`, "--apply", apply],
    ],
    {
      env: { ...process.env, NIX_CONFIG: "experimental-features = nix-command flakes\nflake-registry =\n" },
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  return JSON.parse(stdout) as unknown;
};
