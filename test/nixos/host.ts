/** A NixOS host that runs as a container. */
import { mkdirSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { tail } from "../lab/log.js";
import { openNamespace, type Namespace } from "../lab/namespace.js";
import { poll } from "../lab/poll.js";
import { temporaryFolder } from "../nix/harness.js";
import { entering, type Store } from "./debian.js";
import { connectUplink, openOutside, UPLINK } from "./outside.js";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export interface Host {
  /**
   * Runs a shell command as root in the host. The command stops at the first failure.
   *
   * @returns its output without the last newline
   * @throws Error with its standard error if it fails
   */
  readonly run: (command: string) => Promise<string>;
  /** The network around it. It sees all files of this machine. */
  readonly outside: Namespace;
  /** The folder with its disk, for another boot. */
  readonly folder: string;
  /** Shuts the host down. */
  readonly powerOff: () => Promise<void>;
  /** Ends the host at once, like a power failure. */
  readonly kill: () => Promise<void>;
}

const BOOT_S = 120;
const SHUTDOWN_S = 300;
const isBooted = async (run: Host["run"]): Promise<true | undefined> => {
  const state = await run("systemctl is-system-running || true").catch(() => "no answer");
  return /^(running|degraded)$/.test(state) ? true : undefined;
};

/** Ends the processes of a host. Deletes the control groups that they leave, and makes its disk deletable. */
const closeHost = async (outside: Namespace, folder: string): Promise<void> => {
  await outside.close();
  const sweeper = await openNamespace();
  try {
    // NixOS makes /var/empty immutable.
    await sweeper.script(`
      if [ -d ${join(folder, "root/var/empty")} ]; then chattr -i ${join(folder, "root/var/empty")}; fi
      mount -t cgroup2 cgroup2 /mnt
      if [ -d /mnt/${basename(folder)} ]; then find /mnt/${basename(folder)} -depth -type d -exec rmdir {} +; fi`);
  } finally {
    await sweeper.close();
  }
};

/**
 * Boots a host. The promise resolves when its boot is finished, with or without failed units.
 *
 * @param options.folder the disk of an earlier boot
 * @param options.uplink the interface that leads to the internet
 * @throws Error with the end of its console if it does not boot
 */
export const bootHost = async (
  store: Store,
  toplevel: string,
  { folder = temporaryFolder(), uplink = UPLINK } = {},
): Promise<Host> => {
  const at = (name: string): string => join(folder, name);
  for (const name of ["nix", "nix.changes", "nix.work"]) mkdirSync(at(name), { recursive: true });
  const outside = await openNamespace();
  const run: Host["run"] = async (command) =>
    (await outside.run("bash", here("in-host.sh"), folder, command)).replace(/\n$/, "");
  try {
    // Changes of the host to its store, such as garbage collection, must not reach the cache.
    await outside.script(
      `mount -t overlay overlay -o lowerdir=${store.nix},upperdir=${at("nix.changes")},workdir=${at("nix.work")} ${at("nix")}`,
    );
    await openOutside(outside, folder);
    const tree = join("/nix/store", basename(realpathSync(store.tree)));
    const boot = ["bash", here("boot-host.sh"), tree, toplevel, folder];
    outside.start(at("console.log"), "bash", ...entering(store, at("nix")), ...boot);
    await poll("the boot of the host", BOOT_S, () => isBooted(run));
    const leader = await outside.script(`pgrep --parent "$(cat ${at("nspawn.pid")})" | tail -n 1`);
    await connectUplink(outside, leader.trim(), uplink, run);
    return {
      run,
      outside,
      folder,
      powerOff: async () => {
        await run("systemctl poweroff").catch(() => "");
        await poll("the end of the host", SHUTDOWN_S, () =>
          outside
            .script(`kill -0 "$(cat ${at("nspawn.pid")})" 2>/dev/null || echo ended`)
            .then((text) => (text === "" ? undefined : true)),
        );
        await closeHost(outside, folder);
      },
      kill: () => closeHost(outside, folder),
    };
  } catch (error) {
    const end = tail(at("console.log"), 40);
    await closeHost(outside, folder);
    throw new Error(`${String(error)}\n${end}`, { cause: error });
  }
};
