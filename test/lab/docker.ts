/** A Docker daemon in a namespace, with its state in a folder. It runs no containers. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Namespace } from "./namespace.js";
import { poll } from "./poll.js";

/**
 * Starts or restarts Docker. The promise resolves when its rules exist.
 *
 * @throws Error with the end of its log if it does not start
 */
export const startDocker = async (host: Namespace, folder: string): Promise<void> => {
  const log = join(folder, "dockerd.log");
  const starts = (): number => (existsSync(log) ? readFileSync(log, "utf8").split("API listen on").length : 1);
  await host.script("if pkill dockerd; then while pgrep dockerd >/dev/null; do sleep 0.1; done; fi");
  const before = starts();
  host.start(
    log,
    "dockerd",
    "--data-root",
    join(folder, "docker"),
    "--exec-root",
    "/run/docker",
    "--storage-driver",
    "vfs",
  );
  await poll("dockerd", 100, () => (starts() > before ? true : undefined));
};
