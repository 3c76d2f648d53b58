import { defaultStateDir } from "./facts.js";
import { namesOn, type VmHost } from "./find.js";
import { capture, type Ended, isRootOn, type Machine } from "./machine.js";
import { shellLine } from "./shell-words.js";
import { showUnits, unitOf } from "./units.js";

export type Verdict = "ok" | "warning" | "failed" | "skipped";

/** The result of a check, as `doctor --json` prints it. */
export interface Checkup {
  readonly name: string;
  /** The command that the check ran on the host. */
  readonly command: string;
  readonly verdict: Verdict;
  /** The finding, on one line. */
  readonly found: string;
  /** Empty if there is nothing to do. */
  readonly remedy: string;
}

/** The facts that checks depend on. */
interface Subject {
  readonly machine: Machine;
  readonly stateDir: string;
  readonly bridges: readonly string[];
  readonly names: readonly string[];
  /** The command prefix that runs a command as root without a password. */
  readonly root: readonly string[];
}

type Judgement = readonly [verdict: Verdict, found: string, remedy?: string];

interface Check {
  readonly name: string;
  readonly command: (subject: Subject) => readonly [string, ...string[]] | undefined;
  readonly judge: (ended: Ended, subject: Subject) => Judgement | Promise<Judgement>;
}

const lines = ({ stdout }: Ended): readonly string[] => stdout.split("\n").filter((line) => line !== "");

/** `ok` if the command succeeds. */
const succeeds =
  (fine: string, bad: string, remedy: string): Check["judge"] =>
  ({ exitCode }) =>
    exitCode === 0 ? ["ok", fine] : ["failed", bad, remedy];

const GiB = 1024 ** 3;
const clockSeconds = 60;

