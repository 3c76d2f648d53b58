/**
 * Network namespaces as machines. Each also has a PID and a mount namespace. Its first process runs as long as the pipe
 * to it is open, and then the kernel stops all others, so a killed test leaves nothing behind.
 */
import { execFile, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { once } from "node:events";
import { promisify } from "node:util";
import { commandsOf, RUN_COMMANDS, type RunCommand } from "./commands.js";
import { poll } from "./poll.js";
import { PYTHON } from "./requirements.js";

export interface Namespace {
  /** The first process, as seen from outside. `/proc/PID/root` contains the files of the namespace. */
  readonly pid: number;
  /**
   * Runs a program inside and waits for it.
   *
   * @returns its standard output
   * @throws Error with its standard error if it fails
   */
  readonly run: RunCommand;
  /** Runs a shell script inside, which stops at the first failure. */
  script(text: string): Promise<string>;
  /** Starts a program inside that runs until the namespace is closed. Its output goes to the file `log`. */
  start(log: string, program: string, ...args: readonly string[]): void;
  /** Starts a server, and waits until something listens at each end: `:PORT`, or `ADDRESS:PORT`. */
  serve(ends: readonly string[], log: string, program: string, ...args: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export const openNamespace = async (): Promise<Namespace> => {
  const unshared = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const script = 'ip link set lo up && exec "$@"';
  const holder = spawn("unshare", [...unshared, "sh", "-c", script, "sh", PYTHON, RUN_COMMANDS], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(holder, "exit").catch(() => undefined);
  const run = await commandsOf(holder);
  const { pid } = holder;
  if (pid === undefined || run === undefined) throw new Error("No namespace could be made.");

  // Enter the namespaces by files, because the holder itself is outside its PID namespace.
  const enter = [
    `--net=/proc/${pid}/ns/net`,
    `--mount=/proc/${pid}/ns/mnt`,
    `--pid=/proc/${pid}/ns/pid_for_children`,
    "--",
  ];
  const start: Namespace["start"] = (log, program, ...args) => {
    const output = openSync(log, "a");
    spawn("nsenter", [...enter, program, ...args], { stdio: ["ignore", output, output] });
    closeSync(output);
  };
  return {
    pid,
    run,
    script: (text) => run("sh", "-euc", text),
    start,
    serve: async (ends, log, program, ...args) => {
      start(log, program, ...args);
      await poll(`${program} at ${ends.join(", ")}`, 100, async () => {
        const bound = (await run("ss", "-Hltun")).split("\n").map((line) => line.split(/ +/)[4] ?? "");
        return ends.every((end) => bound.some((address) => address.endsWith(end))) || undefined;
      });
    },
    close: async () => {
      holder.stdin.end();
      await ended;
    },
  };
};

/** A veth pair between two namespaces, with the names of its two ends. */
export const connect = async (first: Namespace, end: string, second: Namespace, otherEnd: string): Promise<void> => {
  // Only the network namespace, because the process id is that of the outside.
  const enter = [`--net=/proc/${first.pid}/ns/net`, "--"];
  const cable = ["ip", "link", "add", end, "type", "veth", "peer", "name", otherEnd, "netns", String(second.pid)];
  await promisify(execFile)("nsenter", [...enter, ...cable]);
};
