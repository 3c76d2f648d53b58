/** Builds the command before any test, so that tests run what is published from the sources as they are. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";
import type { TestProject } from "vitest/node";
import config from "../rolldown.config.js";

/** Quick when nothing changed: TypeScript looks at the times of files first. */
const build = async (): Promise<void> => {
  execFileSync("node", [join(import.meta.dirname, "../scripts/library.js")]);
  const { status, stdout } = spawnSync("npx", ["tsc", "-b", "packages/emit", "packages/prettier-plugin-nix"], {
    cwd: join(import.meta.dirname, ".."),
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`The packages do not build:\n${stdout}`);
  const { output, ...input } = config;
  const bundle = await rolldown(input);
  await bundle.write(output);
  await bundle.close();
};

export default async (project: TestProject): Promise<() => void> => {
  await build();
  project.onTestsRerun(build);
  // Tests leave the user's own state alone.
  const state = mkdtempSync(join(tmpdir(), "emit-test-state-"));
  process.env["XDG_STATE_HOME"] = state;
  return () => {
    rmSync(state, { recursive: true, force: true });
  };
};