/** Each check is one row: its command, and the meaning of the output. */
const checks: readonly Check[] = [
  {
    name: "KVM",
    command: () => ["ls", "/dev/kvm"],
    judge: succeeds(
      "/dev/kvm",
      "/dev/kvm is missing",
      "Enable virtualization in the firmware (or nested virtualization), and load kvm_intel or kvm_amd.",
    ),
  },
  {
    name: "modules",
    command: () => ["ls", "/dev/net/tun", "/dev/vhost-net"],
    judge: ({ stdout }) => {
      const missing = ["/dev/net/tun", "/dev/vhost-net"].filter((device) => !stdout.includes(device));
      return missing.length === 0
        ? ["ok", "tun, vhost_net"]
        : ["failed", `${missing.join(", ")} missing`, "Load the modules: modprobe -a tun vhost_net."];
    },
  },
  {
    name: "bridges",
    command: ({ bridges }) => (bridges.length === 0 ? undefined : ["ip", "-brief", "link", "show", "type", "bridge"]),
    judge: (ended, { bridges }) => {
      const states = new Map(lines(ended).map((line) => line.split(/\s+/) as [string, string]));
      const missing = bridges.filter((bridge) => !states.has(bridge));
      const down = bridges.filter((bridge) => states.get(bridge) === "DOWN");
      if (missing.length > 0)
        return ["failed", `${missing.join(", ")} missing`, "Run `networkctl reload`, and look at `networkctl status`."];
      // A bridge without a running VM has no carrier.
      return ["ok", down.length > 0 ? `${bridges.join(", ")} (no VM on ${down.join(", ")})` : bridges.join(", ")];
    },
  },
  {
    name: "NAT",
    command: () => ["cat", "/proc/sys/net/ipv4/ip_forward"],
    judge: ({ stdout }) =>
      stdout.trim() === "1"
        ? ["ok", "IPv4 forwarding is on"]
        : [
            "warning",
            "IPv4 forwarding is off",
            "If the config sets `nat`, deploy the host again: without forwarding, VMs cannot reach the internet.",
          ],
  },
  {
    name: "policy",
    command: ({ root }) => [...root, "nft", "list", "tables"] as unknown as readonly [string, ...string[]],
    judge: async (ended, { machine }) => {
      const [unit] = await showUnits(machine, ["microvm-policy.service"]);
      if (unit?.load !== "loaded") return ["skipped", "no VM has a policy"];
      if (unit.active !== "active")
        return ["failed", `microvm-policy.service is ${unit.active}`, "Run `journalctl -u microvm-policy`."];
      if (ended.exitCode === 127)
        return ["skipped", "nft is missing", "Add pkgs.nftables to environment.systemPackages of the host."];
      if (ended.exitCode !== 0) return ["skipped", "only root can list nftables", "Run doctor as root."];
      return ended.stdout.includes("table inet microvm")
        ? ["ok", "table inet microvm"]
        : ["failed", "the rules were flushed", "Run `systemctl reload microvm-policy`."];
    },
  },
  {
    name: "resolver",
    command: () => ["systemctl", "is-active", "microvm-resolver.service"],
    judge: async ({ stdout }, { machine }) => {
      const [unit] = await showUnits(machine, ["microvm-resolver.service"]);
      if (unit?.load !== "loaded") return ["skipped", "no VM has an allowlist"];
      // The service is active only when it answers (sd_notify).
      return stdout.trim() === "active"
        ? ["ok", unit.restarts === 0 ? "answers" : `answers, restarted ${String(unit.restarts)} times`]
        : ["failed", `microvm-resolver.service is ${unit.active}`, "Run `journalctl -u microvm-resolver`."];
    },
  },
  {
    name: "disk space",
    command: ({ stateDir }) => ["df", "--output=avail,target", "--block-size=1", stateDir],
    judge: (ended) => {
      const [, row = ""] = lines(ended);
      const [avail = "", target = ""] = row.trim().split(/\s+/);
      if (ended.exitCode !== 0) return ["failed", ended.stderr.trim(), "Deploy a host with VMs first."];
      const free = `${(Number(avail) / GiB).toFixed(1)} GiB free on ${target}`;
      return Number(avail) < 2 * GiB
        ? ["failed", free, "Delete unused disks, or run `nix-collect-garbage -d`."]
        : ["ok", free];
    },
  },
  {
    name: "owners",
    command: ({ stateDir }) => [
      ...(["find", stateDir, "-mindepth", "1", "-maxdepth", "1", "-type", "d"] as const),
      ...["!", "-user", "root", "!", "-user", "microvm", "-printf", String.raw`%f of %u\n`],
    ],
    judge: (ended) => {
      const wrong = lines(ended);
      if (ended.exitCode !== 0) return ["failed", ended.stderr.trim(), "Deploy the host again."];
      return wrong.length === 0
        ? ["ok", "folders of VMs belong to root or microvm"]
        : ["failed", wrong.join(", "), "Run `systemctl start microvm-install`."];
    },
  },
  {
    name: "GC roots",
    command: () => ["find", "/nix/var/nix/gcroots/microvm", "-type", "l", "-printf", String.raw`%f\n`],
    judge: async (ended, { machine, names }) => {
      const units = await showUnits(machine, names.map(unitOf));
      const running = names.filter((_, at) => units[at]?.active === "active");
      const missing = running.filter((name) => !lines(ended).includes(name));
      if (running.length === 0) return ["skipped", "no VM runs"];
      return missing.length === 0
        ? ["ok", `${String(running.length)} of ${String(running.length)} running VMs`]
        : ["warning", `none for ${missing.join(", ")}`, "Restart these VMs before the next `nix-collect-garbage`."];
    },
  },
  {
    name: "clock",
    command: () => ["date", "+%s"],
    judge: async ({ stdout }, { machine }) => {
      const skew = Math.abs(Number(stdout.trim()) - Date.now() / 1000);
      if (machine.destination !== null && skew > clockSeconds)
        return ["failed", `${String(Math.round(skew))} s from this machine`, "Enable services.timesyncd."];
      const synchronized = await capture(machine, ["timedatectl", "show", "--property=NTPSynchronized", "--value"]);
      return synchronized.stdout.trim() === "yes"
        ? ["ok", "synchronized"]
        : [
            "warning",
            "not synchronized by systemd-timesyncd",
            "Enable services.timesyncd, unless another program sets the clock.",
          ];
    },
  },
];

/** Checks a host, one row for each check. */
export const checkUp = async ({ machine, deployed, planned }: VmHost): Promise<readonly Checkup[]> => {
  const facts = deployed ?? planned?.facts;
  const stateDir = facts?.stateDir ?? defaultStateDir;
  const subject: Subject = {
    machine,
    stateDir,
    bridges: facts?.bridges ?? [],
    names: await namesOn(machine, stateDir),
    root: (await isRootOn(machine)) ? [] : ["sudo", "-n", "--"],
  };
  const rows: Checkup[] = [];
  for (const { name, command, judge } of checks) {
    const words = command(subject);
    if (words === undefined) continue;
    const ended = await captureAny(machine, words);
    const [verdict, found, remedy = ""] = await judge(ended, subject);
    rows.push({ name, command: shellLine(words), verdict, found, remedy });
  }
  return rows;
};

/** A program that is missing is a finding, not a failure of doctor. */
const captureAny = async (machine: Machine, words: readonly [string, ...string[]]): Promise<Ended> =>
  capture(machine, ["env", ...words]);
