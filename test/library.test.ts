/** Tests the format of the library files, and facts that are also in other files. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gitHosts } from "@microvm-emit/model/internal";
import { type Expr, format, nodesOf, parse, staticName } from "@microvm-emit/nix-ast";
import { freeVariables, unusedBindings } from "@microvm-emit/nix-ast/scopes";
import { emit, render } from "microvm-emit";
import { format as prettify, resolveConfig } from "prettier";
import { describe, expect, it } from "vitest";
import { optionsFile, optionsPage } from "../scripts/options-page.js";

const rig = process.env["MICROVM_EMIT_RIG"];
if (rig === undefined) console.error("NOT TESTED: options.md is current. Set MICROVM_EMIT_RIG.");

const folder = fileURLToPath(new URL("../packages/emit/nix", import.meta.url));
const read = (path: string): string => readFileSync(resolve(folder, path), "utf8");
const nixFiles = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".nix"));

const parsed = (path: string): Expr => {
  const result = parse(read(path));
  if (result._tag === "Left") throw new Error(`${path}: ${JSON.stringify(result.left)}`);
  return result.right;
};

describe("Nix files of the library", () => {
  it.each(nixFiles)("%s is formatted", (path) => {
    expect(format(read(path))).toEqual({ _tag: "Right", right: read(path) });
  });
});

const evaluated = fileURLToPath(new URL("../packages/emit/evaluate", import.meta.url));

describe("Nix files that read a host", () => {
  it.each(readdirSync(evaluated))("%s is formatted", (path) => {
    const text = readFileSync(join(evaluated, path), "utf8");
    expect(format(text)).toEqual({ _tag: "Right", right: text });
  });
});

const project = fileURLToPath(new URL("..", import.meta.url));
/** Files of the library, of the evaluation of hosts, and of the emitted examples. */
const emitted = execFileSync("git", ["ls-files", "packages/emit/*.nix", "examples/*.nix"], {
  cwd: project,
  encoding: "utf8",
})
  .trim()
  .split("\n")
  // The copies of the library are equal to it.
  .filter((path) => !path.includes("/flake/microvm-emit/"));

describe("names in Nix files", () => {
  it("are of the library, of programs and of each example", () => {
    const folders = new Set(emitted.map((path) => path.split("/").slice(0, 3).join("/")));
    expect([...folders]).toEqual(
      expect.arrayContaining([
        "packages/emit/nix",
        "packages/emit/evaluate",
        ...["midna", "minimal", "networks", "profiles"].map((name) => `examples/${name}/flake`),
      ]),
    );
  });

  it.each(emitted)("are all defined and used in %s", (path) => {
    const tree = parsed(join(project, path));
    expect(unusedBindings(tree).map(({ name }) => name)).toEqual([]);
    expect(freeVariables(tree)).toEqual([]);
  });
});

it("hardening.nix turns on each protection that it names", () => {
  const values = nodesOf(parsed("hardening.nix")).flatMap((node) =>
    node.kind === "binding" && node.value.kind === "ident" && /^(?:true|false)$/.test(node.value.name)
      ? [[staticName(node.path.at(-1)), node.value.name]]
      : [],
  );
  expect(values.length).toBeGreaterThan(10);
  expect(values.filter(([, value]) => value === "false")).toEqual([]);
});

/** Functions that declare an option, in this library. */
const declaring = new Set(["mkOption", "mkEnableOption", "maybe", "flag", "many", "named"]);

const functionName = (expr: Expr): string | undefined =>
  expr.kind === "call"
    ? functionName(expr.function)
    : expr.kind === "select"
      ? staticName(expr.path.at(-1))
      : expr.kind === "ident"
        ? expr.name
        : undefined;

const has = (expr: Expr, name: string): boolean =>
  nodesOf(expr).some((node) => node.kind === "binding" && staticName(node.path[0]) === name);

/** NixOS describes an option that this library declares again with `mkOption { type = …; }`, to extend its type. */
const isOfNixos = (expr: Expr): boolean => functionName(expr) === "mkOption" && !has(expr, "description");

/** Names of the options that a file declares. */
const declaredIn = (path: string): readonly string[] =>
  nodesOf(parsed(path)).flatMap((node) =>
    node.kind === "binding" &&
    declaring.has(functionName(node.value) ?? "") &&
    !has(node.value, "internal") &&
    !isOfNixos(node.value)
      ? [staticName(node.path.at(-1)) ?? ""]
      : [],
  );

const filesWithOptions = nixFiles.filter((path) => /\bmk(?:Enable)?Option\b/.test(read(path)) && path !== "record.nix");

const page = read("options.md");
const headings = new Set([...page.matchAll(/^### `(?:.*\.)?([^.`]+)`$/gm)].map(([, name]) => name));

describe("options.md", () => {
  it.each(filesWithOptions)("describes the options of %s", (path) => {
    expect(declaredIn(path).filter((name) => !headings.has(name))).toEqual([]);
  });

  it("has options of VMs, policies, networks and guests", () => {
    const declared = filesWithOptions.flatMap(declaredIn);
    expect(declared).toEqual(expect.arrayContaining(["volumes", "allow", "bridges", "homeManagerProgram"]));
  });

  it("describes each option with a sentence", () => {
    const texts = page.split(/^### /m).slice(1);
    expect(texts.filter((text) => !/^`.*`\n\n[A-Z`].*[.:]\n/.test(text))).toEqual([]);
  });

  it.skipIf(rig === undefined)("is up to date (`npm run options` writes it)", async () => {
    const options = await resolveConfig(optionsFile);
    expect(page).toBe(await prettify(optionsPage(rig ?? ""), { ...options, filepath: optionsFile }));
  });
});

it("guests have the SSH host keys of the model for Git hosts", () => {
  const keys = Object.values(gitHosts).map(({ name, hostKey }) => [name, hostKey]);
  expect(JSON.parse(read("guest/git-hosts.json"))).toEqual(Object.fromEntries(keys));
});

describe("version of the library", () => {
  const { version } = JSON.parse(read("../package.json")) as { readonly version: string };

  it("is in its README", () => {
    expect(read("README.md")).toContain(`Version ${version}.`);
  });

  it("is in the flake input", () => {
    const user = { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] };
    const host = { stateVersion: "26.05", user, bridges: { br0: { address: "10.7.0.1/24" } }, vms: {} };
    const emitted = emit({ library: "input", hosts: { h: host } });
    if (emitted._tag === "Left") throw new Error(JSON.stringify(emitted.left));
    const texts = new Map(render(emitted.right.files).map(({ path, text }) => [path, text]));
    expect(texts.get("flake.nix")).toContain(`/microvm-emit-${version}.tgz"`);
  });
});
