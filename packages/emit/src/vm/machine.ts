import { spawn, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { Failed } from "../report/failure.js";
import { beforeDeadline, type Deadline } from "./deadline.js";
import { runtimeFolder } from "./runtime-folder.js";
import { shellLine } from "./shell-words.js";

/** The machine with the VMs of a command. */
export interface Machine {
  /** Its name in the config, or as typed. */
  readonly name: string;
  /** The destination for ssh; null for this machine. */
  readonly destination: string | null;
}

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const thisMachine: Machine = { name: hostname().split(".")[0] ?? "localhost", destination: null };

/** A host of the config: this machine if it has the same name, otherwise the machine that ssh finds under this name. */
export const machineOf = (host: string): Machine =>
  host === thisMachine.name ? thisMachine : { name: host, destination: host };

/** A machine that is reached by an ssh destination. */
export const remoteMachine = (destination: string): Machine => ({
  name: destination.slice(destination.lastIndexOf("@") + 1),
  destination,
});

/** A path as the value of an ssh option, which splits words and expands `%`; `token` is not changed. */
export const optionPath = (path: string, token = ""): string => `"${path.replaceAll("%", "%%")}${token}"`;

/** The limit of a path of a socket, with the final NUL (unix(7)). */
const socketPathBytes = process.platform === "linux" ? 108 : 104;

/** ssh names the socket by a SHA-1 in hexadecimal, and appends 17 characters while it creates the socket. */
const socketNameBytes = "/".length + 40 + 17;

/**
 * Options that let commands within a minute share one connection, unless the path of the socket is too long, as on
 * macOS.
 */
export const sharedConnection = (): readonly string[] => {
  const folder = runtimeFolder();
  return Buffer.byteLength(folder) + socketNameBytes < socketPathBytes
    ? [
        ...["-o", "ControlMaster=auto", "-o", "ControlPersist=60"],
        ...["-o", `ControlPath=${optionPath(folder, "/%C")}`],
      ]
    : [];
};

/** The command that runs words on a machine. They are quoted for the shell there. */
export const commandOn = (
  { destination }: Machine,
  words: readonly [string, ...string[]],
  options: readonly string[] = ["-T"],
): readonly [string, ...string[]] =>
  destination === null ? words : ["ssh", ...sharedConnection(), ...options, "--", destination, shellLine(words)];

/** Waits for a process; 127 if there is no such program. */
const exitCodeOf = async (child: ReturnType<typeof spawn>): Promise<number> => {
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return code ?? (signal === "SIGINT" ? 130 : 143);
};

const launch = (words: readonly [string, ...string[]], stdio: StdioOptions): ReturnType<typeof spawn> => {
  const [program, ...args] = words;
  return spawn(program, args, { stdio });
};

const requireProgram = (error: unknown, program: string): never => {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new Failed({ kind: "program-missing", program });
  throw error;
};

/** Runs a command on this machine and returns its output. */
export const captureHere = async (
  words: readonly [string, ...string[]],
  input?: string,
  deadline?: Deadline,
): Promise<Ended> => {
  const child = launch(words, [input === undefined ? "ignore" : "pipe", "pipe", "pipe"]);
  const texts = { stdout: "", stderr: "" };
  const read = (["stdout", "stderr"] as const).map(async (name) => {
    const stream = child[name];
    stream?.setEncoding("utf8");
    for await (const chunk of stream ?? []) texts[name] += String(chunk);
  });
  child.stdin?.on("error", () => undefined).end(input);
  try {
    const [exitCode] = await beforeDeadline(child, Promise.all([exitCodeOf(child), ...read]), deadline);
    return { exitCode, ...texts };
  } catch (error) {
    return requireProgram(error, words[0]);
  }
};

/**
 * Runs a command on a machine and returns its output, for any exit code.
 *
 * @throws {Failed} `host-unreachable` if ssh cannot reach the machine
 */
export const capture = async (
  machine: Machine,
  words: readonly [string, ...string[]],
  input?: string,
): Promise<Ended> => {
  const ended = await captureHere(commandOn(machine, words), input);
  if (machine.destination !== null && ended.exitCode === 255)
    throw new Failed({
      kind: "host-unreachable",
      host: machine.name,
      destination: machine.destination,
      cause: ended.stderr.trim(),
    });
  return ended;
};

/**
 * Runs a command on this machine with the terminal, or with its output through `filter`.
 *
 * @returns its exit code
 */
export const attachHere = async (
  words: readonly [string, ...string[]],
  filter?: (name: "stdout" | "stderr", text: string) => void,
): Promise<number> => {
  const output = filter === undefined ? "inherit" : "pipe";
  const child = launch(words, ["inherit", output, output]);
  // The command gets Ctrl-C too, and this program ends when the command ends.
  const ignore = (): void => undefined;
  process.on("SIGINT", ignore);
  const read = (["stdout", "stderr"] as const).map(async (name) => {
    const stream = child[name];
    stream?.setEncoding("utf8");
    for await (const chunk of stream ?? []) filter?.(name, String(chunk));
  });
  try {
    const exitCode = await exitCodeOf(child);
    await Promise.all(read);
    return exitCode;
  } catch (error) {
    return requireProgram(error, words[0]);
  } finally {
    process.off("SIGINT", ignore);
  }
};

/** Runs a command on this machine with the terminal. Its output goes to standard error, because standard output is for the result. */
export const showHere = async (words: readonly [string, ...string[]]): Promise<number> => {
  try {
    return await exitCodeOf(launch(words, ["inherit", 2, "inherit"]));
  } catch (error) {
    return requireProgram(error, words[0]);
  }
};

/** Runs a command on a machine that may ask for a password on the terminal. */
export const attach = (machine: Machine, words: readonly [string, ...string[]]): Promise<number> =>
  attachHere(commandOn(machine, words, process.stdin.isTTY ? ["-t", "-o", "LogLevel=ERROR"] : ["-T"]));

/** True if commands on a machine run as root. */
export const isRootOn = async (machine: Machine): Promise<boolean> =>
  machine.destination === null
    ? process.getuid?.() === 0
    : (await capture(machine, ["id", "-u"])).stdout.trim() === "0";

/** True if a machine accepts a new connection; a shared one can outlive the network that a switch broke. */
export const answersAnew = async ({ destination }: Machine): Promise<boolean> => {
  if (destination === null) return true;
  const options = ["ControlPath=none", "BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=5"];
  const flags = options.flatMap((option) => ["-o", option]);
  const { exitCode } = await captureHere(["ssh", ...flags, "-T", "--", destination, "true"]);
  return exitCode === 0;
};
