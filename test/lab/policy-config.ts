/** A host with a VM for each network policy, and a host where all VMs are open. */
import { ast, type Config, type NetworkPolicy, type Vm } from "microvm-emit";

export const DNS = "203.0.113.53";
export const DNS6 = "2001:db8:113::53";

/** A published port of the host for port 80 of the VM `none`. */
export const PUBLISHED = 8088;

const nameservers = [DNS];

const vms: Readonly<Record<string, Vm>> = {
  // Each VM has the name of its policy. The allowed subnet contains other VMs, which must stay blocked.
  internet: {
    index: 0,
    allow: ["192.168.0.0/16:80", "[fd99::10]:80"],
    nameservers,
  },
  reaching: { index: 1, reachVms: ["internet"], reachHost: [8080], nameservers },
  list: {
    index: 2,
    network: "allowlist",
    allow: ["listed.example", "203.0.113.9", "[2001:db8:113::9]:80"],
    nameservers,
  },
  other: { index: 3, network: "allowlist", allow: ["other.example:80"], reachVms: ["internet:80"], nameservers },
  none: { index: 4, network: "none", publish: [{ host: PUBLISHED, guest: 80 }], nameservers },
  open: { index: 5, network: "open", nameservers },
  routed: { index: 6, interfaces: [{ routed: true }], nameservers },
};

export const names = Object.keys(vms);

/** A machine of a second LAN. A bridge of the host has a port in this LAN, so the host and a VM are in it too. */
export const NEIGHBOR = "192.168.2.10";
export const NEIGHBOR6 = "fd00:2::10";
export const HOST_BESIDE = "192.168.2.2";
export const HOST_BESIDE6 = "fd00:2::2";
export const PORT = "port0";

const visitor: Vm = { index: 7, network: "open", interfaces: [{ bridge: "lan" }], nameservers };

/** A VM for tests of bandwidth and connection limits only. */
const limited: Vm = { index: 8, interfaces: [{ bridge: "microbr" }], nameservers };
const BANDWIDTH: Vm = { bandwidthMbitPerSecond: 1 };

/** Other software of the host: Docker, and a firewall that drops unknown packets. */
const beside = ast.attrs({
  virtualisation: { docker: { enable: true } },
  networking: { nftables: { enable: true }, firewall: { filterForward: true } },
});

const mapVms = (of: Readonly<Record<string, Vm>>, make: (vm: Vm) => Vm): Readonly<Record<string, Vm>> =>
  Object.fromEntries(Object.entries(of).map(([name, vm]) => [name, make(vm)]));

const hostOf = (network: NetworkPolicy, of: Readonly<Record<string, Vm>>): Config => ({
  hosts: {
    lab: {
      stateVersion: "26.05",
      modules: ["./configuration.nix", beside],
      user: { name: "alice", uid: 1000, gid: 100, sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: {
        microbr: {
          address: "192.168.83.1/24",
          ipv6: "fd00:83::1/64",
          nat: { externalInterface: "up0" },
          dhcp: true,
          network,
        },
        lan: { ports: [PORT], address: `${HOST_BESIDE}/24`, ipv6: `${HOST_BESIDE6}/64` },
      },
      routed: { address: "10.9.0.1/24", ipv6: "fd00:9::1/64", nat: { externalInterface: "up0" }, network },
      vms: {
        ...mapVms(of, (vm) => ({ interfaces: [{ bridge: "microbr" }], ...vm })),
        visitor,
        limited: network === "open" ? limited : { ...limited, ...BANDWIDTH },
      },
    },
  },
});

export const guarded = hostOf("internet", vms);

/** The same without open VMs. */
export const closed = hostOf(
  "internet",
  Object.fromEntries(
    Object.entries(vms).map(([name, vm]) => [name, name === "open" ? { ...vm, network: "none" } : vm]),
  ),
);

export const unguarded = hostOf(
  "open",
  Object.fromEntries(
    Object.entries(vms).map(([name, { index, interfaces, publish }]) => [
      name,
      {
        index,
        nameservers,
        ...(interfaces === undefined ? {} : { interfaces }),
        ...(publish === undefined ? {} : { publish }),
      },
    ]),
  ),
);
