import { spawn } from "node:child_process";
import { once } from "node:events";
import { Failed } from "../report/failure.js";
import { beforeDeadline, type Deadline } from "../vm/deadline.js";

/** A finished run of git. */
export interface GitEnd {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/**
 * Settings of every run in the user's clone, which override those of its files. No hook runs, remotes use only ssh, and
 * received objects are checked. Features that a file of the guest could enable stay off.
 */
const settings: Readonly<Record<string, string>> = {
  "core.fsmonitor": "false",
  // A path in the work tree, as of husky, would run the guest's hooks after a merge.
  "core.hooksPath": "/dev/null",
  "fetch.fsckObjects": "true",
  "fetch.recurseSubmodules": "false",
  // Loose objects would have no common limit.
  "fetch.unpackLimit": "1",
  "fetch.uriProtocols": "",
  "gc.auto": "0",
  "log.showSignature": "false",
  "maintenance.auto": "false",
  "protocol.allow": "never",
  "protocol.ssh.allow": "always",
  "push.followTags": "false",
  "push.gpgSign": "false",
  "push.recurseSubmodules": "no",
  "safe.bareRepository": "explicit",
  "submodule.recurse": "false",
  "transfer.bundleURI": "false",
  "transfer.fsckObjects": "true",
};

/** Variables that would move the run to another repository. */
const moving = ["GIT_COMMON_DIR", "GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE"];

/** A run ends at this size of its output, because a guest can create trees whose listing does not end. */
const outputLimit = 1 << 27;

/** The largest file that a fetch writes: a pack as large as the disk of a repository in a VM. */
const fileLimit = 2 ** 34;

/** A way to a guest. */
export interface ToGuest {
  /** A line of a shell. */
  readonly ssh: string;
  readonly deadline: Deadline;
  readonly fileLimit?: number;
}

/** Git has no limit for a fetch, but the kernel ends a program that writes a larger file. */
const limited = (
  { fileLimit: bytes = fileLimit }: ToGuest,
  words: readonly [string, ...string[]],
): readonly [string, ...string[]] => [
  "sh",
  ...["-c", 'ulimit -f "$1" && shift && exec "$@"', "sh", String(Math.ceil(bytes / 512)), ...words],
];

/**
 * Runs git in a folder and captures its output, including the messages of the guest.
 *
 * @param guest the way to a guest; without one, the run has no network
 * @throws {RangeError} if the output is too large
 */
export const runGit = async (
  folder: string,
  args: readonly string[],
  { guest, input }: { readonly guest?: ToGuest; readonly input?: string } = {},
): Promise<GitEnd> => {
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !moving.includes(name))),
    GIT_ALLOW_PROTOCOL: guest === undefined ? "none" : "ssh",
    // A file in the tree names the server of large files.
    GIT_LFS_SKIP_SMUDGE: "1",
    GIT_NO_LAZY_FETCH: "1",
    GIT_TERMINAL_PROMPT: "0",
    ...(guest === undefined ? {} : { GIT_SSH_COMMAND: guest.ssh, GIT_SSH_VARIANT: "ssh" }),
  };
  const set = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const words = ["git", "--no-pager", ...set, ...args] as const;
  const [program, ...rest] = guest === undefined ? words : limited(guest, words);
  const child = spawn(program, rest, { cwd: folder, env, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => undefined).end(input);
  let size = 0;
  const collect = async (stream: typeof child.stdout): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size > outputLimit) child.kill();
    }
    return Buffer.concat(chunks);
  };
  try {
    const finished = Promise.all([
      collect(child.stdout),
      collect(child.stderr),
      once(child, "exit") as Promise<[number | null]>,
    ]);
    const [stdout, stderr, [code]] = await beforeDeadline(child, finished, guest?.deadline);
    if (size > outputLimit) throw new RangeError("git printed too much");
    return { exitCode: code ?? 143, stdout, stderr: stderr.toString("utf8") };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new Failed({ kind: "program-missing", program: "git" });
    throw error;
  }
};

/**
 * The output of a run that must succeed.
 *
 * @throws {Failed} `git-failed`
 */
export const gitOutput = async (folder: string, args: readonly string[], input?: string): Promise<Buffer> => {
  const { exitCode, stdout, stderr } = await runGit(folder, args, input === undefined ? {} : { input });
  if (exitCode !== 0) throw gitFailed(folder, args, stderr);
  return stdout;
};

/** The text of a run without its line end; undefined if git refuses. */
export const gitAnswer = async (folder: string, args: readonly string[]): Promise<string | undefined> => {
  const { exitCode, stdout } = await runGit(folder, args);
  return exitCode === 0 ? stdout.toString("utf8").replace(/\n$/, "") : undefined;
};

export const gitFailed = (folder: string, [command = ""]: readonly string[], stderr: string): Failed =>
  new Failed({ kind: "git-failed", folder, command: `git ${command}`, cause: stderr.trim() });

/** The fields of an output; a NUL ends each. */
export const fieldsOf = (output: Buffer): readonly string[] => output.toString("utf8").split("\0").slice(0, -1);
