/**
 * Tests the completions in real shells at a pseudo-terminal: types a line with tabs, and reads the command that the
 * shell runs.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const bin = join(root, "packages/emit/dist/bin/microvm-emit.js");
const completions = join(root, "packages/emit/completions");
const folder = mkdtempSync(join(tmpdir(), "emit-shells-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

// Completions and their scripts come from the command; a line is only shown.
writeFileSync(
  join(folder, "microvm-emit"),
  `#!/bin/sh
case $1 in
complete | completions) exec "${process.execPath}" "${bin}" "$@" ;;
esac
printf 'RAN'
printf '<%s>' "$@"
printf ';\\n'
`,
);
chmodSync(join(folder, "microvm-emit"), 0o755);
writeFileSync(join(folder, "microvm.config.yaml"), "not: [read");
writeFileSync(
  join(folder, "microvm.config.yaml.lock.json"),
  JSON.stringify({ version: 2, hosts: { alpha: { webvm: 0, api: 1 } } }),
);
writeFileSync(join(folder, "notes.md"), "");

/** Starts of the shells without the user's settings, and the lines that load the completions. */
const shells: Readonly<Record<string, { readonly start: readonly string[]; readonly load: readonly string[] }>> = {
  bash: { start: ["--norc", "--noprofile", "-i"], load: ['eval "$(microvm-emit completions bash)"'] },
  zsh: {
    start: ["-f", "-i"],
    load: ["PROMPT=", `fpath=(${completions} $fpath)`, "autoload -U compinit", "compinit -u -D"],
  },
  fish: { start: ["--no-config", "-i"], load: ["microvm-emit completions fish | source"] },
};

/** Keys, and the line that the shell runs after them. */
const lines: readonly (readonly [keys: string, ran: string])[] = [
  ["exp\t", "RAN<explain>;"],
  ["up web\t", "RAN<up><webvm>;"],
  ["status ap\t", "RAN<status><api>;"],
  ["plan --host \t", "RAN<plan><--host><alpha>;"],
  ["check --form\tsar\t", "RAN<check><--format><sarif>;"],
  ["check --format=sar\t", "RAN<check><--format=sarif>;"],
  ["add x --agent clau\t", "RAN<add><x><--agent><claude-code>;"],
  ["cp ./not\twebv\t", "RAN<cp><./notes.md><webvm:>;"],
  ["schema -o no\t", "RAN<schema><-o><no>;"],
];

const missing = (shell: string): boolean => spawnSync("sh", ["-c", 'command -v "$1"', "sh", shell]).status !== 0;

describe.each(Object.entries(shells))("completions of %s", (shell, { start, load }) => {
  const isMissing = missing(shell) || missing("python3");
  if (isMissing) console.error(`NOT TESTED: completions of ${shell}: apt install ${shell} python3`);

  it.skipIf(isMissing)("complete commands, flags, values, names and paths", () => {
    const path = spawnSync("sh", ["-c", 'command -v "$1"', "sh", shell], { encoding: "utf8" }).stdout.trim();
    const ready = "RAN<ready>;";
    const typed = [
      ["", [...load, "microvm-emit ready"].map((line) => `${line}\r`).join("")],
      ...lines.map(([keys], at) => [at === 0 ? ready : (lines[at - 1]?.[1] ?? ""), `microvm-emit ${keys}\r`]),
      [lines.at(-1)?.[1] ?? "", "exit\r"],
    ];
    const { stdout } = spawnSync(
      "python3",
      [join(root, "packages/emit/test/cli/terminal.py"), JSON.stringify(typed), path, ...start],
      {
        cwd: folder,
        encoding: "utf8",
        env: { PATH: `${folder}:${process.env["PATH"] ?? ""}`, HOME: folder, TERM: "dumb", PS1: "", LANG: "C.UTF-8" },
      },
    );
    expect(stdout.match(/RAN<[^;]*;/g)).toEqual([ready, ...lines.map(([, ran]) => ran)]);
  });
});
