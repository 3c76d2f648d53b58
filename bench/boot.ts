/**
 * Boots the example VM of microvm.nix and two VMs of the emitted flake, by turns, on the host of `test/nixos`: `emitted` is as
 * plain as the example, `agent` has an agent, a toolchain and home-manager. Prints the time and the CPU time of the hypervisor
 * from `systemctl start` to the banner of the SSH server, and the analysis by systemd: `npx jiti bench/boot.ts`, with
 * `--rounds 3` to repeat it. See CONTRIBUTING.md for the requirements.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { coder, flakeOf, labOf, machine, rootLogin, SYSTEM } from "../test/nixos/configs.js";
import { build, openStore } from "../test/nixos/debian.js";
import { guestOf, makeKey, putKey } from "../test/nixos/guest.js";
import { bootHost, type Host } from "../test/nixos/host.js";
import { whatNixosMisses } from "../test/nixos/requirements.js";
import { poll } from "../test/lab/poll.js";

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "1" } } });
const missing = whatNixosMisses();
if (missing !== undefined) {
  console.error(`NOT MEASURED, because ${missing}.`);
  process.exit(1);
}

const PATIENCE_S = 2400;
const VMS = { example: "10.0.0.2", emitted: "192.168.83.2", agent: "192.168.83.3" } as const;
type Name = keyof typeof VMS;
const NAMES: readonly Name[] = ["example", "emitted", "agent"];
/** Users can log in when both have started. */
const LAST_UNITS = "sshd.service systemd-user-sessions.service";

interface Cost {
  readonly seconds: number;
  /** CPU seconds of the hypervisor and the daemons of its shares. */
  readonly cpuSeconds: number;
}

const cpuOf = async (host: Host, unit: string): Promise<number> =>
  Number(await host.run(`systemctl show --property=CPUUsageNSec --value ${unit}`)) / 1e9;

const boot = async (host: Host, name: Name): Promise<Cost> => {
  const start = performance.now();
  await host.run(`systemctl start microvm@${name}`);
  const banner = `timeout 5 bash -c 'exec 3<>/dev/tcp/${VMS[name]}/22; read -r line <&3; case $line in SSH-*) ;; *) exit 1 ;; esac' 2>/dev/null`;
  await poll(`SSH of ${name}`, PATIENCE_S, () =>
    host.run(banner).then(
      () => true as const,
      () => undefined,
    ),
  );
  const seconds = (performance.now() - start) / 1000;
  const cpus = await Promise.all(["microvm", "microvm-virtiofsd"].map((unit) => cpuOf(host, `${unit}@${name}`)));
  return { seconds, cpuSeconds: cpus.reduce((sum, cpu) => sum + cpu, 0) };
};

const analyze = (host: Host, name: Name): Promise<string> => {
  const guest = guestOf(host, name, VMS[name], { accepted: "any key" });
  return guest.run(
    `systemctl is-system-running --wait >/dev/null || true
     systemd-analyze
     systemd-analyze critical-chain ${LAST_UNITS} --no-pager
     systemd-analyze blame --no-pager | head -n 20`,
    "root",
  );
};

const key = makeKey();
const modules = [rootLogin(key.publicKey)];
const vms = {
  emitted: { ...machine, firewall: true, index: 0, modules },
  agent: { ...coder, index: 1, modules },
};
const flake = flakeOf(labOf(key.publicKey, vms, ["./example-vm.nix"]));
const file = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
writeFileSync(join(flake, "example-vm.nix"), file("example-vm.nix"));
writeFileSync(join(flake, "key.pub"), key.publicKey);
writeFileSync(join(flake, "kernel-params.json"), JSON.stringify(machine.kernelParams));

const store = await openStore();
const [system = ""] = await build(store, flake, [SYSTEM]);
const host = await bootHost(store, system);
try {
  await putKey(host, key);
  const costs: Record<Name, Cost[]> = { example: [], emitted: [], agent: [] };
  for (let round = 1; round <= Number(options.rounds); round += 1) {
    for (const name of NAMES) {
      const cost = await boot(host, name);
      costs[name].push(cost);
      console.log(`${name}: ${cost.seconds.toFixed(1)} s, ${cost.cpuSeconds.toFixed(1)} s of CPU`);
      if (round === 1) console.log(await analyze(host, name));
      await host.run(`systemctl stop microvm@${name}`);
    }
  }
  const median = (name: Name, of: (cost: Cost) => number): number => {
    const sorted = costs[name].map(of).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? NaN;
  };
  for (const name of ["emitted", "agent"] as const)
    for (const [what, of] of [
      ["time", (cost: Cost) => cost.seconds],
      ["CPU time", (cost: Cost) => cost.cpuSeconds],
    ] as const)
      console.log(`${name} / example, ${what}: ${(median(name, of) / median("example", of)).toFixed(2)}`);
} finally {
  await host.kill();
}
process.exit(0);
