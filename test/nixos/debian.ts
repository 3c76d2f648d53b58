/** A Nix store with Debian packages, and NixOS systems that are built of them. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { buildFolder, folderOf } from "../lab/cache.js";
import { temporaryFolder } from "../nix/harness.js";
import { ARTICLE_INPUTS, overridesIn, rig } from "../nix/rig.js";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const cache = folderOf("nixos", here("tree"));

/** The folder of all temporary folders of this process, which builds and hosts can read. */
const temporary = dirname(temporaryFolder());

export interface Store {
  /** The folder that is mounted at /nix. */
  readonly nix: string;
  /** The folder of the unpacked Debian packages, in `nix`. */
  readonly tree: string;
  /** The flake inputs of the rig, with Debian packages in nixpkgs. */
  readonly inputs: string;
}

/**
 * The arguments of bash that run a command with a store at /nix.
 *
 * @param nix another folder for /nix
 */
export const entering = (store: Store, nix = store.nix): readonly string[] => [
  here("enter.sh"),
  store.tree,
  nix,
  [temporary, here(".")].join(":"),
];

const run = async (program: string, args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(program, args, { maxBuffer: 1 << 28 })).stdout;

/**
 * The store, with the Debian packages of the cache. Downloads them if they are not there.
 *
 * @throws Error with the end of the log if a download fails
 */
export const openStore = async (): Promise<Store> => {
  if (rig === undefined) throw new Error("Set MICROVM_EMIT_RIG.");
  await buildFolder(cache, ["bash", here("tree/build.sh")]);
  const inputs = join(temporaryFolder(), "inputs");
  await run("bash", [here("inputs.sh"), rig, join(cache, "facts.json"), inputs]);
  return { tree: join(cache, "debian-tree"), nix: join(cache, "nix"), inputs };
};

/** Nix 2.26 sometimes reports a builder as killed that ended within a moment, and then a second build succeeds. */
const KILLED = /failed due to signal 9/;
const ATTEMPTS = 5;

/**
 * Builds attributes of the flake in a folder.
 *
 * @param flake the folder, or `FOLDER?dir=SUBFOLDER`
 * @param overrides folders of `inputs` by input name, instead of those of the rig
 * @returns their store paths, in order
 * @throws Error with the output of Nix if a build fails
 */
export const build = async (
  store: Store,
  flake: string,
  attributes: readonly string[],
  overrides: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> => {
  const declared = readFileSync(join(flake.replace("?dir=", "/"), "flake.nix"), "utf8");
  const isDeclared = (input: string): boolean =>
    new RegExp(`(^|[^a-zA-Z0-9_-])${input.split("/")[0] ?? ""}([^a-zA-Z0-9_-]|$)`, "m").test(declared);
  const inputs = Object.entries({ ...ARTICLE_INPUTS, ...overrides }).filter(([input]) => isDeclared(input));
  const command = [
    ...[...entering(store), "env", `NIX_CONFIG=${readFileSync(here("nix.conf"), "utf8")}`],
    ...["nix", "build", "--no-write-lock-file", "--no-link", "--print-out-paths"],
    ...overridesIn(store.inputs, Object.fromEntries(inputs)),
    ...attributes.map((attribute) => `path:${flake}#${attribute}`),
  ];
  for (let attempt = 1; ; attempt += 1) {
    try {
      const built = await run("bash", command);
      return built.trim().split("\n");
    } catch (error) {
      if (attempt === ATTEMPTS || !KILLED.test(String(error))) throw error;
    }
  }
};
