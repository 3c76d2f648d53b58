/** The files of a host that the emitted modules and its user would write. */
import type { SystemdHost } from "./systemd-host.js";

interface StandInVm {
  readonly address: string;
  readonly [fact: string]: unknown;
}

/** The facts of a host's VMs, as in /etc/microvm/vms.json. */
export const factsOf = (host: string, vms: Readonly<Record<string, StandInVm>>) => ({
  host,
  stateDir: "/var/lib/microvms",
  bridges: ["vms"],
  vms: Object.fromEntries(
    Object.entries(vms).map(([name, { address, ...more }]) => [
      name,
      {
        addresses: [address],
        user: "alice",
        workspace: "/home/alice",
        repository: null,
        agent: null,
        guest: null,
        sshHostKeys: `/var/lib/microvm-host-keys/${name}`,
        images: [],
        taps: [],
        ...more,
      },
    ]),
  ),
});

/** Writes the facts of a host. */
export const putFacts = (host: SystemdHost, facts: object): Promise<string> =>
  host.put("/etc/microvm/vms.json", JSON.stringify(facts));

/** Gives alice a key, which may log in as alice. */
export const giveKey = (host: SystemdHost): Promise<string> =>
  host.run(`
    mkdir -p /home/alice/.ssh
    ssh-keygen -q -t ed25519 -N '' -f /home/alice/.ssh/id_ed25519
    cp /home/alice/.ssh/id_ed25519.pub /home/alice/.ssh/authorized_keys
    chmod -R go= /home/alice/.ssh
    chown -R alice:alice /home/alice`);
