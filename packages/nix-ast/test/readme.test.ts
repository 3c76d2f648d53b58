import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createJiti } from "jiti";
import { expect, it, vi } from "vitest";

it("prints what the README says", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const [, program = ""] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  const [, text = ""] = /```nix\n(.*?)```/s.exec(readme) ?? [];
  const source = fileURLToPath(new URL("../src/index.ts", import.meta.url));
  const jiti = createJiti(import.meta.url, { alias: { "@microvm-emit/nix-ast": source } });
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  await jiti.evalModule(program, { filename: fileURLToPath(new URL("readme.ts", import.meta.url)), async: true });
  expect(log.mock.calls).toEqual([[text]]);
  log.mockRestore();
});
