/**
 * Measures the cost of network policies: a VM's throughput to the internet with policies and with plain NAT, in turns,
 * and the load time and memory of the rules by the number of VMs: `npx jiti bench/network.ts`, with `--rounds 20`,
 * `--seconds 1` and `--vms 10,100,1000`. Needs root on Linux, the packages of `test/lab`, and iperf3.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Config, Vm } from "microvm-emit";
import { emitFlake } from "../test/lab/evaluated.js";
import { BEYOND } from "../test/lab/host-network.js";
import { openNamespace } from "../test/lab/namespace.js";
import { guarded } from "../test/lab/policy-config.js";
import { type Lab, openLab } from "../test/lab/policy-lab.js";
import { poll } from "../test/lab/poll.js";
import { whatIsMissing } from "../test/lab/requirements.js";
import { evalFlake, nixes } from "../test/nix/harness.js";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    seconds: { type: "string", default: "1" },
    vms: { type: "string", default: "10,100,1000" },
  },
});

const missing = whatIsMissing();
if (missing !== undefined) {
  console.error(`NOT MEASURED: ${missing}.`);
  process.exit(1);
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

// --- throughput ---

const sets: Readonly<Record<string, readonly string[]>> = { "VM to internet": [], "internet to VM": ["-R"] };

const measureMbitPerSecond = async ({ guests }: Lab, direction: readonly string[]): Promise<number> => {
  const report = await guests["internet"]?.space.run(
    ...(["iperf3", "--json", "-c", BEYOND, "-O", "1", "-t", options.seconds, ...direction] as const),
  );
  const { end } = JSON.parse(report ?? "{}") as {
    readonly end: { readonly sum_received: { readonly bits_per_second: number } };
  };
  return end.sum_received.bits_per_second / 1e6;
};

const compareThroughput = async (): Promise<void> => {
  const lab = await openLab(guarded);
  try {
    lab.beyond.start("/dev/null", "iperf3", "-s");
    await poll("iperf3", 10, () => measureMbitPerSecond(lab, []).catch(() => undefined));
    const plain = "table bridge microvm\ndelete table bridge microvm\ntable inet microvm\ndelete table inet microvm\n";
    for (const [what, direction] of Object.entries(sets)) {
      const runs: [policy: number, plain: number][] = [];
      for (let round = 0; round < Number(options.rounds); round += 1) {
        const seen = { policy: 0, plain: 0 };
        // Alternates the order, so that other load affects both alike.
        const order = round % 2 === 0 ? (["policy", "plain"] as const) : (["plain", "policy"] as const);
        for (const which of order) {
          await lab.load({ policy: lab.policy.rules, plain }[which]);
          seen[which] = await measureMbitPerSecond(lab, direction);
        }
        runs.push([seen.policy, seen.plain]);
      }
      const [policy, nat] = [median(runs.map(([one]) => one)), median(runs.map(([, other]) => other))];
      const ratio = policy / nat;
      const isMet = ratio >= 0.95;
      if (!isMet) process.exitCode = 1;
      console.log(
        `${what}: ${policy.toFixed(0)} Mbit/s with policies, ${nat.toFixed(0)} Mbit/s with plain NAT: ${ratio.toFixed(2)}x, medians of ${options.rounds} turns (goal: at least 0.95x): ${isMet ? "met" : "MISSED"}`,
      );
    }
  } finally {
    await lab.close();
  }
};

// --- rules ---

/** A third each: the internet, an allowlist with addresses, and only another VM. */
const vm = (index: number): Vm =>
  [
    {},
    { network: "allowlist", allow: ["github", "npm", "10.0.0.5:5432"] } as const,
    { network: "none", reachVms: [`vm${String(index - 1)}`], reachHost: [8080] } as const,
  ][index % 3] ?? {};

const hostOf = (count: number): Config => ({
  hosts: {
    h: {
      stateVersion: "26.05",
      modules: ["./configuration.nix"],
      user: { name: "alice", uid: 1000, gid: 100, sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: {
        br0: { address: "10.83.0.1/16", ipv6: "fd00:83::1/64", nat: { externalInterface: "up0" } },
      },
      vms: Object.fromEntries(Array.from({ length: count }, (_, index) => [`vm${String(index)}`, vm(index)])),
    },
  },
});

const rulesOf = async (config: Config): Promise<string> => {
  const [nix] = nixes();
  if (nix === undefined) throw new Error("There is no nix.");
  const apply = `config: config.environment.etc."microvm/policy.nft".text`;
  return (await evalFlake(emitFlake(config), "nixosConfigurations.h.config", { nix, apply })) as string;
};

/** A cgroup that counts kernel memory, of version 1 or 2; null without one. */
const openGroup = (): {
  readonly procs: string;
  readonly kernelMiB: () => number;
  readonly close: () => void;
} | null => {
  const name = `microvm-emit-${String(process.pid)}`;
  const [one, two] = [`/sys/fs/cgroup/memory/${name}`, `/sys/fs/cgroup/${name}`];
  const isOne = existsSync("/sys/fs/cgroup/memory/memory.kmem.usage_in_bytes");
  if (!isOne && !existsSync("/sys/fs/cgroup/cgroup.controllers")) return null;
  const folder = isOne ? one : two;
  mkdirSync(folder);
  return {
    procs: join(folder, "cgroup.procs"),
    kernelMiB: () =>
      (isOne
        ? Number(readFileSync(join(folder, "memory.kmem.usage_in_bytes"), "utf8"))
        : Number(/^kernel (\d+)/m.exec(readFileSync(join(folder, "memory.stat"), "utf8"))?.[1])) /
      2 ** 20,
    close: () => {
      rmdirSync(folder);
    },
  };
};

const measureRules = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "network-bench-"));
  try {
    for (const count of options.vms.split(",").map(Number)) {
      const rules = await rulesOf(hostOf(count));
      const file = join(folder, `${String(count)}.nft`);
      writeFileSync(file, rules);
      const seconds: number[] = [];
      let kernelMiB: number | undefined;
      for (let round = 0; round < Number(options.rounds); round += 1) {
        const space = await openNamespace();
        const group = openGroup();
        try {
          const start = process.hrtime.bigint();
          await space.run("nft", "-f", file);
          seconds.push(Number(process.hrtime.bigint() - start) / 1e9);
          await space.run("nft", "flush", "ruleset");
          if (group !== null) {
            execFileSync("sh", [
              "-c",
              `echo $$ >${group.procs}; exec nsenter --net=/proc/${String(space.pid)}/ns/net nft -f ${file}`,
            ]);
            kernelMiB = group.kernelMiB();
          }
        } finally {
          await space.close();
          group?.close();
        }
      }
      console.log(
        `${String(count)} VMs: ${median(seconds).toFixed(3)} s to load, ${kernelMiB?.toFixed(1) ?? "?"} MiB of the kernel's memory, ${(rules.length / 1024).toFixed(0)} KiB of text`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

await compareThroughput();
await measureRules();
