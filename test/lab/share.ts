/** The shares of a VM, each with its virtiofsd as on the host, but with files of the lab. */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Runner, Share } from "./evaluated.js";
import type { Namespace } from "./namespace.js";
import { poll } from "./poll.js";

/** The file of the lab for `path` of the host. */
export const hostFile = (folder: string, path: string): string => join(folder, "files", path);

/** The shares of a VM except the store, which the image replaces. */
export const sharesOf = ({ shares }: Runner): readonly Share[] => {
  const own = shares.filter(({ source }) => source !== "/nix/store");
  const other = own.find(({ proto }) => proto !== "virtiofs");
  if (other !== undefined) throw new Error(`The lab has no ${other.proto} for the share ${other.tag}.`);
  return own;
};

const deepestExisting = (path: string): string => (existsSync(path) ? path : deepestExisting(dirname(path)));

/**
 * Mounts the folder of the lab over the deepest existing parent of the source, only for virtiofsd, so that virtiofsd
 * can open the evaluated path. The mount can hide the files of virtiofsd, so they are in the working directory.
 */
const DAEMON = `
  cd "$1"
  mount --bind "$2" "$3"
  shift 3
  exec ./ld-linux-x86-64.so.2 --library-path . ./virtiofsd "$@"`;

/** The command of microvm.nix (nixos-modules/microvm/virtiofsd). */
const argumentsOf = ({ source, readOnly, cache, posixAcl, extraArgs }: Share, socket: string): readonly string[] => [
  ...[`--socket-path=${socket}`, `--shared-dir=${source}`],
  ...(posixAcl ? ["--posix-acl", "--xattr"] : []),
  ...[`--cache=${cache}`, "--inode-file-handles=prefer"],
  ...(readOnly ? ["--readonly"] : []),
  ...extraArgs,
];

/** Starts virtiofsd of a share. The promise resolves when it listens at `socket`. */
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
