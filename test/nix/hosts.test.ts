/** Tests hosts with different network setups on the modules of NixOS: VMs must not change the network of the host. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Config, emit, render } from "microvm-emit";
import { beforeAll, describe, expect, it } from "vitest";
import { hostModule } from "./emitted.js";
import { temporaryFolder } from "./harness.js";
import { evaluateOnRig, rig } from "./rig.js";

if (rig === undefined) console.error("NOT TESTED: networks of hosts on the modules of NixOS. Set MICROVM_EMIT_RIG.");

/** Facts of a host about its own network. */
interface Facts {
  readonly resolved: boolean;
  readonly resolvConf: boolean;
  readonly networkManagerDns: string;
  readonly waitsForNetworkd: boolean;
  readonly dhcpcd: boolean;
  readonly nat: readonly unknown[];
  readonly forwarding: boolean;
  readonly foreign: Readonly<Record<string, boolean>>;
  readonly nextHops: boolean;
  readonly leavesOthers: boolean;
  readonly failed: readonly string[];
}

const FACTS = `hosts: builtins.mapAttrs (_: host:
  let
    inherit (host.config) environment networking services systemd;
  in
  {
    resolved = services.resolved.enable;
    resolvConf = builtins.match ".*systemd.*" (toString (environment.etc."resolv.conf".source or "")) != null;
    networkManagerDns = networking.networkmanager.dns;
    waitsForNetworkd = systemd.network.enable && systemd.network.wait-online.enable;
    nat = [ networking.nat.enable networking.nat.externalInterface networking.nat.internalInterfaces ];
    forwarding = builtins.all (key: host.config.boot.kernel.sysctl."net/\${key}/conf/all/forwarding" or false == true) [ "ipv4" "ipv6" ];
    dhcpcd = systemd.services ? dhcpcd;
    foreign = builtins.intersectAttrs
      { ManageForeignRoutes = null; ManageForeignRoutingPolicyRules = null; }
      systemd.network.config.networkConfig;
    nextHops = environment.etc ? "systemd/networkd.conf.d/10-microvm.conf";
    leavesOthers = systemd.network.networks ? "0-30-unmanaged";
    failed = map (a: a.message) (builtins.filter (a: !a.assertion) host.config.assertions);
  }) hosts`;

/** Host modules by name. */
const modules = {
  networkManager: "networking.networkmanager.enable = true;",
  dhcpcd: "",
  dhcpOfOne: "networking.useDHCP = false; networking.interfaces.eno1.useDHCP = true;",
  addresses: `networking.useDHCP = false; networking.defaultGateway = "192.168.1.1";
    networking.interfaces.eno1.ipv4.addresses = [ { address = "192.168.1.9"; prefixLength = 24; } ];`,
  wifi: "networking.useDHCP = false; networking.wireless.enable = true; networking.interfaces.wlan0.useDHCP = true;",
  dnsmasq: "networking.networkmanager.enable = true; services.dnsmasq.enable = true;",
  unbound: "services.unbound.enable = true;",
  resolvedByHost: "networking.networkmanager.enable = true; services.resolved.enable = true;",
  notResolved: `services.resolved.enable = false; networking.useNetworkd = true; networking.useDHCP = false;
    systemd.network.networks."10-lan" = { matchConfig.Name = "eno1"; DHCP = "yes"; };`,
  wireguard: `networking.networkmanager.enable = true;
    networking.wg-quick.interfaces.wg0 = { privateKeyFile = "/k"; peers = [ ]; };`,
  networkd: "networking.useNetworkd = true;",
  networkdByHand: `networking.useDHCP = false; systemd.network.enable = true;
    systemd.network.networks."10-lan" = { matchConfig.Name = "eno1"; networkConfig.DHCP = "ipv4"; };`,
  networkdByDefault: `networking.useDHCP = false; systemd.network.enable = lib.mkDefault true;
    systemd.network.networks."10-lan" = { matchConfig.Name = "eno1"; networkConfig.DHCP = "ipv4"; };`,
  nat: `networking.nat = { enable = true; externalInterface = "eno1"; internalInterfaces = [ "ve-+" ]; };
    networking.nftables.enable = true;`,
  natWithIpv6: `networking.nat = { enable = true; enableIPv6 = true; externalInterface = "eno1"; internalInterfaces = [ "ve-+" ]; };
    networking.firewall.enable = false;`,
  docker: "virtualisation.docker.enable = true;",
  tailscale: `services.tailscale = { enable = true; useRoutingFeatures = "both"; };`,
  managedAnyway: "systemd.network.config.networkConfig.ManageForeignRoutes = true;",
  waitsAnyway: "systemd.network.wait-online.enable = true;",
  disabled: "systemd.network.enable = lib.mkForce false;",
  // A name that sorts first, so that the file would match taps.
  earlier: `networking.useNetworkd = true; systemd.network.networks."0-0-lan" = { matchConfig.Type = "ether"; networkConfig.DHCP = "ipv4"; };`,
  earlierElsewhere: `networking.useNetworkd = true;
    systemd.network.networks."0-0-lan" = { matchConfig.Name = "en* eth0"; networkConfig.DHCP = "ipv4"; };
    systemd.network.networks."0-1-lan" = { matchConfig = { Name = "!lo microvm* br0"; Type = "ether"; }; };
    systemd.network.networks."0-1-mac" = { matchConfig.PermanentMACAddress = "00:11:22:33:44:55"; };
    systemd.network.networks."0-1-wlan" = { matchConfig.Type = "wlan"; };`,
  later: `networking.useNetworkd = true;
    systemd.network.networks."00-a" = { matchConfig.Name = "*"; };
    systemd.network.networks."1" = { matchConfig.Kind = "tun"; };`,
  renaming: `systemd.network.links."10-lan" = { matchConfig.Type = "ether"; linkConfig.Name = "lan0"; };`,
  notRenaming: `systemd.network.links."10-lan" = { matchConfig.Type = "ether"; linkConfig.WakeOnLan = "magic"; };
    systemd.network.links."10-mac" = { matchConfig.MACAddress = "00:11:22:33:44:55"; linkConfig.Name = "lan0"; };`,
} as const;
type Name = keyof typeof modules;
const names = Object.keys(modules) as Name[];

