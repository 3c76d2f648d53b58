/** How long the whole command takes on the example, as a ratio to Node doing nothing: `npx jiti bench/start-up.ts`. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("..", import.meta.url));
const rounds = 40;

const root = mkdtempSync(join(tmpdir(), "emit-bench-"));
cpSync(join(repository, "examples/midna"), root, { recursive: true });
const env = { ...process.env, XDG_CACHE_HOME: join(root, "cache") };

const millisecondsOf = (...args: readonly string[]): number => {
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
  const end = process.hrtime.bigint();
  if (status !== 0) throw new Error(`node ${args.join(" ")} failed: ${stderr}`);
  return Number(end - start) / 1e6;
};

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

try {
  const emit = (): number =>
    millisecondsOf(join(repository, "packages/emit/dist/microvm-emit.js"), join(root, "microvm.config.ts"));
  const nothing = (): number => millisecondsOf("-e", "0");
  const first = emit();
  // In turns, so that what else the machine does weighs on both alike.
  const pairs = Array.from({ length: rounds }, () => ({ emit: emit(), nothing: nothing() }));
  const emitting = median(pairs.map((pair) => pair.emit));
  const starting = median(pairs.map((pair) => pair.nothing));
  const ratio = emitting / starting;
  console.log(`node -e 0:              ${starting.toFixed(1)} ms (median of ${rounds})`);
  console.log(
    `microvm-emit, example:  ${emitting.toFixed(1)} ms (median of ${rounds}), the very first ${first.toFixed(1)} ms`,
  );
  console.log(`ratio:                  ${ratio.toFixed(2)} (goal: at most 5)`);
  if (ratio > 5) process.exitCode = 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}
