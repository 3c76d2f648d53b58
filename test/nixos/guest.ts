/** VMs of a host. */
import { poll } from "../lab/poll.js";
import type { Host } from "./host.js";

/** The private key on the host, for `alice` and, where a test allows it, for root. */
const KEY = "/root/key";

/** Creates a key pair on the host. */
export const putKey = async (host: Host, privateKey: string): Promise<void> => {
  await host.run(`install -m 0600 /dev/stdin ${KEY} <<'KEY'\n${privateKey}\nKEY`);
};

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A boot takes about a minute of CPU time under emulation, and other VMs can boot at the same time. */
const BOOT_S = 900;

export interface Guest {
  /**
   * Runs a shell command in the VM over SSH.
   *
   * @throws Error with its standard error if it fails
   */
  readonly run: (command: string, user?: string) => Promise<string>;
}

/** A VM that is reached at an address. The host key must be the one in its folder on the host. */
const guestOf = (host: Host, name: string, address: string): Guest => {
  const known = `/root/known-${name}`;
  const options = [
    ...["BatchMode=yes", "ConnectTimeout=30", `UserKnownHostsFile=${known}`, "StrictHostKeyChecking=yes"],
    // A connection costs seconds under emulation.
    ...["ControlMaster=auto", `ControlPath=/run/ssh-${name}-%r`, "ControlPersist=600"],
  ].flatMap((option) => ["-o", option]);
  return {
    run: (command, user = "alice") =>
      host.run(`
        { printf '${address} '; cat /var/lib/microvm-host-keys/${name}/ssh_host_ed25519_key.pub; } >${known}
        ssh -i ${KEY} ${options.join(" ")} ${user}@${address} ${quote(command)}`),
  };
};

/** Starts a VM. The promise resolves when its SSH server lets the user in. */
export const startGuest = async (host: Host, name: string, address: string): Promise<Guest> => {
  await host.run(`systemctl start microvm@${name}`);
  const guest = guestOf(host, name, address);
  try {
    await poll(`ssh to ${name}`, BOOT_S, () =>
      guest.run("true").then(
        () => true as const,
        () => undefined,
      ),
    );
  } catch (error) {
    const journal = await host.run(`journalctl --no-pager --all --lines=60 --unit=microvm@${name}`);
    throw new Error(`${String(error)}\n${journal}`, { cause: error });
  }
  return guest;
};
