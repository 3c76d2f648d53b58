/**
 * Measures Nix's evaluation of a host by the number of its VMs and guests, on real modules: `npx jiti bench/eval.ts`,
 * with `--shared 1,20,100`, `--own 1,2` (the baseline) and `--rounds 3` to change the amount. Nix has the environment
 * variables of `microvm-emit check`, or with `--plain` only those of this process. `MICROVM_EMIT_RIG` names
 * a folder with `nixpkgs`, `microvm`, `home-manager`, `stapelbergnix` and
 * `inputs/{spectrum,nix-index-database,configfiles}` as plain trees and a `store`; `MICROVM_EMIT_NIX_CURRENT` names the
 * `nix` to use if that on PATH is old. Needs Linux's `/proc`. Each evaluation is a new process.
 */
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { nixEnvironment } from "../packages/emit/src/check/nix-environment.js";
import { ARTICLE_INPUTS, overridesIn } from "../test/nix/rig.js";
import { ast, claudeCode, type Config, emacs, emit, fromInput, render, type Vm, zsh } from "microvm-emit";

const { values: options } = parseArgs({
  options: {
    shared: { type: "string", default: "1,2,5,20,100,400" },
    own: { type: "string", default: "1,2,5,20" },
    rounds: { type: "string", default: "3" },
    plain: { type: "boolean", default: false },
  },
});
const sizes = (text: string): readonly number[] => text.split(",").filter(Boolean).map(Number);

const rig = process.env["MICROVM_EMIT_RIG"];
const nix = process.env["MICROVM_EMIT_NIX_CURRENT"] ?? "nix";
if (rig === undefined) {
  console.error("NOT MEASURED: set MICROVM_EMIT_RIG to a folder with the real modules, see the head of bench/eval.ts.");
  process.exit(1);
}

/** A VM like those of examples/midna; its packages depend on the guest. */
const vm = (index: number, guest: number): Vm => ({
  agent: claudeCode(),
  workspace: `~/microvm/project${String(index)}`,
  firewall: false,
  modules: ["stapelbergnix.lib.userSettings"],
  packages: [["git"], ["git", "go"], ["git", "gcc"], ["git", "ripgrep"]][guest],
  home: [
    zsh({
      history: { size: 4000, save: 10_000_000, ignoreDups: true, share: false, append: true },
      init: [fromInput("configfiles", "zshrc"), "export CLAUDE_CONFIG_DIR=/home/michael/claude-microvm"],
    }),
    emacs({
      package: ast.call(
        ast.select(ast.ident("inputs"), "stapelbergnix", "lib", "emacsWithPackages"),
        ast.attrs([ast.inherit("pkgs")]),
      ),
      configDirectory: fromInput("configfiles", "config/emacs"),
    }),
  ],
});

const host = (vms: readonly Vm[]): Config => ({
  inputs: {
    stapelbergnix: { url: "github:stapelberg/nix", follows: { nixpkgs: "nixpkgs" } },
    configfiles: { url: "github:stapelberg/configfiles", flake: false },
  },
  hosts: {
    h: {
      stateVersion: "25.11",
      modules: [
        "./host.nix",
        "stapelbergnix.lib.userSettings",
        "stapelbergnix.lib.systemdNetwork",
        "stapelbergnix.lib.systemdBoot",
        "stapelbergnix.lib.prometheusNode",
      ],
      user: { name: "michael" },
      bridges: { microbr: { address: "10.83.0.1/16", nat: true } },
      vms: Object.fromEntries(vms.map((each, index) => [`vm${String(index)}`, each])),
    },
  },
});

const byHand = "1 by hand";
const times = <A>(count: number, make: (index: number) => A): readonly A[] =>
  Array.from({ length: count }, (_, index) => make(index));
const own = (each: Vm): Vm => ({ ...each, guest: "own" });

const cases = new Map<string, readonly Vm[]>([
  ...sizes(options.shared).map((count) => [`${String(count)} shared`, times(count, (index) => vm(index, 0))] as const),
  ...sizes(options.own).map((count) => [`${String(count)} own`, times(count, (index) => own(vm(index, 0)))] as const),
  ["4 of 4 guests", times(4, (index) => vm(index, index))],
  ["20 of 4 guests", times(20, (index) => vm(index, index % 4))],
]);

