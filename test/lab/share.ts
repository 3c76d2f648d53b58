/** The shares of a VM, each with a daemon of its own as on the host, but with the lab's files for the host's. */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Runner, Share } from "./evaluated.js";
import type { Namespace } from "./namespace.js";
import { poll } from "./poll.js";

/** Where in the lab's folder the file is that a VM sees as `path` of its host. */
export const hostFile = (folder: string, path: string): string => join(folder, "files", path);

/** What a VM has of its host besides the store, which the image stands for. */
export const sharesOf = ({ shares }: Runner): readonly Share[] => {
  const own = shares.filter(({ source }) => source !== "/nix/store");
  const other = own.find(({ proto }) => proto !== "virtiofs");
  if (other !== undefined) throw new Error(`The lab has no ${other.proto} for the share ${other.tag}.`);
  return own;
};

const deepestExisting = (path: string): string => (existsSync(path) ? path : deepestExisting(dirname(path)));

/**
 * The lab's folder is laid over the deepest one above the source that this machine has too, for the daemon alone, so that
 * it opens the very path that was evaluated. Debian 12's daemon knows no `--readonly`, and heeds a mount that is.
 */
const DAEMON = `
  mount --bind "$1" "$2"
  if [ "$4" = true ]; then
    mount --bind "$3" "$3"
    mount -o remount,bind,ro "$3"
  fi
  exec /usr/lib/qemu/virtiofsd --socket-path="$5" -o source="$3"`;

/** Starts the daemon of a share; the promise is kept when it listens at `socket`. */
export const serveShare = async (
  host: Namespace,
  { source, readOnly }: Share,
  folder: string,
  socket: string,
): Promise<void> => {
  const covered = deepestExisting(dirname(source));
  if (covered === "/") throw new Error(`The lab lays no folder over / for ${source}.`);
  mkdirSync(hostFile(folder, source), { recursive: true });
  const args = [hostFile(folder, covered), covered, source, String(readOnly), socket];
  host.start(`${socket}.log`, "unshare", "--mount", "sh", "-euc", DAEMON, "sh", ...args);
  await poll(`the daemon of ${source}`, 20, () => (existsSync(socket) ? true : undefined));
};
