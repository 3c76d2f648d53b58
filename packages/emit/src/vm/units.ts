import { Failed } from "../report/failure.js";
import { attach, capture, type Ended, isRootOn, type Machine } from "./machine.js";

/** A unit of systemd as `systemctl show` reports it. */
export interface Unit {
  readonly id: string;
  readonly load: string;
  readonly active: string;
  readonly sub: string;
  readonly result: string;
  /** True if a start or stop job of it is queued or running. */
  readonly hasJob: boolean;
  readonly restarts: number;
  /** Seconds since 1970; null if it is not active. */
  readonly since: number | null;
  /** Bytes of its control group; null if it has none. */
  readonly memory: number | null;
  /** The units that it needs to start. */
  readonly requires: readonly string[];
  /** The id of its run, which the journal stores with its messages. */
  readonly invocation: string;
  readonly condition: boolean;
}

const properties = [
  "Id",
  "LoadState",
  "ActiveState",
  "SubState",
  "Result",
  "Job",
  "NRestarts",
  "ActiveEnterTimestamp",
  "MemoryCurrent",
  "Requires",
  "Wants",
  "InvocationID",
  "ConditionResult",
];

export const unitOf = (vm: string): string => `microvm@${vm}.service`;

/** The units, in order. Those that systemd does not know have `load` not-found. */
export const showUnits = async (machine: Machine, names: readonly string[]): Promise<readonly Unit[]> => {
  if (names.length === 0) return [];
  const ended = await capture(machine, [
    ...(["systemctl", "show", "--timestamp=unix", `--property=${properties.join(",")}`] as const),
    "--",
    ...names,
  ]);
  if (ended.exitCode !== 0) throw failed(machine, ["systemctl", "show"], ended);
  return ended.stdout.trim().split(/\n\n+/).map(parseUnit);
};

const parseUnit = (block: string): Unit => {
  const values = new Map(
    block.split("\n").map((line): [string, string] => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  const text = (name: string): string => values.get(name) ?? "";
  const active = text("ActiveState");
  const since = Number(/^@(\d+)/.exec(text("ActiveEnterTimestamp"))?.[1]);
  const memory = Number(text("MemoryCurrent"));
  return {
    id: text("Id"),
    load: text("LoadState"),
    active,
    sub: text("SubState"),
    result: text("Result"),
    hasJob: !["", "0"].includes(text("Job")),
    restarts: Number(text("NRestarts")) || 0,
    since: active === "active" && since > 0 ? since : null,
    // systemd writes 2^64-1, or `[not set]`, for no value.
    memory: Number.isSafeInteger(memory) && memory > 0 ? memory : null,
    requires: `${text("Requires")} ${text("Wants")}`.split(" ").filter((unit) => unit !== ""),
    invocation: text("InvocationID"),
    condition: text("ConditionResult") !== "no",
  };
};

/** A VM's state: `stale` runs another build than the deployed one. */
export type VmState = "running" | "stale" | "starting" | "stopping" | "stopped" | "failed" | "unknown";

export const stateOf = ({ load, active, sub }: Unit, isStale: boolean): VmState => {
  if (load === "not-found") return "unknown";
  // systemd restarts a VM every five seconds after its hypervisor ended.
  if (active === "failed" || sub === "auto-restart") return "failed";
  switch (active) {
    case "active":
    case "reloading":
    case "refreshing":
      return isStale ? "stale" : "running";
    case "activating":
      return "starting";
    case "deactivating":
      return "stopping";
    case "inactive":
      return "stopped";
    default:
      return "unknown";
  }
};

/** A command as root, or as another user of the machine. Without root, sudo may ask for a password on the terminal. */
const asUser = async (
  machine: Machine,
  words: readonly [string, ...string[]],
  user = "root",
): Promise<readonly [string, ...string[]]> => {
  if (!(await isRootOn(machine)))
    return user === "root" ? ["sudo", "--", ...words] : ["sudo", "-u", user, "--", ...words];
  return user === "root" ? words : ["runuser", "-u", user, "--", ...words];
};

/** Runs a command as root, or as another user, with its output on the terminal. Throws {@link Failed} if it fails. */
export const privileged = async (
  machine: Machine,
  words: readonly [string, ...string[]],
  user = "root",
): Promise<void> => {
  const full = await asUser(machine, words, user);
  if (full[0] !== "sudo") {
    const ended = await capture(machine, full);
    if (ended.exitCode !== 0) throw failed(machine, words, ended);
    return;
  }
  const exitCode = await attach(machine, full);
  if (exitCode !== 0) throw failed(machine, full, { exitCode, stdout: "", stderr: "" });
};

const failed = (machine: Machine, words: readonly string[], { stderr }: Ended): Failed =>
  new Failed({ kind: "command-failed", host: machine.name, command: words.join(" "), cause: stderr.trim() });
