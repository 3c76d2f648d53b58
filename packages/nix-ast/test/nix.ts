/** Runs real Nix, offline and in a store of the tests' own. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { onTestFinished } from "vitest";

/** A Nix to run, by the folder of its programs; "" takes them from PATH. */
export interface Nix {
  readonly folder: string;
  readonly version: readonly [number, number];
}

const versionOf = (folder: string): Nix["version"] => {
  const text = execFileSync(join(folder, "nix"), ["--version"], { encoding: "utf8" });
  const [, major, minor] = /(\d+)\.(\d+)/.exec(text) ?? [];
  if (major === undefined || minor === undefined) throw new Error(`cannot read the version of Nix: ${text}`);
  return [Number(major), Number(minor)];
};

const find = (folder: string): Nix => ({ folder, version: versionOf(folder) });

/** The Nix on PATH. Tests cannot run without one: they fail and say so. */
const nix: Nix = find("");

const current = process.env["MICROVM_EMIT_NIX_CURRENT"];

/** Every Nix to test with: the one on PATH, and the one that MICROVM_EMIT_NIX_CURRENT names. */
export const everyNix: readonly Nix[] = current ? [nix, find(dirname(current))] : [nix];

/** A Nix that knows the pipe operators (2.24), if there is one. */
export const nixWithPipes: Nix | undefined = everyNix.find(
  ({ version: [major, minor] }) => major > 2 || (major === 2 && minor >= 24),
);

export const nameOf = ({ version }: Nix): string => `nix ${version.join(".")}`;

/** A folder of the test's own, in which Nix keeps all it has. */
const folderOfTest = (): string => {
  const root = mkdtempSync(join(tmpdir(), "nix-ast-"));
  onTestFinished(() => {
    rmSync(root, { recursive: true, force: true });
  });
  for (const folder of ["etc", "home"]) mkdirSync(join(root, folder));
  return root;
};

const run = (nix: Nix, root: string, program: string, args: readonly string[], input = ""): string => {
  const env: NodeJS.ProcessEnv = {
    PATH: process.env["PATH"],
    HOME: join(root, "home"),
    NIX_CONF_DIR: join(root, "etc"),
    NIX_STORE_DIR: join(root, "store"),
    NIX_STATE_DIR: join(root, "var"),
    NIX_LOG_DIR: join(root, "log"),
    NIX_LOCALSTATE_DIR: join(root, "var"),
    NIX_REMOTE: "local",
    NIX_CONFIG: "extra-experimental-features = nix-command pipe-operators\nsubstitute = false\nbuild-users-group =",
  };
  return execFileSync(join(nix.folder, program), args, {
    encoding: "utf8",
    env,
    input,
    maxBuffer: 1 << 28,
    stdio: ["pipe", "pipe", "pipe"],
  });
};

const ofText = (nix: Nix, args: readonly string[], text: string): string => {
  const root = folderOfTest();
  const file = join(root, "test.nix");
  writeFileSync(file, text);
  // Relative paths are shown with the folder of the file.
  return run(nix, root, "nix-instantiate", [...args, file]).replaceAll(root, ".");
};

/** The text with all its parentheses, as Nix prints what it has read; several expressions are read as one list. */
export const parse = (nix: Nix, text: string): string => ofText(nix, ["--parse"], text);

/** The value of the text as JSON, all of it computed. */
export const evaluate = (nix: Nix, text: string): unknown =>
  JSON.parse(ofText(nix, ["--eval", "--strict", "--json"], text));

/** Of each text, whether Nix can read it; one process reads them all, each as the body of a function. */
export const accepted = (nix: Nix, texts: readonly string[]): readonly boolean[] => {
  const root = folderOfTest();
  const files = texts.map((text, position) => {
    const file = join(root, `${String(position)}.nix`);
    writeFileSync(file, `_:\n${text}`);
    return file;
  });
  // Nix 2.8 takes a text that breaks off for a line to go on with: a `)` of its own ends that line.
  const shown = run(nix, root, "nix", ["repl"], files.map((file) => `import ${file}\n)\n`).join(""));
  const plain = stripVTControlCharacters(shown);
  const read = new Set([...plain.matchAll(/«lambda @ (\S+\.nix):/g)].map(([, file]) => file));
  return files.map((file) => read.has(file));
};
