/** Evaluated facts of a host and its VMs for the lab. */
import type { Config } from "microvm-emit";
import { emittedFlat, hostModule } from "../nix/emitted.js";
import { evalFlake, nixes } from "../nix/harness.js";
import { evaluateOnRig } from "../nix/rig.js";

/** Facts of the runner of a VM. */
export interface Runner {
  readonly kernelParams: readonly string[];
  readonly machineId: string;
  readonly mem: number;
  readonly vcpu: number;
  readonly interfaces: readonly { readonly type: string; readonly id: string; readonly mac: string }[];
  readonly shares: readonly Share[];
}

export interface Share {
  readonly proto: string;
  readonly tag: string;
  readonly source: string;
  readonly mountPoint: string;
  readonly readOnly: boolean;
  readonly cache: string;
  readonly posixAcl: boolean;
  readonly extraArgs: readonly string[];
}

export interface Host {
  /** Files of systemd-networkd by name. */
  readonly units: Readonly<Record<string, string>>;
  /** Settings of networkd.conf for foreign routes and rules. */
  readonly foreign: Readonly<Record<string, string>>;
  readonly nat: {
    readonly enable: boolean;
    readonly internalInterfaces: readonly string[];
    readonly internalIPs: readonly string[];
    /** Null if NAT uses any interface. */
    readonly externalInterface: string | null;
    readonly forwardPorts: readonly {
      readonly proto: string;
      readonly sourcePort: number;
      readonly destination: string;
    }[];
  };
  /** udev rules. */
  readonly udev: string;
  readonly policy: Policy;
  /** nftables tables of NixOS, such as firewall and NAT; empty on the stand-ins. */
  readonly tables: string;
  readonly runners: Readonly<Record<string, Runner>>;
}

/** The network policy of the VMs; empty if all VMs are open. */
export interface Policy {
  /** nftables rules. */
  readonly rules: string;
  /** nftables rules for frames from taps; null if the kernel needs the tap to exist first. */
  readonly tapRules: string | null;
  readonly sysctls: Readonly<Record<string, unknown>>;
  /** The configuration of the resolver, as JSON. */
  readonly resolver: string | null;
  /** Commands of the policy service for existing bridges. */
  readonly bridges: readonly string[];
  /** The script that makes Docker accept packets of VMs. */
  readonly beside: string | null;
}

/** Section names of networkd files by option of `systemd.network`. */
const SECTIONS: Readonly<Record<string, string>> = {
  netdevConfig: "NetDev",
  matchConfig: "Match",
  linkConfig: "Link",
  networkConfig: "Network",
  addresses: "Address",
  routes: "Route",
  bridgeConfig: "Bridge",
  dhcpServerConfig: "DHCPServer",
};

type Settings = Readonly<Record<string, unknown>>;
type Unit = Readonly<Record<string, Settings | readonly Settings[]>>;

interface Facts extends Omit<Host, "units"> {
  /** Files as NixOS writes them, by name; null on the stand-ins. */
  readonly units: Readonly<Record<string, string>> | null;
  readonly netdevs: Readonly<Record<string, Unit>>;
  readonly networks: Readonly<Record<string, Unit>>;
}

const FACTS = `host:
  let
    inherit (host.config) networking systemd;
    inherit (host.config.environment) etc;
    options = wanted: builtins.mapAttrs (_: unit: builtins.intersectAttrs wanted unit);
    wanted = { ${Object.keys(SECTIONS)
      .map((option) => `${option} = null;`)
      .join(" ")} };
    runnerOf = _: vm:
      let
        guest = if (vm.evaluatedConfig or null) != null then vm.evaluatedConfig else vm.config;
        inherit (guest.config) microvm;
      in
      {
        inherit (microvm) kernelParams machineId mem vcpu;
        interfaces = map ({ type, id, mac, ... }: { inherit type id mac; }) microvm.interfaces;
        shares = map (
          { proto, tag, source, mountPoint, readOnly, cache, posixAcl, extraArgs, ... }:
          { inherit proto tag source mountPoint readOnly cache posixAcl extraArgs; }
        ) microvm.shares;
      };
  in
  {
    units = if systemd.network ? units then builtins.mapAttrs (_: unit: unit.text) systemd.network.units else null;
    netdevs = if systemd.network ? units then { } else options wanted systemd.network.netdevs;
    networks = if systemd.network ? units then { } else options wanted systemd.network.networks;
    foreign = builtins.mapAttrs (_: managed: if managed then "yes" else "no") systemd.network.config.networkConfig;
    nat = { inherit (networking.nat) enable internalInterfaces internalIPs externalInterface forwardPorts; };
    udev = host.config.services.udev.extraRules;
    policy = {
      rules = etc."microvm/policy.nft".text or "";
      tapRules = etc."microvm/taps.nft".text or null;
      sysctls = host.config.boot.kernel.sysctl;
      resolver = etc."microvm/resolver.json".text or null;
      bridges = builtins.filter (line: builtins.match ".*no_linklocal_learn.*" line != null) (
        systemd.services.microvm-policy.serviceConfig.ExecStartPost or [ ]
      );
      beside = systemd.services.microvm-docker.script or null;
    };
    tables = builtins.concatStringsSep "\n" (
      map (table: "table \${table.family} \${table.name} {\n\${table.content}\n}") (
        if networking.nftables.enable then builtins.attrValues networking.nftables.tables else [ ]
      )
    );
    runners = builtins.mapAttrs runnerOf host.config.microvm.vms;
  }`;

const unitText = (unit: Unit): string =>
  Object.entries(SECTIONS)
    .flatMap(([option, section]) => [unit[option] ?? []].flat().map((settings) => ({ section, settings })))
    .filter(({ settings }) => Object.keys(settings).length > 0)
    .map(({ section, settings }) => {
      const lines = Object.entries(settings).flatMap(([name, value]) =>
        [value].flat().map((one) => `${name}=${String(one)}`),
      );
      return [`[${section}]`, ...lines, ""].join("\n");
    })
    .join("\n");

const unitFiles = (units: Readonly<Record<string, Unit>>, type: string): [string, string][] =>
  Object.entries(units).map(([name, unit]) => [`${name}.${type}`, unitText(unit)]);

/** Writes the flake of a config to a new folder. */
export const emitFlake = (config: Config): string => emittedFlat(config, { "configuration.nix": hostModule });

/** Evaluates a host of a flake, on the modules of NixOS or on the stand-ins of `test/inputs`. */
export const evaluateHost = async (flake: string, host: string, isOnRig: boolean): Promise<Host> => {
  const [nix] = nixes();
  if (nix === undefined) throw new Error("There is no nix.");
  const attr = `nixosConfigurations.${host}`;
  const evaluated = isOnRig
    ? await evaluateOnRig(flake, attr, FACTS)
    : await evalFlake(flake, attr, { nix, apply: FACTS });
  const { units, netdevs, networks, ...facts } = evaluated as Facts;
  return {
    ...facts,
    units: units ?? Object.fromEntries([...unitFiles(netdevs, "netdev"), ...unitFiles(networks, "network")]),
  };
};
