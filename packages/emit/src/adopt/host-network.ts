import { isIPv4 } from "node:net";
import { Address4 } from "ip-address";
import type { HostReading, NetworkReading } from "./reading.js";

/** A bridge of the host. It stays unchanged: the config only adds taps to it. */
export interface OldBridge {
  readonly name: string;
  /** The host's first IPv4 address with its prefix length. */
  readonly address: string | undefined;
}

const namesOf = ({ match }: NetworkReading): readonly string[] =>
  [match["Name"]].flat().flatMap((name) => (typeof name === "string" ? name.split(/\s+/) : []));

const settingTexts = ({ settings }: NetworkReading, name: string): readonly string[] =>
  [settings[name]].flat().filter((value): value is string => typeof value === "string");

/** All addresses of a file of systemd-networkd, with their prefix lengths. */
export const addressesOf = (network: NetworkReading): readonly string[] => [
  ...network.addresses,
  ...settingTexts(network, "Address"),
];

export const gatewaysOf = (network: NetworkReading): readonly string[] => [
  ...network.gateways,
  ...settingTexts(network, "Gateway"),
];

export const nameserversOf = (network: NetworkReading): readonly string[] => [
  ...network.dns,
  ...settingTexts(network, "DNS"),
];

export const usesDhcp = ({ settings }: NetworkReading): boolean =>
  ["yes", "ipv4", true].some((value) => settings["DHCP"] === value);

export const withoutPrefix = (address: string): string => address.split("/")[0] ?? "";

export const isOfFamily4 = (address: string): boolean => isIPv4(withoutPrefix(address));

export const oldBridges = (host: HostReading): readonly OldBridge[] =>
  [...new Set(host.bridges)].map((name) => {
    const files = Object.values(host.networks).filter((network) => namesOf(network).includes(name));
    const addresses = [...files.flatMap(addressesOf), ...(host.interfaces[name] ?? [])];
    return { name, address: addresses.find((address) => isOfFamily4(address) && address.includes("/")) };
  });

/** A pattern of systemd-networkd; for names of interfaces, it contains only `*` and `?`. */
const matches = (pattern: string, name: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  ).test(name);

/** The bridge that systemd-networkd or `networking.bridges` puts a tap into; by the first file that matches. */
export const bridgeOfTap = (host: HostReading, tap: string): string | undefined => {
  const file = Object.entries(host.networks)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, network]) => network)
    .find((network) => namesOf(network).some((pattern) => matches(pattern, tap)));
  return file === undefined ? undefined : settingTexts(file, "Bridge")[0];
};

export const isInSubnet = (address: string, subnet: string): boolean =>
  isOfFamily4(address) && isOfFamily4(subnet) && new Address4(withoutPrefix(address)).isInSubnet(new Address4(subnet));

/** The position of an address in its subnet. */
export const offsetIn = (address: string, subnet: string): number =>
  Number(new Address4(withoutPrefix(address)).bigInt() - new Address4(subnet).startAddress().bigInt());

/**
 * The file of a guest that configures an interface: one that matches its MAC address, otherwise one that can match any
 * Ethernet link.
 */
export const networkOf = (
  networks: Readonly<Record<string, NetworkReading>>,
  mac: string,
): { readonly name: string; readonly network: NetworkReading } | undefined => {
  const files = Object.entries(networks).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const byMac = files.find(([, { match }]) =>
    ["MACAddress", "PermanentMACAddress"]
      .flatMap((key) => [match[key]].flat())
      .some((value) => typeof value === "string" && value.toLowerCase().split(/\s+/).includes(mac.toLowerCase())),
  );
  const isOfEthernet = ([, network]: (typeof files)[number]): boolean =>
    !("MACAddress" in network.match || "PermanentMACAddress" in network.match) &&
    (network.match["Type"] === undefined || network.match["Type"] === "ether") &&
    network.match["WLANInterfaceType"] === undefined &&
    network.match["Kind"] === undefined &&
    (namesOf(network).length === 0 || namesOf(network).some((name) => /^[e*]/.test(name)));
  const [name, network] = byMac ?? files.find(isOfEthernet) ?? [];
  return name === undefined || network === undefined ? undefined : { name, network };
};
