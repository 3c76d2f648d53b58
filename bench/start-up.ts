/**
 * Measures CPU time of whole commands, as a ratio to an empty Node process: `npm run build && npx jiti
 * bench/start-up.ts [node]`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("..", import.meta.url));
const [, , node = process.execPath] = process.argv;
const rounds = 20;

const root = mkdtempSync(join(tmpdir(), "emit-bench-"));
cpSync(join(repository, "examples/minimal"), root, { recursive: true });
const env = { ...process.env, XDG_CACHE_HOME: join(root, "cache"), XDG_STATE_HOME: join(root, "state") };

const program = join(repository, "packages/emit/dist/bin/microvm-emit.js");
const config = join(root, "microvm.config.ts");
/** Upper limits of the ratios, by major version of Node: newer ones start faster. */
const goals = [
  { args: ["--help"], 20: 2.5, 22: 4 },
  { args: ["schema"], 20: 2.5, 22: 4 },
  { args: ["explain", "duplicate-mac"], 20: 2.5, 22: 4 },
  { args: ["plan", config], 20: 4, 22: 8 },
  { args: [config], 20: 5, 22: 9 },
] as const;

/** CPU time of all awaited child processes, in ticks of 1/100 s (`cutime` and `cstime`, proc_pid_stat(5)). */
const childTicks = (): number => {
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[13]) + Number(fields[14]);
};

const cpuMillisecondsOf = (...args: readonly string[]): number => {
  const start = childTicks();
  const { status, stderr } = spawnSync(node, args, { env, encoding: "utf8" });
  if (status !== 0) throw new Error(`node ${args.join(" ")} failed: ${stderr}`);
  return (childTicks() - start) * 10;
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

try {
  const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
  const major = Number(/^v(\d+)/.exec(version)?.[1]) >= 22 ? 22 : 20;
  for (const { args } of goals) cpuMillisecondsOf(program, ...args);
  // In turns, so that other load affects all alike.
  const turns = Array.from({ length: rounds }, () => ({
    nothing: cpuMillisecondsOf("-e", "0"),
    commands: goals.map(({ args }) => cpuMillisecondsOf(program, ...args)),
  }));
  const nothing = mean(turns.map((turn) => turn.nothing));
  console.log(`Node ${version}, CPU time, mean of ${rounds} runs; node -e 0: ${nothing.toFixed(0)} ms`);
  const table = goals.map(({ args, [major]: goal }, position) => {
    const milliseconds = mean(turns.map(({ commands }) => commands[position] ?? Number.NaN));
    const ratio = milliseconds / nothing;
    return {
      command: ["microvm-emit", ...args].join(" ").replace(`${root}/`, ""),
      "CPU ms": Math.round(milliseconds),
      ratio: Number(ratio.toFixed(2)),
      goal,
      reached: ratio <= goal,
    };
  });
  console.table(table);
  if (table.some(({ reached }) => !reached)) process.exitCode = 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}