const bridges = { br0: { address: "10.7.0.1/24", ipv6: "fd00:7::1/64", nat: { ipv6: true } } };

const hostName = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Each host with and without a VM. */
const config: Config = {
  hosts: Object.fromEntries(
    names.flatMap((name) =>
      [`${name}-before`, name].map((host) => [
        hostName(host),
        {
          stateVersion: "25.05",
          modules: ["./host.nix", `./${name}.nix`],
          user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
          ...(host === name ? { bridges, vms: { a: {} } } : {}),
        },
      ]),
    ),
  ),
};

const evaluate = async (): Promise<Readonly<Record<string, Facts>>> => {
  const result = emit(config, { configFile: "microvm.config.ts" });
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left, null, 2));
  const folder = temporaryFolder();
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write("host.nix", hostModule);
  // Packages of NetworkManager plugins without a placeholder in the rig.
  const lacking = "networking.networkmanager.plugins = lib.mkForce [ ];";
  for (const name of names) write(`${name}.nix`, `{ lib, ... }: { ${lacking} ${modules[name]} }`);
  for (const { path, text } of render(result.right.files)) write(path, text);
  return (await evaluateOnRig(folder, "nixosConfigurations", FACTS)) as Readonly<Record<string, Facts>>;
};

describe.skipIf(rig === undefined)("a host with VMs", () => {
  let facts: Readonly<Record<string, Facts>>;
  const of = (name: string): Facts => {
    const found = facts[hostName(name)];
    if (found === undefined) throw new Error(`There is no host ${name}.`);
    return found;
  };

  beforeAll(async () => {
    facts = await evaluate();
  }, 300_000);

  it.each(names.filter((name) => name !== "waitsAnyway"))(
    "keeps its DNS, NAT and network-online.target: %s",
    (name) => {
      const kept = ({ resolved, resolvConf, networkManagerDns, waitsForNetworkd, dhcpcd, nat }: Facts): object => ({
        resolved,
        resolvConf,
        networkManagerDns,
        waitsForNetworkd,
        dhcpcd,
        nat,
      });
      expect(kept(of(name))).toEqual(kept(of(`${name}-before`)));
    },
  );

  it("waits for networkd when its own configuration enables that", () => {
    expect(of("waitsAnyway").waitsForNetworkd).toBe(true);
  });

  const left = { ManageForeignRoutes: false, ManageForeignRoutingPolicyRules: false };
  it.each([
    ["networkManager", left],
    ["dhcpcd", left],
    ["addresses", left],
    ["wireguard", left],
    ["networkdByHand", left],
    ["managedAnyway", { ...left, ManageForeignRoutes: true }],
    ["networkd", {}],
  ] as const)("keeps foreign routes and rules unless the host itself uses networkd: %s", (name, foreign) => {
    expect(of(name).foreign).toEqual(foreign);
    expect(of(name).nextHops).toBe(name !== "networkd");
  });

  it.each([
    ["networkManager", true],
    ["dhcpcd", true],
    ["networkd", false],
    ["networkdByHand", false],
    ["networkdByDefault", false],
  ] as const)("leaves other links unmanaged when only VMs need networkd: %s", (name, leaves) => {
    expect(of(name).leavesOthers).toBe(leaves);
  });

  it.each([
    ["disabled", "systemd.network.enable is false"],
    ["earlier", "systemd.network.networks 0-0-lan matches"],
    ["renaming", "systemd.network.links 10-lan matches"],
  ] as const)("fails an assertion when its files match interfaces of VMs: %s", (name, message) => {
    expect(of(name).failed).toHaveLength(1);
    expect(of(name).failed[0]).toContain(message);
  });

  it.each(names.filter((name) => !["disabled", "earlier", "renaming"].includes(name)))(
    "has no failed assertion: %s",
    (name) => {
      expect(of(name).failed).toEqual([]);
      expect(of(name).forwarding).toBe(true);
    },
  );
});
