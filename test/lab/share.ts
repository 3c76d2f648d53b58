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
 * it opens the very path that was evaluated. It may lie over the daemon's own files, which are at hand as the working
 * folder.
 */
const DAEMON = `
  cd "$1"
  mount --bind "$2" "$3"
  shift 3
  exec ./ld-linux-x86-64.so.2 --library-path . ./virtiofsd "$@"`;

/** As microvm.nix calls the daemon (nixos-modules/microvm/virtiofsd). */
const argumentsOf = ({ source, readOnly, cache, posixAcl, extraArgs }: Share, socket: string): readonly string[] => [
  ...[`--socket-path=${socket}`, `--shared-dir=${source}`],
  ...(posixAcl ? ["--posix-acl", "--xattr"] : []),
  ...[`--cache=${cache}`, "--inode-file-handles=prefer"],
  ...(readOnly ? ["--readonly"] : []),
  ...extraArgs,
];

/** Starts the daemon of a share; the promise is kept when it listens at `socket`. */
export const serveShare = async (
  host: Namespace,
  share: Share,
  folder: string,
  socket: string,
  virtiofsd: string,
): Promise<void> => {
  const { source } = share;
  const covered = deepestExisting(dirname(source));
  if (covered === "/") throw new Error(`The lab lays no folder over / for ${source}.`);
  mkdirSync(hostFile(folder, source), { recursive: true });
  const args = [virtiofsd, hostFile(folder, covered), covered, ...argumentsOf(share, socket)];
  host.start(`${socket}.log`, "unshare", "--mount", "sh", "-euc", DAEMON, "sh", ...args);
  await poll(`the daemon of ${source}`, 100, () => (existsSync(socket) ? true : undefined));
};