const env = {
  ...(options.plain ? process.env : nixEnvironment()),
  NIX_CONFIG: "experimental-features = nix-command flakes\nflake-registry =\n",
};
const offline = ["--store", join(rig, "store"), "--offline"];

/** A flake on disk and its host. */
interface Flake {
  readonly ref: string;
  readonly host: string;
}

/** Locks the flake to the rig, so that no evaluation fetches. */
const lock = (flake: Flake): Flake => {
  execFileSync(nix, ["flake", "lock", ...offline, ...overridesIn(rig, ARTICLE_INPUTS), flake.ref], {
    env,
    stdio: "pipe",
  });
  return flake;
};

/** Writes the flake of a config to a folder. */
const layOut = (folder: string, config: Config): Flake => {
  const result = emit(config, { configFile: "microvm.config.ts" });
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left, null, 2));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write("host.nix", hostModule);
  for (const { path, text } of render(result.right.files)) write(path, text);
  return lock({ ref: `path:${folder}`, host: "h" });
};

const hostModule = '{ fileSystems."/".device = "/dev/sda1"; users.users.michael.isNormalUser = true; }';

/** A host with one VM as in microvm.nix's documentation, without microvm-emit. */
const layOutByHand = (folder: string): Flake => {
  cpSync(fileURLToPath(new URL("../test/nix/fixtures/article-style", import.meta.url)), folder, { recursive: true });
  const file = join(folder, "flake/hosts/midna.nix");
  writeFileSync(file, readFileSync(file, "utf8").replace(' "goprotobufvm"', ""));
  writeFileSync(join(folder, "configuration.nix"), hostModule);
  return lock({ ref: `path:${folder}?dir=flake`, host: "midna" });
};

/** Cost of an evaluation; CPU seconds are user and system time of all threads. */
interface Spent {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly peakMiB: number;
  /** Nix's count, which is equal in all runs. */
  readonly calls: number;
  readonly allocatedMiB: number;
}

const TICKS_PER_SECOND = 100;

/** Cost of a process so far; null after its end. */
const takenBy = (pid: number): Pick<Spent, "cpuSeconds" | "peakMiB"> | null => {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"))?.[1];
  if (peak === undefined) return null;
  // The program's name, in parentheses, may contain spaces.
  const fields = readFileSync(`/proc/${String(pid)}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return {
    peakMiB: Number(peak) / 1024,
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
  };
};

const measure = ({ ref, host: name }: Flake, statistics: string): Promise<Spent> =>
  new Promise((fulfil, reject) => {
    const start = process.hrtime.bigint();
    const child = spawn(
      nix,
      [
        ...["eval", ...offline, "--no-eval-cache", "--raw"],
        `${ref}#nixosConfigurations.${name}.config.system.build.toplevel.drvPath`,
      ],
      { env: { ...env, NIX_SHOW_STATS: "1", NIX_SHOW_STATS_PATH: statistics }, stdio: ["ignore", "ignore", "pipe"] },
    );
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
    let taken: ReturnType<typeof takenBy> = null;
    const watch = setInterval(() => {
      if (child.pid !== undefined && child.exitCode === null) taken = takenBy(child.pid) ?? taken;
    }, 5);
    child.on("error", reject);
    child.on("close", (code) => {
      clearInterval(watch);
      if (code !== 0 || taken === null) {
        reject(new Error(`nix failed: ${log}`));
        return;
      }
      const wallSeconds = Number(process.hrtime.bigint() - start) / 1e9;
      const counted = JSON.parse(readFileSync(statistics, "utf8")) as {
        readonly nrFunctionCalls: number;
        readonly gc: { readonly totalBytes: number };
      };
      fulfil({
        ...taken,
        wallSeconds,
        calls: counted.nrFunctionCalls,
        allocatedMiB: counted.gc.totalBytes / 2 ** 20,
      });
    });
  });

