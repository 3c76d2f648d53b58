/**
 * Network namespaces that stand in for machines. Each has processes and mounts of its own, and the kernel ends all of
 * them with the namespace's first process, which lives as long as the pipe to it is open: nothing is left even of a test
 * that is killed.
 */
import { execFile, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { once } from "node:events";
import { promisify } from "node:util";

export interface Namespace {
  /** Whose namespaces they are, as seen from outside; in its `/proc/PID/root` are the files that processes inside see. */
  readonly pid: number;
  /**
   * Runs a program inside to its end.
   *
   * @returns what it wrote to standard output
   * @throws Error with what it wrote to standard error when it fails
   */
  run(program: string, ...args: readonly string[]): Promise<string>;
  /** Runs a shell script inside, which stops at the first failure. */
  script(text: string): Promise<string>;
  /** Starts a program inside that runs until the namespace is closed, and writes to the file `log`. */
  start(log: string, program: string, ...args: readonly string[]): void;
  close(): Promise<void>;
}

export const openNamespace = async (): Promise<Namespace> => {
  const unshared = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const holder = spawn("unshare", [...unshared, "sh", "-c", "ip link set lo up && echo ready && exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(holder, "exit");
  const pid = await Promise.race([
    once(holder.stdout, "data").then(() => holder.pid),
    ended.then(() => undefined),
    once(holder, "error").then(() => undefined),
  ]);
  if (pid === undefined) throw new Error("No namespace could be made.");

  // By files, since the holder itself stays outside of the processes that it makes.
  const enter = [
    `--net=/proc/${pid}/ns/net`,
    `--mount=/proc/${pid}/ns/mnt`,
    `--pid=/proc/${pid}/ns/pid_for_children`,
    "--",
  ];
  const run: Namespace["run"] = async (program, ...args) =>
    (await promisify(execFile)("nsenter", [...enter, program, ...args], { maxBuffer: 1 << 26 })).stdout;
  return {
    pid,
    run,
    script: (text) => run("sh", "-euc", text),
    start: (log, program, ...args) => {
      const output = openSync(log, "a");
      spawn("nsenter", [...enter, program, ...args], { stdio: ["ignore", output, output] });
      closeSync(output);
    },
    close: async () => {
      holder.stdin.end();
      await ended;
    },
  };
};

/** A cable between two namespaces: the names of its ends in the first and in the second. */
export const connect = async (first: Namespace, end: string, second: Namespace, otherEnd: string): Promise<void> => {
  // Of the network alone: a process is named as it is seen from outside.
  const enter = [`--net=/proc/${first.pid}/ns/net`, "--"];
  const cable = ["ip", "link", "add", end, "type", "veth", "peer", "name", otherEnd, "netns", String(second.pid)];
  await promisify(execFile)("nsenter", [...enter, ...cable]);
};
