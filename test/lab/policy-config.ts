/** A host with a VM for each policy, and one where all may reach everything. */
import type { Config, NetworkPolicy, Vm } from "microvm-emit";

const vms: Readonly<Record<string, Vm>> = {
  // What the names say of a VM is what it may reach.
  internet: { index: 0, allow: ["192.168.1.10:80"] },
  reaching: { index: 1, reachVms: ["internet"], reachHost: [8080] },
  list: { index: 2, network: "allowlist", allow: ["203.0.113.9:80"] },
  none: { index: 3, network: "none" },
  open: { index: 4, network: "open" },
};

const hostOf = (network: NetworkPolicy, of: Readonly<Record<string, Vm>>): Config => ({
  hosts: {
    lab: {
      stateVersion: "26.05",
      modules: ["./configuration.nix"],
      user: { name: "alice", uid: 1000, gid: 100, sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: {
        microbr: {
          address: "192.168.83.1/24",
          ipv6: "fd00:83::1/64",
          nat: { externalInterface: "up0" },
          network,
        },
      },
      vms: of,
    },
  },
});

export const guarded = hostOf("internet", vms);

export const names = Object.keys(vms);

export const unguarded = hostOf(
  "open",
  Object.fromEntries(Object.entries(vms).map(([name, { index }]) => [name, { index }])),
);