const best = (runs: readonly Spent[]): Spent => {
  const least = (key: keyof Spent): number => Math.min(...runs.map((run) => run[key]));
  return {
    cpuSeconds: least("cpuSeconds"),
    wallSeconds: least("wallSeconds"),
    peakMiB: least("peakMiB"),
    calls: least("calls"),
    allocatedMiB: least("allocatedMiB"),
  };
};

const root = mkdtempSync(join(tmpdir(), "eval-bench-"));
const runs = new Map<string, Spent[]>();
try {
  const flakes = [
    { name: byHand, flake: layOutByHand(join(root, "by-hand")) },
    ...[...cases].map(([name, vms]) => ({ name, flake: layOut(join(root, name.replaceAll(" ", "-")), host(vms)) })),
  ];
  // In turns, so that other load affects all alike; the first round also fills the store.
  for (let round = 0; round < Number(options.rounds); round += 1)
    for (const { name, flake } of flakes)
      runs.set(name, [...(runs.get(name) ?? []), await measure(flake, join(root, "statistics.json"))]);
} finally {
  rmSync(root, { recursive: true, force: true });
}

const results = new Map([...runs].map(([name, each]) => [name, best(each)]));
const ratio = (name: string, to: string, key: keyof Spent): number => {
  const [one, other] = [results.get(name), results.get(to)];
  return one === undefined || other === undefined ? Number.NaN : one[key] / other[key];
};
const times2 = (value: number): string => (Number.isNaN(value) ? "" : `${value.toFixed(2)}x`);

console.log(
  `Best of ${options.rounds}, ratios to one VM that shares its guest with none, and to as many with a guest each:`,
);
console.log(
  "VMs              CPU    wall       peak      calls  allocated |   CPU   peak  calls  alloc | own: CPU   peak  calls",
);
for (const [name, { cpuSeconds, wallSeconds, peakMiB, calls, allocatedMiB }] of results) {
  const peer = name.replace("shared", "own");
  const toPeer = (key: keyof Spent): string => (name === peer ? "" : times2(ratio(name, peer, key)));
  console.log(
    [
      name.padEnd(14),
      `${cpuSeconds.toFixed(1)} s`.padStart(7),
      `${wallSeconds.toFixed(1)} s`.padStart(7),
      `${peakMiB.toFixed(0)} MiB`.padStart(10),
      `${(calls / 1e6).toFixed(2)} M`.padStart(10),
      `${allocatedMiB.toFixed(0)} MiB`.padStart(10),
      "|",
      ...(["cpuSeconds", "peakMiB", "calls", "allocatedMiB"] as const).map((key) =>
        times2(ratio(name, "1 shared", key)).padStart(6),
      ),
      "|",
      ...(["cpuSeconds", "peakMiB", "calls"] as const).map((key, position) =>
        toPeer(key).padStart(position === 0 ? 8 : 6),
      ),
    ].join(" "),
  );
}

/** Upper limits relative to another evaluation. */
const goals: readonly (readonly [name: string, to: string, key: keyof Spent, most: number])[] = [
  ["1 shared", byHand, "calls", 1.03],
  ["100 shared", "1 shared", "cpuSeconds", 1.3],
  ["100 shared", "1 shared", "peakMiB", 1.3],
  ["400 shared", "1 shared", "cpuSeconds", 3],
  ["20 of 4 guests", "4 of 4 guests", "cpuSeconds", 1.1],
];
for (const [name, to, key, most] of goals) {
  const found = ratio(name, to, key);
  if (Number.isNaN(found)) continue;
  const isMet = found <= most;
  console.log(
    `${name} to ${to}, ${key}: ${times2(found)} (goal: at most ${String(most)}x): ${isMet ? "met" : "MISSED"}`,
  );
  if (!isMet) process.exitCode = 1;
}

/** Upper limit of function calls for a second guest. */
const mostCallsOfGuest = 3.1e6;
const [one, two] = [results.get("1 own")?.calls, results.get("2 own")?.calls];
if (one !== undefined && two !== undefined) {
  const isMet = two - one <= mostCallsOfGuest;
  console.log(`a guest: ${((two - one) / 1e6).toFixed(2)} M calls (goal: at most 3.1 M): ${isMet ? "met" : "MISSED"}`);
  if (!isMet) process.exitCode = 1;
}
