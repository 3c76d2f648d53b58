/** Builds the command from the current sources before any test, so that tests run the published form. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";
import type { TestProject } from "vitest/node";
import configure from "../rolldown.config.js";

/** Quick without changes, because TypeScript first compares file times. */
const build = async (): Promise<void> => {
  execFileSync("node", [join(import.meta.dirname, "../scripts/library.js")]);
  const { status, stdout } = spawnSync("npx", ["tsc", "-b", "packages/emit", "packages/prettier-plugin-nix"], {
    cwd: join(import.meta.dirname, ".."),
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`The packages do not build:\n${stdout}`);
  for (const { output, ...input } of await configure()) {
    const bundle = await rolldown(input);
    await bundle.write(output);
    await bundle.close();
  }
};

export default async (project: TestProject): Promise<() => void> => {
  await build();
  project.onTestsRerun(build);
  // Tests must not touch the user's state.
  const state = mkdtempSync(join(tmpdir(), "emit-test-state-"));
  process.env["XDG_STATE_HOME"] = state;
  return () => {
    rmSync(state, { recursive: true, force: true });
  };
};
