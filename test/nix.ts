import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Folder of the commands of a current nix (2.24 or newer, for pipes), beside the one on PATH that may be older:
 * `MICROVM_EMIT_NIX_CURRENT`, as `.ci/install-current-nix PREFIX` leaves it in `PREFIX/bin`.
 */
export const currentNixBin = process.env["MICROVM_EMIT_NIX_CURRENT"];

/** The nixes to test with, by name; `bin` is the folder of their commands, none for those on PATH. */
export const nixes: readonly { readonly name: string; readonly bin: string | undefined }[] = [
  { name: "nix on PATH", bin: undefined },
  ...(currentNixBin === undefined ? [] : [{ name: "current nix", bin: currentNixBin }]),
];

/** A nix with a store, state and configuration of its own, off the network, for one test file. */
export interface NixSandbox {
  /** A scratch folder that goes with the sandbox. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** Runs a command of nix and gives its standard output; a failure's message holds its standard error. */
  run(command: "nix" | "nix-instantiate", args: readonly string[], options?: { cwd?: string }): Promise<string>;
  dispose(): Promise<void>;
}

/** Each version of nix needs a sandbox of its own: one store's database does not go back to an older nix. */
export async function nixSandbox(bin: string | undefined): Promise<NixSandbox> {
  const root = await mkdtemp(join(tmpdir(), "microvm-emit-nix-"));
  const inRoot = (name: string): string => join(root, name);
  await mkdir(inRoot("etc"));
  await mkdir(inRoot("home"));
  await writeFile(inRoot("etc/registry.json"), '{"flakes":[],"version":2}\n');

  const env: NodeJS.ProcessEnv = {
    PATH: [...(bin === undefined ? [] : [bin]), process.env["PATH"]].join(delimiter),
    HOME: inRoot("home"),
    NIX_CONF_DIR: inRoot("etc"),
    NIX_STORE_DIR: inRoot("store"),
    NIX_STATE_DIR: inRoot("var"),
    NIX_LOCALSTATE_DIR: inRoot("var"),
    NIX_LOG_DIR: inRoot("log"),
    NIX_REMOTE: "local",
    NIX_CONFIG: [
      "extra-experimental-features = nix-command flakes",
      `flake-registry = ${inRoot("etc/registry.json")}`,
      "substituters =",
      "build-users-group =",
      "sandbox = false",
      "warn-dirty = false",
      "connect-timeout = 1",
      "download-attempts = 1",
    ].join("\n"),
  };

  return {
    root,
    env,
    run: async (command, args, options) =>
      (await run(command, args, { env, maxBuffer: 256 * 1024 * 1024, ...options })).stdout,
    dispose: async () => {
      await makeWritable(root);
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Nix leaves folders of the store read-only, which would keep anyone but root from removing them. */
async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
  }
}
