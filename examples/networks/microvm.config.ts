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
        // IPv4 and IPv6, out through one interface of the host, addresses by DHCP for those who ask, and a VLAN apart.
        br0: {
          address: "192.168.83.1/24",
          ipv6: "fd00:83::1/64",
          nat: { externalInterface: "wan0", ipv6: true },
          dhcp: { from: "192.168.83.200", to: "192.168.83.249" },
          vlans: { "10": { address: "192.168.10.1/24", ipv6: "fd00:10::1/64" } },
        },
        // The host's second network card is in this bridge, so that guests are in the LAN.
        lan: { ports: ["enp2s0"], address: "dhcp" },
      },

      // No bridge at all: the host routes to each guest. They leave by whatever interface the host's routes choose.
      routed: { address: "10.9.0.1/24", ipv6: "fd00:9::1/64", nat: true },

      vms: {
        // On two bridges: out through the first one, in the LAN by the second.
        // What it does in the LAN passes the host's rules by, which `network: "open"` has to own up to.
        gateway: { network: "open", interfaces: [{ bridge: "br0" }, { bridge: "lan", address: "dhcp" }] },
        // Asks for its address, and is always given that of its index.
        leased: { interfaces: [{ bridge: "br0", address: "dhcp" }] },
        // Sees the host and other guests of VLAN 10 alone.
        isolated: { interfaces: [{ bridge: "br0", vlan: 10 }] },
        routed: { interfaces: [{ routed: true }] },
        // Beside the host on the LAN's wire; the host itself reaches it over br0.
        beside: {
          network: "open",
          interfaces: [
            { type: "macvtap", link: "enp3s0", mode: "bridge" },
            { bridge: "br0", address: "192.168.83.20", ipv6: "fd00:83::20" },
          ],
        },
        // Needs nothing of the host: QEMU's own network, with one port of the guest on the host's loopback.
        forwarded: {
          hypervisor: "qemu",
          network: "open",
          interfaces: [{ type: "user" }],
          forwardPorts: [{ host: { address: "127.0.0.1", port: 8080 }, guest: { port: 80 } }],
          firewall: { allowedTCPPorts: [80] },
        },
        // No network, reached over vsock alone.
        alone: { interfaces: [] },
      },
    },
  },
});
