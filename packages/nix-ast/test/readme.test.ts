import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createJiti } from "jiti";
import { describe, expect, it, vi } from "vitest";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/```ts\n(.*?)```\n\n```(?:nix|text)\n(.*?)```/gs)];

describe("the README", () => {
  it("contains the output of every program", () => {
    expect(examples).toHaveLength([...readme.matchAll(/```ts\n/g)].length);
  });

  it.each(examples.map(([, program = "", output = ""]) => [program, output]))(
    "contains the right output: %s",
    async (program, output) => {
      const source = (path: string): string => fileURLToPath(new URL(`../src/${path}.ts`, import.meta.url));
      const alias = {
        "@microvm-emit/nix-ast/scopes": source("scopes/scopes"),
        "@microvm-emit/nix-ast": source("index"),
      };
      const jiti = createJiti(import.meta.url, { alias });
      const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
      await jiti.evalModule(program, { filename: fileURLToPath(new URL("readme.ts", import.meta.url)), async: true });
      const printed = log.mock.calls.map((words) => words.join(" ")).join("\n");
      log.mockRestore();
      expect(`${printed.trimEnd()}\n`).toBe(`${output.trimEnd()}\n`);
    },
  );
});
