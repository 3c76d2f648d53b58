/** The command of this project, on a host and on a machine beside it. */
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { userInfo } from "node:os";
import { fileURLToPath } from "node:url";
import type { Key } from "./guest.js";
import type { Host } from "./host.js";
import { HOST_ADDRESS } from "./outside.js";

const PACKAGE = fileURLToPath(new URL("../../packages/emit", import.meta.url));
const BIN = "dist/bin/microvm-emit.js";

/** The folder of the command on the host. */
const INSTALLED = "/opt/microvm-emit";

/** The command on the host, as a line of a shell. */
export const ON_HOST = `node ${INSTALLED}/${BIN}`;

/** Installs the files that the npm package runs with. */
export const installCommand = (host: Host): void => {
  const folder = join(host.folder, "root", INSTALLED);
  for (const name of [
    "package.json",
    "config.schema.json",
    "watch-config.sh",
    "evaluate",
    "dist/bin",
    "problems",
    "nix",
  ]) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    cpSync(join(PACKAGE, name), join(folder, name), { recursive: true });
  }
};

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Beside {
  /** Runs the command with `--host-ssh` before the operands. */
  readonly emit: (command: string, ...args: readonly string[]) => Promise<Ended>;
  /** The same command as words for a process, which continues. */
  readonly words: (command: string, ...args: readonly string[]) => readonly [string, ...string[]];
}

/** A machine whose user may log in to the host as root. */
export const openBeside = async ({ outside, folder }: Host, key: Key): Promise<Beside> => {
  const file = join(folder, "key");
  writeFileSync(file, key.privateKey, { mode: 0o600 });
  const config = `
    Host *
      IdentityFile ${file}
      IdentitiesOnly yes
    Host ${HOST_ADDRESS}
      StrictHostKeyChecking accept-new
      UserKnownHostsFile ${join(folder, "known-hosts")}
  `;
  writeFileSync(join(folder, "ssh-config"), config, { mode: 0o600 });
  // ssh reads the configuration of the user in the home directory of the user database.
  await outside.script(`
    mkdir -p ~root/.ssh
    mount -t tmpfs -o mode=0700 ssh ~root/.ssh
    install -m 600 ${join(folder, "ssh-config")} ~root/.ssh/config`);
  const namespace = `/proc/${String(outside.pid)}/ns`;
  const words: Beside["words"] = (command, ...args) => [
    ...(["nsenter", `--net=${namespace}/net`, `--mount=${namespace}/mnt`] as const),
    ...[
      `--pid=${namespace}/pid_for_children`,
      "--",
      "env",
      `XDG_RUNTIME_DIR=${userInfo().homedir}/.ssh`,
      `--chdir=${folder}`,
    ],
    ...[process.execPath, join(PACKAGE, BIN), command, "--host-ssh", `root@${HOST_ADDRESS}`, ...args],
  ];
  return {
    words,
    emit: (command, ...args) =>
      new Promise((resolve) => {
        const [program, ...rest] = words(command, ...args);
        const child = execFile(program, rest, { maxBuffer: 1 << 26 }, (_, stdout, stderr) => {
          resolve({ exitCode: child.exitCode, stdout, stderr });
        });
        child.stdin?.end();
      }),
  };
};

/** Starts a program and collects its output. */
export const follow = (
  words: readonly [string, ...string[]],
): { readonly text: () => string; readonly end: () => void } => {
  const [program, ...args] = words;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
  return { text: () => text, end: () => child.kill() };
};
