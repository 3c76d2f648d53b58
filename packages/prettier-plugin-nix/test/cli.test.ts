/** Tests the plugin as users run it: in a configuration file, with the command line of Prettier. */
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const prettier = createRequire(import.meta.url).resolve("prettier/bin/prettier.cjs");
const nodeModules = fileURLToPath(new URL("../../../node_modules", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "prettier-plugin-nix-"));
  symlinkSync(nodeModules, join(folder, "node_modules"));
  configure({});
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};
const read = (path: string): string => readFileSync(join(folder, path), "utf8");
const configure = (options: object): void => {
  write(".prettierrc", JSON.stringify({ plugins: ["prettier-plugin-nix"], ...options }));
};

const run = (...args: string[]): { code: number | null; stdout: string; stderr: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [prettier, "--no-color", ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, FORCE_COLOR: "0" },
  });
  return { code: status, stdout, stderr };
};

/** The content of a file after `--write`. */
const written = (path: string, text: string, ...args: string[]): string => {
  write(path, text);
  expect(run("--write", path, ...args)).toMatchObject({ code: 0, stderr: "" });
  return read(path);
};

const unformatted = "{pkgs,...}:\n{environment.systemPackages=[pkgs.hello];}\n";
const formatted = "{ pkgs, ... }:\n{\n  environment.systemPackages = [ pkgs.hello ];\n}\n";
/** An expression of this width on one line. */
const wide = (columns: number): string => `${"x".repeat(columns - 4)} + y\n`;

describe("prettier --write", () => {
  it("formats all Nix files in the folder, and no other files", () => {
    write("flake.nix", unformatted);
    write("hosts/a/default.nix", unformatted);
    write("notes.txt", unformatted);
    expect(run("--write", "**/*.nix")).toMatchObject({ code: 0, stderr: "" });
    expect(read("flake.nix")).toBe(formatted);
    expect(read("hosts/a/default.nix")).toBe(formatted);
    expect(read("notes.txt")).toBe(unformatted);
  });

  it("does not touch a formatted file", () => {
    write("a.nix", formatted);
    utimesSync(join(folder, "a.nix"), 1, 1);
    expect(run("--write", "a.nix").stdout).toMatch(/a\.nix .*\(unchanged\)/);
    expect(statSync(join(folder, "a.nix")).mtimeMs).toBe(1000);
  });

  it("keeps comments, and spaces at line ends in strings", () => {
    const text = "{\n  # why\n  a = ''\n    x  \n     \n    y\n  ''; # so\n  b = \"1 \n  2\";\n}\n";
    expect(written("a.nix", text)).toBe(text);
  });

  it.each([
    ["lf", formatted],
    ["crlf", formatted.replaceAll("\n", "\r\n")],
    ["auto", formatted.replaceAll("\n", "\r\n")],
  ])("writes the line ends of endOfLine %s", (endOfLine, expected) => {
    configure({ endOfLine });
    expect(written("a.nix", unformatted.replaceAll("\n", "\r\n"))).toBe(expected);
  });
});

