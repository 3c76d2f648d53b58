/** Pages show output that the program prints; `npx vitest run test/samples.test.ts -u` writes it there. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { microvmEmit } from "../packages/emit/test/cli/cli.js";

const dir = mkdtempSync(join(tmpdir(), "samples-"));
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** Pages shorten the key. */
const sshKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice@workstation";

/** The settings of a host, as a whole config. */
const wholeConfig = (host: string): string => `import { claudeCode, defineConfig } from "microvm-emit";
export default defineConfig({
  hosts: {
    workstation: {
      stateVersion: "26.05",
      user: { name: "alice", sshKeys: ["${sshKey}"] },
      ${host}
    },
  },
});
`;

const outputFor = (config: string, command: readonly string[]): string => {
  const whole = config.includes("export default")
    ? config.replace(/ssh-ed25519 AAAA…[^"]*/, sshKey)
    : wholeConfig(config);
  writeFileSync(join(dir, "microvm.config.ts"), whole);
  const { stdout, stderr } = microvmEmit(dir, [...command, "microvm.config.ts"]);
  return stdout + stderr;
};

/** A config, and its output in a block of the language `text`. */
const sample = /(```ts(?: host)?\n((?:(?!```)[^])*)```\n\n```text\n)[^]*?(?=```\n)/g;

it.each([
  ["docs/problems.md", []],
  ["docs/guests.md", ["plan"]],
  ["docs/isolation.md", ["plan"]],
])("%s shows the output for its config", async (page, command) => {
  const path = fileURLToPath(new URL(`../${page}`, import.meta.url));
  const shown = readFileSync(path, "utf8");
  expect(shown).toMatch(sample);
  const printed = shown.replace(sample, (_, before: string, config: string) => before + outputFor(config, command));
  await expect(printed).toMatchFileSnapshot(path);
});
