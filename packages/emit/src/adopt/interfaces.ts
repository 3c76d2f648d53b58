import type { Note } from "../report/adoption-notes.js";
import type { Settings } from "./adopted.js";
import {
  addressesOf,
  bridgeOfTap,
  gatewaysOf,
  isInSubnet,
  isOfFamily4,
  nameserversOf,
  networkOf,
  type OldBridge,
  usesDhcp,
  withoutPrefix,
} from "./host-network.js";
import { type InterfaceReading, present, unlike } from "./option-values.js";
import type { HostReading, NetworkReading, VmReading } from "./reading.js";

/** The interfaces of a VM as settings. */
export interface AdoptedInterfaces {
  /** Undefined if a config cannot express one of them: then all stay in the guest's modules. */
  readonly interfaces: readonly Settings[] | undefined;
  /** Files of systemd-networkd that they replace. */
  readonly networks: readonly string[];
  readonly nameservers: readonly string[];
  /** Routers of subnets that are not the host, by bridge. */
  readonly gateways: ReadonlyMap<string, string>;
  readonly notes: readonly Note[];
}

type Adopted =
  | {
      readonly kind: "adopted";
      readonly settings: Settings;
      readonly file: string | undefined;
      readonly gateway?: readonly [string, string];
    }
  | { readonly kind: "kept"; readonly reason: string };

/** True for the network files of microvm.nix, which every guest has. */
const isDefault = (file: string): boolean => file.startsWith("99-");

export const adoptInterfaces = (
  host: HostReading,
  vm: VmReading,
  bridges: readonly OldBridge[],
  readings: readonly InterfaceReading[],
): AdoptedInterfaces => {
  const found = readings.map((reading) => {
    const named = networkOf(vm.networks, reading.mac);
    return { named, adopted: adoptInterface(host, bridges, reading, named?.network, named?.name) };
  });
  const kept = found.flatMap(({ adopted }) => (adopted.kind === "kept" ? [adopted.reason] : []));
  const done = found.flatMap(({ adopted }) => (adopted.kind === "adopted" ? [adopted] : []));
  return {
    interfaces: kept.length > 0 ? undefined : done.map(({ settings }) => settings),
    networks: done.flatMap(({ file }) => (file === undefined || isDefault(file) ? [] : [file])),
    nameservers: found.flatMap(({ named }) => (named === undefined ? [] : nameserversOf(named.network))),
    gateways: new Map(done.flatMap(({ gateway }) => (gateway === undefined ? [] : [gateway]))),
    notes: [...new Set(kept)].map((reason) => ({ vm: vm.name, subject: "microvm.interfaces", reason })),
  };
};

const adoptInterface = (
  host: HostReading,
  bridges: readonly OldBridge[],
  reading: InterfaceReading,
  network: NetworkReading | undefined,
  file: string | undefined,
): Adopted => {
  const { type, id, mac } = reading;
  if (type === "user") return { kind: "adopted", settings: { type, mac }, file: undefined };
  const addresses = network === undefined ? [] : addressesOf(network);
  const [address, ...others] = addresses.filter(isOfFamily4);
  const isDynamic = address === undefined && network !== undefined && usesDhcp(network);
  const gateway = network === undefined ? undefined : gatewaysOf(network).find(isOfFamily4);
  if (others.length > 0 || addresses.length > (address === undefined ? 0 : 1))
    return { kind: "kept", reason: `${id} has several addresses` };
  if (address === undefined && !isDynamic)
    return { kind: "kept", reason: `${id} has no address in systemd-networkd, which the config would set` };
  if (type === "macvtap")
    return {
      kind: "adopted",
      settings: present({
        type,
        link: reading.macvtap?.link,
        mode: reading.macvtap?.mode,
        mac,
        tap: id,
        address: address ?? "dhcp",
        gateway: address === undefined ? undefined : gateway,
      }),
      file,
    };
  const name = type === "bridge" ? reading.bridge : bridgeOfTap(host, id);
  const bridge =
    bridges.find((one) => one.name === name) ??
    bridges.find((one) => address !== undefined && one.address !== undefined && isInSubnet(address, one.address));
  if (bridge === undefined) return { kind: "kept", reason: `${id} is not in a bridge of the host` };
  if (address !== undefined && (bridge.address === undefined || !isInSubnet(address, bridge.address)))
    return { kind: "kept", reason: `${bridge.name} has no address on the host in the subnet of ${address}` };
  const isHost = bridge.address !== undefined && gateway === withoutPrefix(bridge.address);
  return {
    kind: "adopted",
    settings: unlike(
      {
        type,
        bridge: bridge.name,
        mac,
        tap: type === "tap" ? id : undefined,
        address: address === undefined ? "dhcp" : withoutPrefix(address),
        vhost: reading.tap?.vhost,
      },
      { type: "tap", vhost: false },
    ),
    file,
    ...(gateway !== undefined && !isHost && { gateway: [bridge.name, gateway] as const }),
  };
};
