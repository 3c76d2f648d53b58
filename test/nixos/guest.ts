/** VMs of a host. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { poll } from "../lab/poll.js";
import { temporaryFolder } from "../nix/harness.js";
import type { Host } from "./host.js";

export interface Key {
  readonly privateKey: string;
  readonly publicKey: string;
}

export const makeKey = (): Key => {
  const file = join(temporaryFolder(), "key");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "alice", "-f", file]);
  return { privateKey: readFileSync(file, "utf8"), publicKey: readFileSync(`${file}.pub`, "utf8").trim() };
};

/** The private key on the host. */
const KEY = "/root/key";

export const putKey = async (host: Host, { privateKey }: Key): Promise<void> => {
  await host.run(`umask 077; cat >${KEY} <<'KEY'\n${privateKey}KEY`);
};

/** The folder with the SSH host key of a VM. */
export const hostKeys = (name: string): string => `/var/lib/microvm-host-keys/${name}`;

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export interface Guest {
  readonly name: string;
  readonly address: string;
  /**
   * Runs a shell command in the VM over SSH, by default as its user.
   *
   * @returns its output without the last newline
   * @throws Error with its standard error if it fails
   */
  readonly run: (command: string, user?: string) => Promise<string>;
}

export interface Access {
  /** The host keys that SSH accepts: by default, only the one in the folder of the VM on the host. */
  readonly accepted?: "own key" | "any key";
  readonly user?: string;
}

/** A VM that is reached at an address. */
export const guestOf = (
  host: Host,
  name: string,
  address: string,
  { accepted = "own key", user: owner = "alice" }: Access = {},
): Guest => {
  const known = accepted === "own key" ? `/root/known-${name}` : "/dev/null";
  const checking = accepted === "own key" ? "yes" : "no";
  const options = [
    ...["BatchMode=yes", "ConnectTimeout=30", `UserKnownHostsFile=${known}`, `StrictHostKeyChecking=${checking}`],
    // A connection costs seconds under emulation.
    ...["ControlMaster=auto", `ControlPath=/run/ssh-${name}-%r`, "ControlPersist=900"],
  ].flatMap((option) => ["-o", option]);
  return {
    name,
    address,
    run: (command, user = owner) =>
      host.run(`
        { printf '${address} '; cat ${hostKeys(name)}/ssh_host_ed25519_key.pub || true; } >${known} 2>/dev/null
        ssh -i ${KEY} ${options.join(" ")} ${user}@${address} ${quote(command)}`),
  };
};

/** A boot takes about a minute of CPU time under emulation, and several VMs can boot at the same time. */
const BOOT_S = 2400;

/** The journal of a VM's units and its console. */
const journalOf = (host: Host, name: string): Promise<string> =>
  host.run(`journalctl --no-pager --all --output=short-monotonic --lines=60 --unit='*@${name}.service'`);

/**
 * Starts a VM. The promise resolves when its SSH server lets the user in.
 *
 * @throws Error with the end of its console if it does not
 */
export const startGuest = async (host: Host, name: string, address: string, access: Access = {}): Promise<Guest> => {
  const guest = guestOf(host, name, address, access);
  try {
    await host.run(`systemctl start microvm@${name}`);
    await poll(`ssh to ${name}`, BOOT_S, () =>
      guest.run("true").then(
        () => true as const,
        () => undefined,
      ),
    );
  } catch (error) {
    throw new Error(`${String(error)}\n${await journalOf(host, name)}`, { cause: error });
  }
  return guest;
};
