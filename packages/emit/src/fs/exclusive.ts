import { createHash } from "node:crypto";
import {
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ownProcess } from "./own-process.js";
import { codeOf } from "./folders.js";

/** Another run has the lock. */
export interface Busy {
  /** Its process ID. */
  readonly pid: string;
  /** Its lock file. */
  readonly entry: string;
}

/**
 * Runs `body` while no other run has the lock of `folder`; creates the folder and waits for others. Returns {@link
 * Busy} after `patienceMs`.
 *
 * Each run creates a file with a unique name, then looks for other files. If two runs start together, at least one sees
 * the other and retries. Any run may remove the file of a dead run, because names are never reused.
 */
export const exclusively = async <A>(folder: string, patienceMs: number, body: () => Promise<A>): Promise<A | Busy> => {
  const own = nameOfRun(process.pid);
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const other = enter(folder, own);
    if (other === undefined)
      return uninterrupted(body, () => {
        leave(folder, own);
      });
    if (Date.now() > deadline) return other;
    // The random delay keeps two runs from retrying at the same time.
    await sleep(10 + Math.random() * 30);
  }
};

const enter = (folder: string, own: string): Busy | undefined => {
  const before = otherIn(folder, own);
  if (before !== undefined) return before;
  for (;;) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    try {
      writeFileSync(join(folder, own), "");
      break;
    } catch (error) {
      // A run that ends removes the folder.
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }
  const after = otherIn(folder, own);
  if (after !== undefined) leave(folder, own);
  return after;
};

const leave = (folder: string, own: string): void => {
  try {
    unlinkSync(join(folder, own));
    rmdirSync(folder);
  } catch {
    // The folder contains the journal of an interrupted run, or the lock of a dead run, which is harmless.
  }
};

const otherIn = (folder: string, own: string): Busy | undefined => {
  let names: readonly string[] = [];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
  for (const name of names.filter((name) => name.startsWith("run-") && name !== own)) {
    const [, machine, boot, pid = "", start] = name.split("-");
    const entry = join(folder, name);
    // Processes of another machine or container are invisible, so they count as alive.
    const isAlive = machine !== here.machine || (boot === here.boot && startOf(Number(pid)) === start);
    if (isAlive) return { pid, entry };
    rmSync(entry, { force: true });
  }
  return undefined;
};

/** Reads `/proc`; empty on systems without it. */
const inProc = (read: () => string): string => {
  try {
    return read();
  } catch {
    return "";
  }
};

/** A process ID is unique only within one container and boot. */
const here = {
  machine: createHash("sha256")
    .update(hostname() + inProc(() => readlinkSync("/proc/self/ns/pid")))
    .digest("hex")
    .slice(0, 16),
  boot: inProc(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8)),
};

/** Lock file of a process. The start time distinguishes reused process IDs. */
export const nameOfRun = (pid: number, machine = here.machine, boot = here.boot): string =>
  ["run", machine, boot, pid, startOf(pid)].join("-");

/** Start time of a process in clock ticks (proc_pid_stat(5)); undefined for a dead process, empty without `/proc`. */
const startOf = (pid: number): string | undefined => {
  const stat = inProc(() => readFileSync(`/proc/${String(pid)}/stat`, "utf8"));
  // The name of the program comes first and may contain any character.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // A killed process stays as a zombie until its parent waits for it.
  if (stat !== "") return state === "Z" || state === "X" ? undefined : fields[18];
  try {
    process.kill(pid, 0);
    return "";
  } catch (error) {
    return codeOf(error) === "EPERM" ? "" : undefined;
  }
};

const deferredSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Defers signals until `body` ends, so that an interrupted run leaves nothing behind. */
const uninterrupted = async <A>(body: () => Promise<A>, end: () => void): Promise<A> => {
  const pending = new Set<NodeJS.Signals>();
  const note = (signal: NodeJS.Signals): void => void pending.add(signal);
  for (const signal of deferredSignals) process.on(signal, note);
  try {
    return await body();
  } finally {
    end();
    for (const signal of deferredSignals) process.off(signal, note);
    for (const signal of pending) ownProcess.kill(process.pid, signal);
  }
};
