/**
 * Runs Nix offline in a temporary store. Evaluates flakes with the stand-ins of `test/inputs`, small typed replacements
 * of the inputs.
 */
import { execFile, execFileSync } from "node:child_process";
import { accessSync, constants, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

/** A `nix` program for tests. */
export interface Nix {
  readonly binary: string;
  /** The output of `nix --version`: `nix (Nix) 2.8.0`. */
  readonly version: string;
}

export interface EvalOptions {
  readonly nix: Nix;
  /** A Nix function that is applied to the attribute before the conversion to JSON, to get many facts at once. */
  readonly apply?: string;
  /** Flake references by input name, for inputs without a stand-in or to replace one. */
  readonly overrides?: Readonly<Record<string, string>>;
}

/** A failed evaluation. The message is the standard error of Nix. */
class NixError extends Error {
  override readonly name = "NixError";
}

const INPUTS = join(dirname(fileURLToPath(import.meta.url)), "..", "inputs");
const STAND_INS = [
  "nixpkgs",
  "nixpkgs-unstable",
  "microvm",
  "home-manager",
  "stapelbergnix",
  "zkjnastools",
  "configfiles",
];
const CURRENT_NIX = "MICROVM_EMIT_NIX_CURRENT";

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function nixOnPath(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, "nix")).find(isExecutable);
}

/**
 * The `nix` on PATH and the one in `MICROVM_EMIT_NIX_CURRENT`. A missing one is reported on standard error.
 *
 * @throws Error if both are missing, so that no test passes without Nix.
 */
export function nixes(): readonly Nix[] {
  const current = process.env[CURRENT_NIX];
  const found = nixOnPath();
  if (found === undefined) console.error("NOT TESTED with the nix on PATH: not found.");
  if (current === undefined) console.error(`NOT TESTED with a second nix: set ${CURRENT_NIX} to its binary.`);
  const binaries = [...new Set([found, current].filter((binary) => binary !== undefined))];
  if (binaries.length === 0) {
    throw new Error(`No nix to test with: install one (Debian: apt install nix-bin) or set ${CURRENT_NIX}.`);
  }
  return binaries.map((binary) => ({
    binary,
    version: execFileSync(binary, ["--version"], { encoding: "utf8", env: environment(binary) }).trim(),
  }));
}

const temporary = mkdtempSync(join(tmpdir(), "microvm-emit-nix-"));
// Vitest kills its workers, so clean up after the tests of the importing file. A benchmark exits normally.
const atEnd = process.env["VITEST"] === undefined ? process.once.bind(process, "exit") : afterAll;
atEnd(() => {
  // Nix makes store paths read-only.
  execFileSync("chmod", ["-R", "u+w", temporary]);
  rmSync(temporary, { recursive: true, force: true });
});

/** A temporary folder that is deleted after the last test of the file. */
export function temporaryFolder(): string {
  return mkdtempSync(join(temporary, "folder-"));
}

const environments = new Map<string, NodeJS.ProcessEnv>();

// Each version of Nix has its own store, isolated from the state of the user and the system.
function environment(binary: string): NodeJS.ProcessEnv {
  const known = environments.get(binary);
  if (known !== undefined) return known;
  const root = temporaryFolder();
  const at = (name: string): string => join(root, name);
  for (const name of ["etc", "home"]) mkdirSync(at(name));
  writeFileSync(at("etc/registry.json"), JSON.stringify({ flakes: [], version: 2 }));
  const own: NodeJS.ProcessEnv = {
    PATH: process.env["PATH"],
    HOME: at("home"),
    NIX_CONF_DIR: at("etc"),
    NIX_STORE_DIR: at("store"),
    NIX_STATE_DIR: at("var"),
    NIX_LOCALSTATE_DIR: at("var"),
    NIX_LOG_DIR: at("log"),
    NIX_REMOTE: "local",
    NIX_CONFIG: [
      "experimental-features = nix-command flakes",
      `flake-registry = ${at("etc/registry.json")}`,
      "substitute = false",
      "substituters =",
      "build-users-group =",
      "sandbox = false",
      "warn-dirty = false",
      "accept-flake-config = false",
      "connect-timeout = 1",
      "download-attempts = 1",
    ].join("\n"),
  };
  // Several processes cannot create one store at the same time, so create it here.
  execFileSync(binary, ["eval", "--expr", 'builtins.toFile "first" ""'], { env: own, stdio: "pipe" });
  environments.set(binary, own);
  return own;
}

