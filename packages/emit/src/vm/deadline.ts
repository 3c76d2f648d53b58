import { type ChildProcess, spawnSync } from "node:child_process";

/** A process that a guest can stall. */
export interface Deadline {
  readonly seconds: number;
  /** Runs when the time is over; throws the error of the command. */
  readonly onEnd: () => never;
}

/**
 * Waits for a process, at most until a deadline. Then ends the process with its descendants, because an ssh of git would
 * wait for the guest without it.
 */
export const beforeDeadline = async <T>(
  child: ChildProcess,
  finished: Promise<T>,
  deadline: Deadline | undefined,
): Promise<T> => {
  if (deadline === undefined) return finished;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<"over">((resolve) => {
    timer = setTimeout(resolve, deadline.seconds * 1000, "over");
  });
  try {
    const first = await Promise.race([finished.then((value) => ({ value })), over]);
    if (first !== "over") return first.value;
    finished.catch(() => undefined);
    endWithDescendants(child);
    return deadline.onEnd();
  } finally {
    clearTimeout(timer);
  }
};

/** A shared connection to a guest is a child of the first ssh, and serves other commands. */
const endWithDescendants = (child: ChildProcess): void => {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=", "-o", "ppid=", "-o", "comm="], { encoding: "utf8" });
  const processes = [...((stdout as string | null) ?? "").matchAll(/^ *(\d+) +(\d+) +(.*)$/gm)].map(
    ([, pid, parent, name = ""]) => ({
      pid: Number(pid),
      parent: Number(parent),
      isSsh: /(?:^|\/)ssh$/.test(name.trim()),
    }),
  );
  const below = (pid: number): readonly number[] =>
    processes
      .filter(({ parent }) => parent === pid)
      .flatMap((found) => [found.pid, ...(found.isSsh ? [] : below(found.pid))]);
  for (const pid of child.pid === undefined ? [] : below(child.pid))
    try {
      process.kill(pid);
    } catch {
      // It has ended.
    }
  child.kill();
};
