/** A NixOS host that runs as a container, and the network around it. */
import { mkdirSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { tail } from "../lab/log.js";
import { openNamespace, type Namespace } from "../lab/namespace.js";
import { poll } from "../lab/poll.js";
import { temporaryFolder } from "../nix/harness.js";
import { entering, type Store } from "./debian.js";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export interface Host {
  /**
   * Runs a shell command as root in the host. The command stops at the first failure.
   *
   * @returns its output without the last newline
   * @throws Error with its standard error if it fails
   */
  readonly run: (command: string) => Promise<string>;
  /** The namespace around the host, which contains the internet and the LAN of the host. */
  readonly outside: Namespace;
  /** The folder with its disk, for another boot. */
  readonly folder: string;
  /** Ends the host at once, like a power failure. */
  readonly kill: () => Promise<void>;
}

/** An address of the internet and of the LAN around the host. Both answer HTTP at port 80. */
const INTERNET = "203.0.113.2";
const LAN = "10.9.9.9";
export const UPLINK = "uplink";
const HOST_ADDRESS = "203.0.113.1";

const runIn =
  (outside: Namespace, folder: string): Host["run"] =>
  async (command) =>
    (await outside.run("bash", here("in-host.sh"), folder, command)).replace(/\n$/, "");

const BOOT_S = 120;
const isBooted = async (run: Host["run"]): Promise<true | undefined> => {
  const state = await run("systemctl is-system-running || true").catch(() => "no answer");
  return /^(running|degraded)$/.test(state) ? true : undefined;
};

/** Connects the host to the internet. A rebooted host has a new network namespace. */
const connectUplink = async ({ run, outside, folder }: Host): Promise<void> => {
  await outside.script(`
    leader=$(pgrep --parent "$(cat ${join(folder, "nspawn.pid")})" | tail -n 1)
    ip link add outside type veth peer name ${UPLINK} netns "$leader"
    ip addr add ${INTERNET}/24 dev outside
    ip link set outside up
  `);
  await run(`
    ip addr add ${HOST_ADDRESS}/24 dev ${UPLINK}
    ip link set ${UPLINK} up
    ip route add default via ${INTERNET}`);
};

/** Ends processes of the namespace. Deletes the control groups that they leave, and makes the disk deletable. */
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
 * @param folder the disk of an earlier boot
 * @throws Error with the end of its console if it does not boot
 */
export const bootHost = async (store: Store, toplevel: string, folder = temporaryFolder()): Promise<Host> => {
  const [nix, changes, work] = ["nix", "nix.changes", "nix.work"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [nix, changes, work]) mkdirSync(path, { recursive: true });
  const log = join(folder, "console.log");
  const outside = await openNamespace();
  const run = runIn(outside, folder);
  try {
    // Changes of the host to its store, such as garbage collection, must not reach the cache.
    await outside.script(`
      mount -t overlay overlay -o lowerdir=${store.nix},upperdir=${changes},workdir=${work} ${nix}
      ip addr add ${LAN}/32 dev lo`);
    outside.start(join(folder, "web.log"), "/usr/bin/python3", here("../lab/serve.py"), "80");
    const tree = join("/nix/store", basename(realpathSync(store.tree)));
    outside.start(log, "bash", ...entering(store, nix), ...["bash", here("boot-host.sh"), tree, toplevel, folder]);
    await poll("the boot of the host", BOOT_S, () => isBooted(run));
    const host: Host = { run, outside, folder, kill: () => closeHost(outside, folder) };
    await connectUplink(host);
    return host;
  } catch (error) {
    const end = tail(log, 40);
    await closeHost(outside, folder);
    throw new Error(`${String(error)}\n${end}`, { cause: error });
  }
};