// Nix prints this for flakes without a lock file, which all flakes here are.
function withoutLockNotice(log: string): string {
  return log.replace(/^warning: not writing modified lock file of flake .*\n(?:(?:•| {4}).*\n)*/gm, "");
}

interface Output {
  readonly stdout: string;
  readonly log: string;
}

function run(nix: Nix, args: readonly string[]): Promise<Output> {
  return new Promise((fulfil, reject) => {
    execFile(
      nix.binary,
      args,
      { env: environment(nix.binary), encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const log = withoutLockNotice(stderr).trim();
        if (error === null) fulfil({ stdout, log });
        else reject(new NixError(log === "" ? error.message : log));
      },
    );
  });
}

let unstable: string | undefined;

// A flake cannot read files outside its folder, so nixpkgs-unstable is a copy of nixpkgs with a few changed files.
function standIn(input: string): string {
  const folder = join(INPUTS, input);
  if (input !== "nixpkgs-unstable") return `path:${folder}`;
  if (unstable === undefined) {
    unstable = join(temporaryFolder(), input);
    cpSync(join(INPUTS, "nixpkgs"), unstable, { recursive: true });
    cpSync(folder, unstable, { recursive: true });
  }
  return `path:${unstable}`;
}

async function declaredInputs(nix: Nix, folder: string): Promise<readonly string[]> {
  const expression = `builtins.attrNames ((import ${JSON.stringify(join(folder, "flake.nix"))}).inputs or { })`;
  const { stdout } = await run(nix, ["eval", "--impure", "--json", "--expr", expression]);
  return JSON.parse(stdout) as readonly string[];
}

/** The result of an evaluation: the value, and the standard error of Nix with warnings and traces. */
export interface Evaluation {
  readonly value: unknown;
  readonly log: string;
}

/**
 * Evaluates `attr` of a flake: `DIR`, `path:DIR` or `path:DIR?dir=SUBFOLDER` for a flake that reads files beside its
 * folder. It does not write a lock file.
 *
 * @throws NixError if evaluation fails, Error if an input has no stand-in and no override.
 */
export async function evaluateFlake(ref: string, attr: string, options: EvalOptions): Promise<Evaluation> {
  const { nix, apply, overrides = {} } = options;
  const [folder = "", query = ""] = ref.replace(/^path:/, "").split("?");
  const path = resolve(folder);
  const subfolder = new URLSearchParams(query).get("dir") ?? "";

  const inputs = await declaredInputs(nix, join(path, subfolder));
  const redirected = inputs.flatMap((input) => {
    const target = overrides[input] ?? (STAND_INS.includes(input) ? standIn(input) : undefined);
    if (target === undefined)
      throw new Error(`The flake ${ref} declares the input ${input}: no stand-in, no override.`);
    return ["--override-input", input, target];
  });

  // Nix 2.8 rejects `path:…?dir=…` on the command line, but accepts it in a registry.
  const registry = join(temporaryFolder(), "registry.json");
  const to = { type: "path", path, ...(subfolder === "" ? {} : { dir: subfolder }) };
  writeFileSync(registry, JSON.stringify({ flakes: [{ from: { type: "indirect", id: "subject" }, to }], version: 2 }));

  const { stdout, log } = await run(nix, [
    ...["eval", "--json", "--offline", "--no-write-lock-file", "--option", "flake-registry", registry],
    ...redirected,
    ...(apply === undefined ? [] : ["--apply", apply]),
    `subject#${attr}`,
  ]);
  return { value: JSON.parse(stdout) as unknown, log };
}

/** Returns only the value of {@link evaluateFlake}. */
export async function evalFlake(ref: string, attr: string, options: EvalOptions): Promise<unknown> {
  return (await evaluateFlake(ref, attr, options)).value;
}

/** Evaluates `attr` of a Nix file without flake inputs, such as the `inputs` of a flake. */
export async function evalFile(file: string, attr: string, nix: Nix): Promise<unknown> {
  const expression = `(import ${JSON.stringify(resolve(file))}).${attr}`;
  return JSON.parse((await run(nix, ["eval", "--impure", "--json", "--expr", expression])).stdout) as unknown;
}
