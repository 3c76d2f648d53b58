/** A Debian with systemd and sshd as a container, which stands in for a host of VMs: its hypervisors are sshd. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryFolder } from "../nix/harness.js";
import { buildFolder, folderOf } from "./cache.js";
import { commandsOf, RUN_COMMANDS, type RunCommand } from "./commands.js";
import { tail } from "./log.js";
import { openNamespace, type Namespace } from "./namespace.js";
import { poll } from "./poll.js";
import { putWith } from "./put.js";
import { whatIsMissing } from "./requirements.js";

const RECIPE = fileURLToPath(new URL("systemd", import.meta.url));
const IMAGE = folderOf("systemd", RECIPE);
const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const BIN = join(REPOSITORY, "packages/emit/dist/bin/microvm-emit.js");

/** The command as a line of a shell. */
export const EMIT = `${process.execPath} ${BIN}`;

/** The addresses of the host and of the machine beside it. */
export const HOST = "10.9.0.1";
const BESIDE = "10.9.0.2";

export interface CommandEnd {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SystemdHost {
  /** Runs a shell command as root on the host. Throws an error with its output if it fails. */
  readonly run: (command: string) => Promise<string>;
  /** Writes a file. */
  readonly put: (path: string, text: string, mode?: string) => Promise<string>;
  /**
   * Starts units.
   *
   * @throws Error with the journal if one fails
   */
  readonly start: (units: string) => Promise<string>;
  /** The program and first arguments that run another program as a user of the host. */
  readonly entering: (user: string) => readonly [string, ...string[]];
  /** Runs microvm-emit as a user of the host, with an input. */
  readonly emit: (user: string, args: readonly string[], input?: string) => CommandEnd;
  /** Runs microvm-emit in a folder of the machine beside the host. */
  readonly emitBeside: (folder: string, args: readonly string[]) => CommandEnd;
  readonly outside: Namespace;
  readonly folder: string;
  readonly close: () => Promise<void>;
}

/** The reason why the container cannot run here; undefined if it can. */
export const whatSystemdMisses = (): string | undefined =>
  whatIsMissing() ??
  (spawnSync("sh", ["-c", "command -v systemd-nspawn"]).status === 0
    ? undefined
    : "no systemd-nspawn: apt install systemd-container");

const ended = (words: readonly [string, ...string[]], input = ""): CommandEnd => {
  const [program, ...args] = words;
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", input, maxBuffer: 1 << 26 });
  return { exitCode: status, stdout, stderr };
};

/** Ends the container. Deletes the control groups that it leaves. */
const closeContainer = async (outside: Namespace, folder: string): Promise<void> => {
  await outside.close();
  const sweeper = await openNamespace();
  try {
    await sweeper.script(`
      mount -t cgroup2 cgroup2 /mnt
      if [ -d /mnt/${basename(folder)} ]; then find /mnt/${basename(folder)} -depth -type d -exec rmdir {} +; fi`);
  } finally {
    await sweeper.close();
  }
};

/** Builds the Debian of the container, unless it is there. */
export const systemdImage = (): Promise<void> => buildFolder(IMAGE, ["sh", join(RECIPE, "build.sh")]);

/**
 * Boots the host. The promise resolves when its boot is finished.
 *
 * @param more folders of this machine that the host sees too, read-only
 */
export const bootSystemdHost = async (more: readonly string[] = []): Promise<SystemdHost> => {
  await systemdImage();
  const folder = temporaryFolder();
  const log = join(folder, "console.log");
  const outside = await openNamespace();
  const namespace = `/proc/${String(outside.pid)}/ns`;
  const beside = [
    ...(["nsenter", `--net=${namespace}/net`, `--mount=${namespace}/mnt`] as const),
    ...[`--pid=${namespace}/pid_for_children`, "--"],
  ] as const;
  const entering: SystemdHost["entering"] = (user) => [...beside, "bash", join(RECIPE, "enter.sh"), folder, user];
  let command: RunCommand | undefined;
  const run: SystemdHost["run"] = async (text) => {
    if (command === undefined) {
      const [program, ...args] = entering("root");
      command = await commandsOf(
        spawn(program, [...args, "python3", RUN_COMMANDS], { stdio: ["pipe", "pipe", "ignore"] }),
      );
    }
    if (command === undefined) throw new Error("The container does not run.");
    return (await command("sh", "-euc", text)).trim();
  };
  try {
    const binds = [process.execPath, REPOSITORY.replace(/\/$/, ""), dirname(folder), ...more];
    outside.start(log, "bash", join(RECIPE, "boot.sh"), join(IMAGE, "root"), folder, ...binds);
    // Enter again for each question, because systemd-nspawn's first process is not in the namespaces of the container
    // yet.
    const [program, ...args] = entering("root");
    await poll("the boot", 120, () =>
      promisify(execFile)(program, [...args, "sh", "-c", "systemctl is-system-running || true"]).then(
        ({ stdout }) => /^(running|degraded)$/.test(stdout.trim()) || undefined,
        () => undefined,
      ),
    );
    await outside.script(`
      leader=$(pgrep --parent "$(cat ${join(folder, "nspawn.pid")})" | tail -n 1)
      ip link add beside type veth peer name host netns "$leader"
      ip address add ${BESIDE}/24 dev beside
      ip link set beside up
      # ssh would share a connection with the tests that run at the same time, because all hosts have one address.
      mkdir -p /run/user
      mount -t tmpfs -o mode=0755 tmpfs /run/user`);
    await run(`ip address add ${HOST}/24 dev host; ip link set host up`);
    return {
      run,
      put: putWith(run),
      start: (units) => run(`systemctl start ${units} || { journalctl -n 40 --no-pager >&2; exit 1; }`),
      outside,
      folder,
      entering,
      emit: (user, args, input) => ended([...entering(user), process.execPath, BIN, ...args], input),
      emitBeside: (directory, args) =>
        ended([...beside, "env", `--chdir=${directory}`, "XDG_RUNTIME_DIR=/run/user", process.execPath, BIN, ...args]),
      close: () => closeContainer(outside, folder),
    };
  } catch (error) {
    const end = tail(log, 40);
    await closeContainer(outside, folder);
    throw new Error(`${String(error)}\n${end}`, { cause: error });
  }
};
