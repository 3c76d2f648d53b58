/** Runs Nix offline, in a temporary store. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { onTestFinished } from "vitest";

/** A Nix installation, by the folder of its programs; "" is the Nix on PATH. */
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

/** The Nix on PATH. Without one, tests fail with a message. */
const nix: Nix = find("");

const current = process.env["MICROVM_EMIT_NIX_CURRENT"];

/** All Nix installations for tests: on PATH, and in MICROVM_EMIT_NIX_CURRENT. */
export const everyNix: readonly Nix[] = current ? [nix, find(dirname(current))] : [nix];

/** A Nix with pipe operators (2.24), if there is one. */
export const nixWithPipes: Nix | undefined = everyNix.find(
  ({ version: [major, minor] }) => major > 2 || (major === 2 && minor >= 24),
);

export const nameOf = ({ version }: Nix): string => `nix ${version.join(".")}`;

/** A temporary folder for the store and state of Nix. */
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
    NIX_CONFIG:
      "extra-experimental-features = nix-command flakes pipe-operators\nsubstitute = false\nbuild-users-group =",
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
  // Nix prints relative paths with the folder of the file.
  return run(nix, root, "nix-instantiate", [...args, file]).replaceAll(root, ".");
};

/** The parsed text, as Nix prints it with all parentheses. Several expressions are parsed as one list. */
export const parse = (nix: Nix, text: string): string => ofText(nix, ["--parse"], text);

/** The same of several texts, by one process. */
export const parseEach = (nix: Nix, texts: readonly string[]): readonly string[] => {
  const root = folderOfTest();
  const files = texts.map((text, position) => {
    const file = join(root, `${String(position)}.nix`);
    writeFileSync(file, text);
    return file;
  });
  return run(nix, root, "nix-instantiate", ["--parse", ...files])
    .replaceAll(root, ".")
    .trimEnd()
    .split("\n");
};

/** The strictly evaluated value of the text as JSON. */
export const evaluate = (nix: Nix, text: string): unknown =>
  JSON.parse(ofText(nix, ["--eval", "--strict", "--json"], text));

/** For each text: true if Nix can parse it. One process parses all of them, each as the body of a function. */
export const accepted = (nix: Nix, texts: readonly string[]): readonly boolean[] => {
  const root = folderOfTest();
  const files = texts.map((text, position) => {
    const file = join(root, `${String(position)}.nix`);
    writeFileSync(file, `_:\n${text}`);
    return file;
  });
  // Nix 2.8 waits for another line after an incomplete text. A separate `)` ends it.
  const shown = run(nix, root, "nix", ["repl"], files.map((file) => `import ${file}\n)\n`).join(""));
  const plain = stripVTControlCharacters(shown);
  const read = new Set([...plain.matchAll(/«lambda @ (\S+\.nix):/g)].map(([, file]) => file));
  return files.map((file) => read.has(file));
};

/** True if the evaluation of the text fails. */
export const isRefused = (nix: Nix, text: string): boolean => {
  try {
    evaluate(nix, text);
    return false;
  } catch {
    return true;
  }
};
