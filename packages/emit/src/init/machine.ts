import { readdirSync } from "node:fs";
import { hostname, networkInterfaces, userInfo } from "node:os";
import { join } from "node:path";
import { readIfThere } from "../fs/read-text.js";

/** The facts of a machine that a first config needs; undefined for a fact that was not found. */
export interface Machine {
  readonly host: string | undefined;
  /** The NixOS release, such as `26.05`; undefined on another system. */
  readonly release: string | undefined;
  /** The users of the machine who may own VMs. */
  readonly users: readonly string[];
  /** IPv4 addresses of the machine, and of the networks that it routes to. */
  readonly addresses: readonly string[];
}

/** Finds the facts of the machine. @param root the folder of its `/etc`, for tests. */
export const findMachine = (root = "/"): Machine => {
  const osRelease = readIfThere(join(root, "etc/os-release")) ?? "";
  const isNixos = /^ID="?nixos"?$/m.test(osRelease);
  return {
    host: root === "/" ? hostname() : readIfThere(join(root, "etc/hostname"))?.trim(),
    release: isNixos ? /^VERSION_ID="?(\d\d\.\d\d)/m.exec(osRelease)?.[1] : undefined,
    users: usersIn(readIfThere(join(root, "etc/passwd")) ?? ""),
    addresses: [
      ...Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address)),
      ...routesIn(readIfThere(join(root, "proc/net/route")) ?? ""),
    ],
  };
};

/** The destinations in /proc/net/route, which has them in hexadecimal with the last byte first. */
const routesIn = (routes: string): readonly string[] =>
  routes
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [, destination] = /^\S+\t([0-9A-F]{8})\t/.exec(line) ?? [];
      return destination === undefined || destination === "00000000"
        ? []
        : [[...Buffer.from(destination, "hex")].toReversed().join(".")];
    });

/** The users of a passwd(5) file that NixOS calls normal: they have uids from 1000 to 29999. */
const usersIn = (passwd: string): readonly string[] => {
  const all = passwd.split("\n").flatMap((line) => {
    const [name, , uid] = line.split(":");
    return name !== undefined && Number(uid) >= 1000 && Number(uid) < 30_000 ? [name] : [];
  });
  const { SUDO_USER } = process.env;
  const current = SUDO_USER ?? userInfo().username;
  return all.includes(current) ? [current, ...all.filter((name) => name !== current)] : all;
};

/** The public keys in the home of a user. */
export const sshKeysOf = (user: string, root = "/"): readonly string[] => {
  const line = (readIfThere(join(root, "etc/passwd")) ?? "").split("\n").find((entry) => entry.startsWith(`${user}:`));
  const home = line?.split(":")[5];
  if (home === undefined) return [];
  const folder = join(root, home, ".ssh");
  return filesIn(folder)
    .filter((name) => name.endsWith(".pub"))
    .flatMap((name) => (readIfThere(join(folder, name)) ?? "").split("\n"))
    .map((key) => key.trim())
    .filter((key) => /^(?:ssh|ecdsa|sk)-\S+ [A-Za-z0-9+/=]+/.test(key));
};

const filesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
};
