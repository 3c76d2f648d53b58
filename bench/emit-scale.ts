/**
 * Measures time and peak memory of the command by the number of VMs, per VM and relative to 100 VMs: `npx jiti
 * bench/emit-scale.ts`. Then the same ratio for `plan`, for guests that all differ, and for configs with an error in
 * each VM. Each run is a new process.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const main = fileURLToPath(new URL("../packages/emit/dist/bin/microvm-emit.js", import.meta.url));
const counts = [10, 100, 1_000, 10_000];
const rounds = 3;

interface Measured {
  readonly milliseconds: number;
  readonly peakMiB: number;
}

/** One host; each VM has a tap, an address and a separate guest. */
const configOf = (count: number, settings = ""): string => `import { claudeCode, defineConfig } from "microvm-emit";

export default defineConfig({
  hosts: {
    alpha: {
      stateVersion: "25.11",
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"] },
      bridges: { br0: { address: "10.7.0.1/16", nat: true } },
      vms: Object.fromEntries(
        Array.from({ length: ${count} }, (_, index) => [
          "vm" + index,
          { agent: claudeCode(), memoryMiB: 1024 + index, packages: ["git", "ripgrep"], ${settings} },
        ]),
      ),
    },
  },
});
`;

/** A measurement of 100 and of 1,000 VMs. */
interface Load {
  readonly name: string;
  readonly command: readonly string[];
  /** Settings of each VM, from its `index`. */
  readonly settings: string;
  readonly exitCode: 0 | 1;
}

const emission: Load = { name: "emit", command: [], settings: "", exitCode: 0 };
const ownGuest = 'environment: { VM: "vm" + index }, toolchains: index % 2 ? ["go"] : [], guest: "own"';
const volumes =
  '[{ image: "a.img", mountPoint: "/a", sizeMiB: 64 }, { image: "b.img", mountPoint: "/a", sizeMiB: 64 }]';
const loads: readonly Load[] = [
  { name: "emit, own guests", command: [], settings: ownGuest, exitCode: 0 },
  { name: "plan, own guests", command: ["plan"], settings: ownGuest, exitCode: 0 },
  { name: "unknown keys", command: ["plan"], settings: "vcpus: index", exitCode: 1 },
  { name: "unknown bridges", command: ["plan"], settings: 'interfaces: [{ bridge: "br" + index }]', exitCode: 1 },
  { name: "duplicate mount points", command: ["plan"], settings: `volumes: ${volumes}`, exitCode: 1 },
];

const measure = (count: number, { name, command, settings, exitCode }: Load): Measured => {
  const root = mkdtempSync(join(tmpdir(), "emit-bench-"));
  try {
    writeFileSync(join(root, "microvm.config.mjs"), configOf(count, settings));
    const watch = join(root, "watch.mjs");
    writeFileSync(
      watch,
      `process.on("exit", () => process.stderr.write("peakKiB=" + process.resourceUsage().maxRSS + "\\n"));\n`,
    );
    const start = process.hrtime.bigint();
    const { status, stderr } = spawnSync(
      process.execPath,
      ["--import", pathToFileURL(watch).href, main, ...command, join(root, "microvm.config.mjs")],
      { encoding: "utf8", maxBuffer: 1 << 28, env: { ...process.env, XDG_CACHE_HOME: join(root, "cache") } },
    );
    const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
    const peak = /peakKiB=(\d+)/.exec(stderr)?.[1];
    if (status !== exitCode || peak === undefined)
      throw new Error(`${name} of ${count} VMs ended otherwise: ${stderr}`);
    return { milliseconds, peakMiB: Number(peak) / 1024 };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
};

const best = (count: number, load = emission): Measured => {
  const runs = Array.from({ length: rounds }, () => measure(count, load));
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

console.log(`\n${"load".padEnd(24)}    100 VMs  1,000 VMs  time/VM (to 100)`);
for (const load of loads) {
  const [few, many] = [best(100, load).milliseconds, best(1_000, load).milliseconds];
  const ratio = many / few / 10;
  const times = [few, many].map((milliseconds) => `${milliseconds.toFixed(0)} ms`.padStart(10));
  console.log([load.name.padEnd(24), ...times, ratio.toFixed(2).padStart(6), ratio <= 1.3 ? "" : "MISSED"].join(" "));
  if (ratio > 1.3) process.exitCode = 1;
}
