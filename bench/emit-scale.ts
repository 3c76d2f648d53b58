/**
 * Time and peak memory of the whole command by the number of VMs, per VM and against 100: `npx jiti bench/emit-scale.ts`.
 * Each run is a process of its own.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const main = fileURLToPath(new URL("../packages/emit/dist/microvm-emit.js", import.meta.url));
const counts = [10, 100, 1_000, 10_000];
const rounds = 3;

interface Measured {
  readonly milliseconds: number;
  readonly peakMiB: number;
}

/** One host with VMs that all get a tap, an address and a guest system of their own. */
const configOf = (count: number): string => `import { claudeCode, defineConfig } from "microvm-emit";

export default defineConfig({
  hosts: {
    alpha: {
      stateVersion: "25.11",
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"] },
      bridges: { br0: { address: "10.7.0.1/16", nat: true } },
      vms: Object.fromEntries(
        Array.from({ length: ${count} }, (_, index) => [
          "vm" + index,
          { agent: claudeCode(), memoryMiB: 1024 + index, packages: ["git", "ripgrep"] },
        ]),
      ),
    },
  },
});
`;

const measure = (count: number): Measured => {
  const root = mkdtempSync(join(tmpdir(), "emit-bench-"));
  try {
    writeFileSync(join(root, "microvm.config.mjs"), configOf(count));
    const watch = join(root, "watch.mjs");
    writeFileSync(
      watch,
      `process.on("exit", () => process.stderr.write("peakKiB=" + process.resourceUsage().maxRSS + "\\n"));\n`,
    );
    const start = process.hrtime.bigint();
    const { status, stderr } = spawnSync(
      process.execPath,
      ["--import", pathToFileURL(watch).href, main, join(root, "microvm.config.mjs")],
      { encoding: "utf8", env: { ...process.env, XDG_CACHE_HOME: join(root, "cache") } },
    );
    const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
    const peak = /peakKiB=(\d+)/.exec(stderr)?.[1];
    if (status !== 0 || peak === undefined) throw new Error(`${count} VMs failed: ${stderr}`);
    return { milliseconds, peakMiB: Number(peak) / 1024 };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
};

const best = (count: number): Measured => {
  const runs = Array.from({ length: rounds }, () => measure(count));
  return {
    milliseconds: Math.min(...runs.map(({ milliseconds }) => milliseconds)),
    peakMiB: Math.min(...runs.map(({ peakMiB }) => peakMiB)),
  };
};

const results = new Map(counts.map((count) => [count, best(count)]));
const at = (count: number): Measured => {
  const measured = results.get(count);
  if (measured === undefined) throw new Error(`${count} VMs were not measured`);
  return measured;
};

console.log("    VMs        time   time/VM  (to 100)   peak RSS  RSS/VM  (to 100)");
for (const [count, { milliseconds, peakMiB }] of results) {
  const timeRatio = milliseconds / count / (at(100).milliseconds / 100);
  const memoryRatio = peakMiB / count / (at(100).peakMiB / 100);
  console.log(
    [
      String(count).padStart(7),
      `${milliseconds.toFixed(0)} ms`.padStart(11),
      `${(milliseconds / count).toFixed(2)} ms`.padStart(9),
      timeRatio.toFixed(2).padStart(9),
      `${peakMiB.toFixed(0)} MiB`.padStart(10),
      `${((peakMiB * 1024) / count).toFixed(0)} KiB`.padStart(9),
      memoryRatio.toFixed(2).padStart(8),
    ].join(" "),
  );
}
const most = at(10_000);
const isFine = most.milliseconds / 10_000 <= 1.3 * (at(100).milliseconds / 100) && most.peakMiB < 1024;
console.log(`goal (10,000 VMs within 1.3 of 100 per VM, below 1 GiB): ${isFine ? "met" : "MISSED"}`);
if (!isFine) process.exitCode = 1;