describe("prettier --check", () => {
  it("exits with 0 when all files are formatted, and with 1 and the file name when not", () => {
    write("good.nix", formatted);
    expect(run("--check", "**/*.nix")).toMatchObject({ code: 0 });
    write("bad.nix", unformatted);
    expect(run("--check", "**/*.nix")).toMatchObject({ code: 1, stderr: expect.stringContaining("bad.nix") as string });
    expect(run("--list-different", "**/*.nix")).toMatchObject({ code: 1, stdout: "bad.nix\n" });
    expect(read("bad.nix")).toBe(unformatted);
  });

  it("accepts the output of --write", () => {
    written("a.nix", unformatted);
    expect(run("--check", "a.nix")).toMatchObject({ code: 0 });
    expect(run("--debug-check", "a.nix")).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("the width", () => {
  /** True if the line is not broken. */
  const fits = (columns: number): boolean => written("a.nix", wide(columns)) === wide(columns);

  it("is 100 by default, as in nixfmt", () => {
    expect(fits(100)).toBe(true);
    expect(fits(101)).toBe(false);
  });

  it("is printWidth when it is set, also to 80", () => {
    configure({ printWidth: 80 });
    expect(fits(80)).toBe(true);
    expect(fits(81)).toBe(false);
    configure({ printWidth: 120 });
    expect(fits(120)).toBe(true);
  });

  it("is that of an override for Nix files", () => {
    configure({ printWidth: 60, overrides: [{ files: "*.nix", options: { printWidth: 100 } }] });
    expect(fits(100)).toBe(true);
    expect(fits(101)).toBe(false);
  });

  it("is max_line_length of .editorconfig", () => {
    write(".editorconfig", "root = true\n[*.nix]\nmax_line_length = 70\n");
    expect(fits(70)).toBe(true);
    expect(fits(71)).toBe(false);
  });

  it("of other languages is the default of Prettier", () => {
    const call = `call(${"x".repeat(40)}, ${"y".repeat(40)});\n`;
    expect(written("a.js", call)).not.toBe(call);
  });
});

describe("a syntax error", () => {
  it("is reported with line and column and exit code 2, and the file is unchanged", () => {
    const text = "{\n  lib = ;\n}\n";
    write("flake.nix", text);
    write("good.nix", unformatted);
    const { code, stderr } = run("--write", "**/*.nix");
    expect(code).toBe(2);
    expect(stderr).toBe(
      [
        "[error] flake.nix: SyntaxError: unexpected `;`, expected an expression (2:9)",
        "[error]   1 | {",
        "[error] > 2 |   lib = ;",
        "[error]     |         ^",
        "[error]   3 | }",
        "[error]   4 |",
        "",
      ].join("\n"),
    );
    expect(read("flake.nix")).toBe(text);
    expect(read("good.nix")).toBe(formatted);
  });

  it("is reported together with others", () => {
    write("a.nix", "{\n  a = ;\n  b = [ 1 ;\n}\n");
    const { code, stderr } = run("--check", "a.nix");
    expect(code).toBe(2);
    expect(stderr).toContain("(2:7)");
    expect(stderr).toContain("(3:11)");
  });
});

describe("a nix fence in Markdown", () => {
  const fence = (indent: string, nix: string): string =>
    ["```nix", ...nix.trimEnd().split("\n"), "```"].map((line) => (line === "" ? "" : indent + line)).join("\n") + "\n";

  it("is formatted in place, with unchanged lines in strings", () => {
    const strings = "{\n  a = ''\n    x  \n\n    y\n     \n\n    z\n  '';\n}\n";
    expect(written("a.md", `# A\n\n${fence("", unformatted)}\n- item\n\n${fence("  ", strings)}`)).toBe(
      `# A\n\n${fence("", formatted)}\n- item\n\n${fence("  ", strings)}`,
    );
  });

  it("has the width of the Markdown file", () => {
    expect(written("a.md", fence("", wide(80)))).toBe(fence("", wide(80)));
    expect(written("a.md", fence("", wide(81)))).not.toBe(fence("", wide(81)));
  });

  it("is unchanged when it is not valid Nix", () => {
    expect(written("a.md", fence("", "{ a = … }"))).toBe(fence("", "{ a = … }"));
  });
});

describe("pragmas", () => {
  it("are required with requirePragma", () => {
    configure({ requirePragma: true });
    expect(written("a.nix", unformatted)).toBe(unformatted);
    expect(written("a.nix", `# @format\n\n${unformatted}`)).toBe(`# @format\n\n${formatted}`);
  });

  it("are inserted once with insertPragma", () => {
    configure({ insertPragma: true });
    const inserted = written("a.nix", unformatted);
    expect(inserted).toBe(`# @format\n\n${formatted}`);
    expect(written("a.nix", inserted)).toBe(inserted);
  });

  it("exclude a file with checkIgnorePragma", () => {
    configure({ checkIgnorePragma: true });
    expect(written("a.nix", `# @noformat\n${unformatted}`)).toBe(`# @noformat\n${unformatted}`);
    expect(written("a.nix", unformatted)).toBe(formatted);
  });
});

it.each(["--stdin-filepath=a.nix", "--parser=nix"])("formats standard input with %s", (argument) => {
  const { stdout } = spawnSync(process.execPath, [prettier, argument], {
    cwd: folder,
    encoding: "utf8",
    input: unformatted,
  });
  expect(stdout).toBe(formatted);
});
