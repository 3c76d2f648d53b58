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

/** Another run holds the folder. */
export interface Busy {
  /** Its process. */
  readonly pid: string;
  /** The file that says so. */
  readonly entry: string;
}

/**
 * Calls `body` while no other run does so with the same folder, which is made for it; waits for others.
 *
 * Each run makes a file whose name is its alone, then looks for others. Of two that come together, at least one sees
 * the other, and steps back. The file of a dead run can be removed by any run, because no later run has its name.
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
    // Of random length, so that two that step back together do not come back together.
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
    // The folder keeps the journal of an interrupted run, and a dead run's file does no harm.
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
    // A run of another machine or container cannot be seen, and is taken to be alive.
    const isAlive = machine !== here.machine || (boot === here.boot && startOf(Number(pid)) === start);
    if (isAlive) return { pid, entry };
    rmSync(entry, { force: true });
  }
  return undefined;
};

/** What Linux says, and nothing on other systems. */
const inProc = (read: () => string): string => {
  try {
    return read();
  } catch {
    return "";
  }
};

/** Process numbers mean something in one container of one machine, until it restarts. */
const here = {
  machine: createHash("sha256")
    .update(hostname() + inProc(() => readlinkSync("/proc/self/ns/pid")))
    .digest("hex")
    .slice(0, 16),
  boot: inProc(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8)),
};

/** The file of the run of a process. Process numbers are used again, but not with the same start. */
export const nameOfRun = (pid: number, machine = here.machine, boot = here.boot): string =>
  ["run", machine, boot, pid, startOf(pid)].join("-");

/** When a process began, in clock ticks (proc_pid_stat(5)); undefined when it ended, empty where the system does not say. */
const startOf = (pid: number): string | undefined => {
  const stat = inProc(() => readFileSync(`/proc/${String(pid)}/stat`, "utf8"));
  // The program's name comes before, and may hold anything.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // A killed process is a zombie until its parent asks for it.
  if (stat !== "") return state === "Z" || state === "X" ? undefined : fields[18];
  try {
    process.kill(pid, 0);
    return "";
  } catch (error) {
    return codeOf(error) === "EPERM" ? "" : undefined;
  }
};

const deferredSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Lets signals wait for `body`, so that an interrupted run leaves nothing behind. */
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
