/** Tests the Python and shell programs of the library: types, lint and unit tests. `npm run lint` runs ruff. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PYTHON } from "../lab/requirements.js";

const root = join(import.meta.dirname, "../..");
const nix = join(root, "packages/emit/nix");

const missing = readFileSync(join(import.meta.dirname, "debian-packages.txt"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => line.split(" ") as [program: string, name: string])
  .filter(([program]) => spawnSync("sh", ["-c", 'command -v "$1" || test -e "$1"', "sh", program]).status !== 0);
if (missing.length > 0)
  console.error(`NOT TESTED: programs of the library: apt install ${missing.map(([, name]) => name).join(" ")}`);

/** Files in git, and new files that git does not ignore. */
const files = (...patterns: readonly string[]): readonly string[] =>
  execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", ...patterns], {
    cwd: root,
    encoding: "utf8",
  })
    .split("\n")
    .filter((file) => file !== "" && !file.startsWith("examples/"));
const python = files("packages/emit/nix/*.py", "test/programs/*.py");
const shell = files("*.sh", "*.bash", ".ci/*", ":!.ci/*.*");
const libraryShell = files("packages/emit/nix/*.sh", "packages/emit/completions/*.bash");

describe.skipIf(missing.length > 0)("programs of the library", () => {
  it.each([
    ["mypy finds no wrong type", ["mypy", ...python]],
    ["shellcheck finds no mistake", ["shellcheck", "--severity", "warning", ...shell]],
    ["shfmt finds each file formatted", ["shfmt", "-i", "2", "-d", ...libraryShell]],
    ["unit tests pass", [PYTHON, "-B", "-m", "unittest", "discover", "--start-directory", "test/programs"]],
  ])("%s", (_, [program = "", ...args]) => {
    const env = {
      ...process.env,
      PYTHONPATH: ["policy", "resolver", "vm/state"].map((folder) => join(nix, folder)).join(":"),
    };
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, env, encoding: "utf8" });
    expect(status === 0 ? "" : `${stdout}${stderr}`).toBe("");
  });

  it("unit test files exist", () => {
    expect(python.filter((file) => /\/test_\w+\.py$/.test(file)).length).toBeGreaterThan(2);
    expect(libraryShell.length).toBeGreaterThan(0);
  });
});
