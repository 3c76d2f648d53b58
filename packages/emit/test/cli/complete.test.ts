/** Tests the answers to shells, without a shell. */
import { chownSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { placeholderOf } from "../../src/cli/complete.js";
import { commands } from "../../src/cli/commands/commands.js";
import { placeholders } from "../../src/cli/placeholders.js";
import { layOut, temporaryDirectory } from "../tree.js";
import { microvmEmit } from "./cli.js";

const lock = (file: string, vms: readonly string[]): Record<string, string> => ({
  [file]: JSON.stringify({
    version: 2,
    hosts: { alpha: Object.fromEntries(vms.map((name, index) => [name, index])), beta: { remote: 0 } },
    freed: { alpha: [{ vm: "oldvm", index: 9 }] },
  }),
});

/** A project whose config writes a file when it runs. */
const project = (): string => {
  const dir = temporaryDirectory();
  layOut(dir, {
    "microvm.config.ts": `import { writeFileSync } from "node:fs";\nwriteFileSync("ran", "");\nexport default {};\n`,
    ...lock("microvm.lock.json", ["webvm", "workvm", "api"]),
    "other.yaml": "hosts: {}",
    ...lock("other.yaml.lock.json", ["othervm"]),
  });
  return dir;
};

/** The values of the answer, after its kind of paths. */
const answer = (cwd: string, line: string): readonly string[] => {
  const { stdout, stderr, exitCode } = microvmEmit(cwd, ["complete", "--", ...line.split(" ")]);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  const [kind = "", ...words] = stdout.trimEnd().split("\n");
  return [kind, ...words.map((word) => word.split("\t")[0] ?? "")];
};

describe("complete", () => {
  it.each([
    ["pl", ["words", "plan"]],
    ["microvm.con", ["files"]],
    ["up w", ["words", "webvm", "workvm"]],
    ["up -c other.yaml o", ["words", "othervm"]],
    ["up --config=other.yaml o", ["words", "othervm"]],
    ["plan --host ", ["words", "alpha", "beta"]],
    ["plan --host=", ["words", "--host=alpha", "--host=beta"]],
    ["plan --host = al", ["words", "--host=alpha"]],
    ["plan --host beta --vm ", ["words", "remote"]],
    ["move webvm --to be", ["words", "beta"]],
    ["gc --delete ", ["words", "oldvm"]],
    ["gc --delete oldvm --with", ["words", "--with-workspace"]],
    ["check --format ", ["words", "human", "json", "sarif"]],
    ["--stop-after p", ["words", "plan"]],
    ["add new --agent clau", ["words", "claude-code"]],
    ["add new --toolchain go,ru", ["words", "go,rust", "go,ruby"]],
    ["cp we", ["files", "webvm:"]],
    ["explain duplicate-ma", ["words", "duplicate-mac"]],
    ["completions ", ["words", "bash", "zsh", "fish"]],
    ["help expl", ["words", "explain"]],
    ["exec webvm -- -", ["words"]],
    ["init --into ", ["files"]],
    ["init de", ["directories"]],
    ["check --nothing ", ["files"]],
  ])("completes %s", (line, expected) => {
    const found = answer(project(), line);
    expect(found).toEqual(expected);
  });

  it("lists the flags of the command after a dash", () => {
    const flags = answer(project(), "up web -");
    expect(flags).toContain("--switch");
    expect(flags).not.toContain("--stop-after");
  });

  it("never runs the config", () => {
    const dir = project();
    expect(answer(dir, "up ")).toEqual(["words", "webvm", "workvm", "api", "remote"]);
    expect(() => {
      rmSync(join(dir, "ran"));
    }).toThrow("ENOENT");
  });

  it.skipIf(process.getuid?.() !== 0)("reads no names beside a config of another user", () => {
    const dir = project();
    mkdirSync(join(dir, "mine"));
    chownSync(join(dir, "microvm.config.ts"), 1234, 1234);
    expect(answer(join(dir, "mine"), "up ")).toEqual(["words"]);
  });

  it("passes on only names that are safe in a shell", () => {
    const dir = project();
    writeFileSync(
      join(dir, "microvm.lock.json"),
      JSON.stringify({ hosts: { alpha: { good: 0, "$(touch ran)": 1, "a b": 2, "a\nb": 3, "-rf": 4 } }, freed: [] }),
    );
    expect(answer(dir, "up ")).toEqual(["words", "good"]);
    writeFileSync(join(dir, "microvm.lock.json"), "{");
    expect(answer(dir, "up ")).toEqual(["words"]);
  });

  it("has the values of each placeholder", () => {
    const program = new Command();
    for (const declare of commands) declare(program, () => undefined);
    const used = [program, ...program.commands].flatMap((command) => [
      ...command.options.filter(({ argChoices }) => argChoices === undefined).map(placeholderOf),
      ...command.registeredArguments.filter(({ argChoices }) => argChoices === undefined).map((one) => one.name()),
    ]);
    const names = new Set(used.filter((name) => name !== "" && name !== "words"));
    expect([...names].sort()).toEqual(Object.keys(placeholders).sort());
  });
});
