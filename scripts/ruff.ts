/**
 * Lints the repository's Python files and checks their format, with ruff and the settings of pyproject.toml: `npm run
 * lint`. `--write` formats them: `npm run format`.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Diagnostic, PositionEncoding, Workspace } from "@astral-sh/ruff-wasm-nodejs";
import { parse } from "smol-toml";

const root = join(import.meta.dirname, "..");
const { tool } = parse(readFileSync(join(root, "pyproject.toml"), "utf8")) as { tool: { ruff: unknown } };
const ruff = new Workspace(tool.ruff, PositionEncoding.Utf16);
const isWriting = process.argv.includes("--write");

const list = ["ls-files", "--cached", "--others", "--exclude-standard", "*.py", ":!examples"];
for (const file of execFileSync("git", list, { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean)) {
  const path = join(root, file);
  const text = readFileSync(path, "utf8");
  const formatted = ruff.format(text);
  if (isWriting && formatted !== text) writeFileSync(path, formatted);
  const problems = (ruff.check(isWriting ? formatted : text) as readonly Diagnostic[]).map(
    ({ code, message, start_location: { row, column } }) => `${file}:${row}:${column}: ${code ?? "syntax"} ${message}`,
  );
  if (!isWriting && formatted !== text) problems.push(`${file}: not formatted; npm run format formats it`);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}
