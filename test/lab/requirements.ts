/** Requirements of the lab. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { imageIsCached } from "./image.js";

const packages: readonly (readonly [program: string, name: string])[] = readFileSync(
  new URL("debian-packages.txt", import.meta.url),
  "utf8",
)
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => {
    const [program = "", name = ""] = line.split(" ");
    return [program, name];
  });

const succeeds = (script: string, ...args: readonly string[]): boolean => {
  try {
    execFileSync("sh", ["-c", script, "sh", ...args], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** Downloads a file from the mirror of apt with apt-helper, which uses the settings of apt. */
const REACH_MIRROR = `
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' | head -n 1)
  file=$(mktemp) && trap 'rm -f "$file"' EXIT
  test -n "$mirror" && /usr/lib/apt/apt-helper download-file "\${mirror%/}/dists/trixie/InRelease" "$file"`;

/** The Python of Debian, which has the modules that the lab imports. */
export const PYTHON = "/usr/bin/python3";
export const LIBNFTABLES = "libnftables.so.1";

/** The reason why the lab networks cannot run here, with a remedy; undefined if they can. */
export const whatIsMissing = (): string | undefined => {
  if (process.platform !== "linux" || process.arch !== "x64") return "they are of x86_64, on Linux";
  if (process.getuid?.() !== 0) return "only root makes their network: run this as root";
  const missing = packages.filter(([program]) => !succeeds('command -v "$1" || test -e "$1"', program));
  if (missing.length > 0) {
    const programs = missing.map(([program]) => program).join(", ");
    return `no ${programs}: apt install ${[...new Set(missing.map(([, name]) => name))].join(" ")}`;
  }
  if (!succeeds("unshare --net --mount --pid --fork --mount-proc ip tuntap add dev lab mode tap"))
    return "no network namespace with a tap can be made: give CAP_SYS_ADMIN, CAP_NET_ADMIN and /dev/net/tun";
  return undefined;
};

const [major = 0, minor = 0] = release().split(".").map(Number);
/** The reason why nftables hooks need an existing device here; undefined if they do not. */
export const whatHooksMiss =
  major > 6 || (major === 6 && minor >= 16) ? undefined : `Linux ${release()} is older than 6.16`;

/** The reason why guests cannot boot here, with a remedy; undefined if they can. */
export const whatGuestsMiss = (): string | undefined =>
  whatIsMissing() ??
  (imageIsCached() || succeeds(REACH_MIRROR)
    ? undefined
    : "apt's mirror, from which their image is made, is out of reach");
