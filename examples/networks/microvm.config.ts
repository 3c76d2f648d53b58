import { defineConfig } from "microvm-emit";

/** A host with one network of each kind, and a VM in each. */
export default defineConfig({
  hosts: {
    lab: {
      stateVersion: "26.05",
      modules: ["./configuration.nix"],
      user: {
        name: "alice",
        sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice@lab"],
      },

      bridges: {
        // IPv4, IPv6, NAT through one interface of the host, a DHCP server and a VLAN.
        br0: {
          address: "192.168.83.1/24",
          ipv6: "fd00:83::1/64",
          nat: { externalInterface: "wan0", ipv6: true },
          dhcp: { from: "192.168.83.200", to: "192.168.83.249" },
          vlans: { "10": { address: "192.168.10.1/24", ipv6: "fd00:10::1/64" } },
        },
        // The bridge contains the host's second network card, so guests are in the LAN.
        lan: { ports: ["enp2s0"], address: "dhcp" },
      },

      // A network without a bridge: the host routes to each guest. Its own routes select the uplink.
      routed: { address: "10.9.0.1/24", ipv6: "fd00:9::1/64", nat: true },

      vms: {
        // On two bridges: the first leads to the internet, the second to the LAN.
        // The host's rules do not see traffic in the LAN, so the VM needs `network: "open"`.
        gateway: { network: "open", interfaces: [{ bridge: "br0" }, { bridge: "lan", address: "dhcp" }] },
        // Uses DHCP: the host always leases it the address of its index.
        leased: { interfaces: [{ bridge: "br0", address: "dhcp" }] },
        // In VLAN 10 of br0.
        isolated: { interfaces: [{ bridge: "br0", vlan: 10 }] },
        routed: { interfaces: [{ routed: true }] },
        // In the host's LAN. The host reaches it over br0.
        beside: {
          network: "open",
          interfaces: [
            { type: "macvtap", link: "enp3s0", mode: "bridge" },
            { bridge: "br0", address: "192.168.83.20", ipv6: "fd00:83::20" },
          ],
        },
        // QEMU's own network, without setup on the host. One port of the guest is on the host's loopback.
        forwarded: {
          hypervisor: "qemu",
          network: "open",
          interfaces: [{ type: "user" }],
          forwardPorts: [{ host: { address: "127.0.0.1", port: 8080 }, guest: { port: 80 } }],
          firewall: { allowedTCPPorts: [80] },
        },
        // No network.
        alone: { interfaces: [] },
      },
    },
  },
});
