/** Evaluates the example with every kind of network in Nix: the settings of the host and of each guest. */
import type { Config } from "microvm-emit";
import { describe, expect, it } from "vitest";
import networks from "../../examples/networks/microvm.config.js";
import { emitted, hostModule } from "./emitted.js";
import { evalFlake, nixes } from "./harness.js";
import { guestConfig, guestNetwork, type GuestNetwork, networksOfGuest } from "./identity.js";

const minimal = {
  system: "x86_64-linux",
  stateVersion: "26.05",
  modules: ["./configuration.nix"],
  user: { name: "alice" },
  bridges: { br0: { address: "192.168.83.1/24" } },
} as const;

const apply = `systems:
  let
    host = systems.lab.config;
    guests = builtins.mapAttrs (_: ${guestConfig}) host.microvm.vms;
    whole = builtins.all (config: config.system.build.toplevel.drvPath != "") ([ host ] ++ builtins.attrValues guests);
    network = { matchConfig, networkConfig, addresses, routes, bridgeVLANs, ... }: [
      (matchConfig.Name or matchConfig.MACAddress)
      networkConfig
      (map (a: a.Address) addresses)
      (map (r: r.Destination or r.Gateway) routes)
      bridgeVLANs
    ];
    networksOf = config: builtins.mapAttrs (_: network) config.systemd.network.networks;
  in
  assert whole;
  {
    host = networksOf host;
    netdevs = builtins.mapAttrs (_: n: n.netdevConfig.Kind) host.systemd.network.netdevs;
    server = { inherit (host.systemd.network.networks."0-20-br0") dhcpServerConfig dhcpServerStaticLeases; };
    firewall = builtins.mapAttrs (_: i: i.allowedUDPPorts) host.networking.firewall.interfaces;
    nat = { inherit (host.networking.nat) enableIPv6 internalInterfaces internalIPs internalIPv6s externalInterface; };
    guests = builtins.mapAttrs (_: ${guestNetwork}) guests;
    links = builtins.mapAttrs (_: guest: map (i: i.type) guest.microvm.interfaces) guests;
    ports = guests.forwarded.microvm.forwardPorts;
  }`;

const found = (mac: string): object => ({ "Match.PermanentMACAddress": [mac] });
const resolved = { "Network.DNS": ["8.8.8.8", "1.1.1.1"] };

const untagged = (vlan: number): unknown => ({ PVID: vlan, EgressUntagged: vlan });

const asking = {
  hosts: { lab: { ...minimal, vms: { a: { reachHost: ["dns"], nameservers: ["192.168.83.1"] }, b: {} } } },
} as const;

describe.each(nixes())("by $version", (nix) => {
  it.each([
    ["no DNS server", "", true],
    ["dnsmasq", "services.dnsmasq.enable = true;", false],
    ["systemd-resolved for the host only", "services.resolved.enable = true;", true],
    [
      "systemd-resolved on the bridge",
      'services.resolved = { enable = true; extraConfig = "DNSStubListenerExtra=192.168.83.1"; };',
      false,
    ],
  ])("a host with %s warns when a VM uses its DNS server but none is enabled", async (_, setting, warns) => {
    const host = hostModule.replace("{", `{ ${setting}`);
    const warnings = (await evalFlake(emitted(asking, { "configuration.nix": host }), "nixosConfigurations", {
      nix,
      apply: "systems: systems.lab.config.warnings",
    })) as readonly string[];
    expect(warnings.filter((warning) => /^a can use the DNS server of this host/.test(warning))).toHaveLength(
      warns ? 1 : 0,
    );
  });

  it("a host enables networkd unless another program creates all of its bridges", async () => {
    const existing = { existing: true, address: "192.168.122.1/24" };
    const rows = {
      none: [{}, "", false],
      bridge: [{ bridges: { br0: { address: "10.0.0.1/24" } } }, "", true],
      existing: [{ bridges: { virbr0: existing } }, "", false],
      both: [{ bridges: { virbr0: existing, br0: { address: "10.0.0.1/24" } } }, "", true],
      routed: [{ routed: { address: "10.9.0.1/24" } }, "", true],
      vlan: [
        { bridges: { virbr0: existing } },
        'microvm-emit.vlans."virbr0.7" = { bridge = "virbr0"; id = 7; };',
        true,
      ],
    } as const;
    const hosts = Object.entries(rows).map(([name, [network]]) => [
      name,
      { ...minimal, modules: [`./${name}.nix`], bridges: undefined, ...network, vms: {} },
    ]);
    const files = Object.entries(rows).map(([name, [, module]]) => [
      `${name}.nix`,
      hostModule.replace("{", `{ ${module}`),
    ]);
    const enabled = await evalFlake(
      emitted(
        { hosts: Object.fromEntries(hosts) as Config["hosts"] },
        Object.fromEntries(files) as Record<string, string>,
      ),
      "nixosConfigurations",
      { nix, apply: "builtins.mapAttrs (_: system: system.config.systemd.network.enable)" },
    );
    expect(enabled).toEqual(
      Object.fromEntries(Object.entries(rows).map(([name, [, , isEnabled]]) => [name, isEnabled])),
    );
  });

  it("VMs on an existing bridge have the same rules as on a bridge of the flake", async () => {
    const subnets = { address: "10.0.0.1/24", ipv6: "fd00::1/64" };
    const vms = {
      internet: { reachHost: [8080], reachVms: ["none"] },
      list: { network: "allowlist", allow: ["a.example", "9.9.9.9"] },
      none: { network: "none" },
      open: { network: "open" },
    } as const;
    const hostWith = (bridge: object): object => ({ ...minimal, bridges: { br0: { ...subnets, ...bridge } }, vms });
    const flake = emitted({ hosts: { own: hostWith({}), existing: hostWith({ existing: true }) } } as Config, {
      "configuration.nix": hostModule,
    });
    const { own, existing } = (await evalFlake(flake, "nixosConfigurations", {
      nix,
      apply: 'builtins.mapAttrs (_: system: system.config.environment.etc."microvm/policy.nft".text)',
    })) as Readonly<Record<string, string>>;
    expect(existing).toBe(own);
    expect(own).toContain(
      'set untagged { type ifname; elements = { "microvm0", "microvm1", "microvm2", "microvm3" } }',
    );
  });

  it("a host warns about the networks of other programs that overlap a network of VMs", async () => {
    const at = (address: string): object => ({ bridges: { br0: { address } } });
    const both = { bridges: { br0: { ipv6: "fd7a:115c:a1e0:7::1/64", vlans: { 7: { address: "100.70.0.1/24" } } } } };
    const wireguard = (...allowed: readonly string[]): string => `{
      ips = [ "10.9.0.2/24" "10.9.0.2" ];
      peers = [ { publicKey = ""; allowedIPs = [ ${allowed.map((range) => JSON.stringify(range)).join(" ")} ]; } ];
    }`;
    const staticAddress =
      'networking.interfaces.eno1.ipv4.addresses = [ { address = "10.0.0.9"; prefixLength = 24; } ];';
    const rows: readonly (readonly [network: object, module: string, ...overlaps: string[]])[] = [
      [at("172.17.0.1/16"), ""],
      [
        at("172.17.0.1/16"),
        "virtualisation.docker.enable = true;",
        "br0 (172.17.0.0/16) overlaps 172.17.0.0/16 of Docker.",
      ],
      [
        at("172.31.255.1/24"),
        "virtualisation.docker.enable = true;",
        "br0 (172.31.255.0/24) overlaps 172.24.0.0/13 of Docker.",
      ],
      [at("172.16.255.1/24"), "virtualisation.docker.enable = true;"],
      [at("172.32.0.1/24"), "virtualisation.docker.enable = true;"],
      // Docker uses these only after 15 other networks.
      [at("192.168.83.1/24"), "virtualisation.docker.enable = true;"],
      [
        at("10.200.1.1/24"),
        `virtualisation.docker = {
          enable = true;
          daemon.settings = { bip = "10.200.1.5/24"; default-address-pools = [ { base = "10.0.0.0/8"; size = 24; } ]; };
        };`,
        "br0 (10.200.1.0/24) overlaps 10.0.0.0/8 of Docker.",
        "br0 (10.200.1.0/24) overlaps 10.200.1.5/24 of Docker.",
      ],
      [
        at("172.17.0.1/16"),
        'virtualisation.docker = { enable = true; daemon.settings.default-address-pools = [ { base = "10.0.0.0/8"; size = 24; } ]; };',
      ],
      [
        at("10.80.0.1/12"),
        "virtualisation.podman.enable = true;",
        "br0 (10.80.0.0/12) overlaps 10.88.0.0/16 of Podman.",
      ],
      [
        at("192.168.122.1/24"),
        "virtualisation.libvirtd.enable = true;",
        "br0 (192.168.122.0/24) overlaps 192.168.122.0/24 of libvirt.",
      ],
      [{ bridges: { br0: { existing: true, address: "192.168.122.1/24" } } }, "virtualisation.libvirtd.enable = true;"],
      [
        both,
        "services.tailscale.enable = true;",
        "br0 (fd7a:115c:a1e0:7:0:0:0:0/64) overlaps fd7a:115c:a1e0::/48 of Tailscale.",
        "br0.7 (100.70.0.0/24) overlaps 100.64.0.0/10 of Tailscale.",
      ],
      [
        { routed: { address: "10.9.0.1/16" } },
        `networking.wireguard.interfaces.wg0 = ${wireguard()};`,
        "routed (10.9.0.0/16) overlaps 10.9.0.2/24 of networking.wireguard.interfaces.wg0.",
      ],
      [
        at("10.9.1.1/24"),
        `networking.wireguard.interfaces.wg0 = ${wireguard("0.0.0.0/0", "::/0", "0.0.0.0/1", "10.0.0.0/8")};`,
        "br0 (10.9.1.0/24) overlaps 10.0.0.0/8 of networking.wireguard.interfaces.wg0.",
      ],
      [
        at("10.9.1.1/24"),
        'networking.wg-quick.interfaces.wg1 = { address = [ "10.9.1.7/32" "fd00::1/64" ]; peers = [ ]; };',
        "br0 (10.9.1.0/24) overlaps 10.9.1.7/32 of networking.wg-quick.interfaces.wg1.",
      ],
      [at("10.0.0.1/24"), staticAddress, "br0 (10.0.0.0/24) overlaps 10.0.0.9/24 of networking.interfaces.eno1."],
      [at("10.0.1.1/24"), staticAddress],
      [
        at("10.0.0.1/24"),
        'systemd.network.networks."10-lan" = { matchConfig.Name = "en*"; address = [ "10.0.0.9/24" ]; };',
        "br0 (10.0.0.0/24) overlaps 10.0.0.9/24 of systemd.network.networks.10-lan.",
      ],
      [
        at("10.0.0.1/24"),
        'systemd.network.networks."50-br0" = { matchConfig.Name = "br0"; address = [ "10.0.0.9/24" ]; };',
      ],
    ];
    const hosts = rows.map(([network], row): readonly [string, unknown] => {
      const modules = [`./${String(row)}.nix`];
      return [`h${String(row)}`, { ...minimal, modules, bridges: undefined, ...network, vms: {} }];
    });
    const flake = emitted(
      { hosts: Object.fromEntries(hosts) } as Config,
      Object.fromEntries(rows.map(([, module], row) => [`${String(row)}.nix`, hostModule.replace("{", `{ ${module}`)])),
    );
    const warnings = (await evalFlake(flake, "nixosConfigurations", {
      nix,
      apply: "builtins.mapAttrs (_: system: system.config.warnings)",
    })) as Readonly<Record<string, readonly string[]>>;
    const overlaps = rows.map((_, row) =>
      warnings[`h${String(row)}`]?.flatMap((warning) => warning.match(/^.*overlaps.*$/gm) ?? []),
    );
    expect(overlaps).toEqual(rows.map(([, , ...expected]) => expected));
  });

  it("host and guests have the settings of every kind of network", async () => {
    const { guests, ...facts } = (await evalFlake(
      emitted(networks, { "configuration.nix": hostModule }),
      "nixosConfigurations",
      { nix, apply },
    )) as { readonly guests: Readonly<Record<string, GuestNetwork>> };
    expect(facts).toEqual({
      netdevs: { "0-20-br0": "bridge", "0-20-br0.10": "vlan", "0-20-lan": "bridge" },
      host: {
        "0-20-br0": [
          "br0",
          { ConfigureWithoutCarrier: true, DHCPServer: true, VLAN: ["br0.10"] },
          ["192.168.83.1/24", "fd00:83::1/64"],
          [],
          [untagged(1), { VLAN: 10 }],
        ],
        "0-21-br0-tap": ["microvm1-1 microvm3 microvm5", { Bridge: "br0" }, [], [], [untagged(1)]],
        "0-20-br0.10": ["br0.10", { ConfigureWithoutCarrier: true }, ["192.168.10.1/24", "fd00:10::1/64"], [], []],
        "0-21-br0.10-tap": ["microvm4", { Bridge: "br0" }, [], [], [untagged(10)]],
        "0-20-lan": ["lan", { DHCP: "ipv4" }, [], [], []],
        "0-21-lan-tap": ["microvm3-1", { Bridge: "lan" }, [], [], []],
        "0-21-lan-port": ["enp2s0", { Bridge: "lan" }, [], [], []],
        "0-22-microvm6": [
          "microvm6",
          { IPv4Forwarding: true, IPv6Forwarding: true },
          ["10.9.0.1/32", "fd00:9::1/128"],
          ["10.9.0.8/32", "fd00:9::8/128"],
          [],
        ],
        "0-30-unmanaged": ["*", {}, [], [], []],
      },
      server: {
        dhcpServerConfig: { PoolOffset: 200, PoolSize: 50 },
        dhcpServerStaticLeases: [{ MACAddress: "02:00:00:00:00:06", Address: "192.168.83.7" }],
      },
      firewall: { br0: [67] },
      nat: {
        enableIPv6: true,
        internalInterfaces: ["br0"],
        // NAT of the routed network uses any interface, which `networking.nat` does not support together with others.
        internalIPs: [],
        internalIPv6s: [],
        externalInterface: "wan0",
      },
      links: {
        alone: [],
        beside: ["macvtap", "tap"],
        forwarded: ["user"],
        gateway: ["tap", "tap"],
        isolated: ["tap"],
        leased: ["tap"],
        routed: ["tap"],
      },
      ports: [
        {
          from: "host",
          proto: "tcp",
          host: { address: "127.0.0.1", port: 8080 },
          guest: { address: "", port: 80 },
        },
      ],
    });
    expect(Object.fromEntries(Object.entries(guests).map(([name, told]) => [name, networksOfGuest(told)]))).toEqual({
      alone: {},
      beside: {
        "10-e": { ...found("06:15:8b:4b:c2:a7"), ...resolved, "Network.DHCP": ["ipv4"] },
        "10-e1": { ...found("02:01:00:00:00:02"), "Network.Address": ["192.168.83.20/24", "fd00:83::20/64"] },
      },
      forwarded: { "10-e": { ...found("02:00:00:00:00:03"), ...resolved, "Network.DHCP": ["ipv4"] } },
      gateway: {
        "10-e": {
          ...found("02:00:00:00:00:04"),
          ...resolved,
          "Network.Address": ["192.168.83.5/24", "fd00:83::5/64"],
          "Route.Gateway": ["192.168.83.1", "fd00:83::1"],
        },
        "10-e1": {
          ...found("06:c7:26:d4:77:eb"),
          "Network.DHCP": ["ipv4"],
          "DHCPv4.UseGateway": ["false"],
        },
      },
      isolated: {
        "10-e": {
          ...found("02:00:00:00:00:05"),
          ...resolved,
          "Network.Address": ["192.168.10.6/24", "fd00:10::6/64"],
          "Route.Gateway": ["192.168.10.1", "fd00:10::1"],
        },
      },
      leased: {
        "10-e": {
          ...found("02:00:00:00:00:06"),
          ...resolved,
          "Network.DHCP": ["ipv4"],
          // networkd has no static leases for a client that identifies itself by its DUID, so use the MAC address.
          "DHCPv4.ClientIdentifier": ["mac"],
          "Network.Address": ["fd00:83::7/64"],
          "Route.Gateway": ["fd00:83::1"],
        },
      },
      routed: {
        "10-e": {
          ...found("02:00:00:00:00:07"),
          ...resolved,
          "Network.Address": ["10.9.0.8/32", "fd00:9::8/128"],
          "Route.Gateway": ["10.9.0.1", "fd00:9::1"],
          "Route.GatewayOnLink": ["true", "true"],
        },
      },
    });
  });
});
