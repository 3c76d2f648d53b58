import { Address4, Address6 } from "ip-address";
import type { AddressRange, Subnet } from "./host-network.js";
import type { Placed } from "./placed.js";
import { privateRanges } from "../catalogue/private-ranges.js";
import type { ConfigPath } from "../problems/problem.js";

const parse = (address: string): Address4 | Address6 =>
  address.includes(":") ? new Address6(address) : new Address4(address);

/** The address without prefix length, in canonical form (RFC 5952), so that equal addresses are equal texts. */
export const addressIn = (text: string): string => parse(text).correctForm();

/** An address as a number, to count and compare with. */
export const numberOf = (address: string): bigint => parse(address).bigInt();

/** The address at a distance above another one. */
export const above = (address: string, distance: number | bigint): string => {
  const from = parse(address);
  return (from instanceof Address4 ? Address4 : Address6).fromBigInt(from.bigInt() + BigInt(distance)).correctForm();
};

/** The distance of the second address above the first one. */
export const distance = (from: string, to: string): number => Number(numberOf(to) - numberOf(from));

/** True for an address outside the public internet. */
export const isPrivate = (address: string): boolean => {
  const parsed = parse(address);
  return parsed instanceof Address4
    ? privateRanges[4].some((range) => parsed.isInSubnet(new Address4(range)))
    : privateRanges[6].some((range) => parsed.isInSubnet(new Address6(range)));
};

/** An IPv6 address as 32 hexadecimal digits. */
export const hexOf = (address: string): string => numberOf(address).toString(16).padStart(32, "0");

/** True for an address or subnet inside another one, or equal to it. */
export const isInside = (inner: string, outer: string): boolean => {
  const [part, whole] = [parse(inner), parse(outer)];
  return part instanceof Address4 === whole instanceof Address4 && part.isInSubnet(whole);
};

/** The link-local address that Linux gives an interface by its MAC (RFC 4291, appendix A). */
export const linkLocalOf = (mac: string): string => {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0] = mac
    .split(":")
    .map((byte) => Number.parseInt(byte, 16));
  const identifier = [first ^ 2, second, third, 0xff, 0xfe, fourth, fifth, sixth];
  return above(
    "fe80::",
    identifier.reduce((number, byte) => number * 256n + BigInt(byte), 0n),
  );
};

/** A subnet as `192.168.83.0/24`. */
export const formatSubnet = ({ network, prefixLength }: Subnet): string => `${network}/${String(prefixLength)}`;

/** The subnet of an address such as `192.168.83.1/24`, without host or router. */
const around = (cidr: string): Subnet => {
  const address = parse(cidr);
  return {
    family: address instanceof Address4 ? 4 : 6,
    own: null,
    gateway: null,
    network: address.startAddress().correctForm(),
    last: address.endAddress().correctForm(),
    prefixLength: address.subnetMask,
  };
};

/** The subnet of a host's address that is written `192.168.83.1/24`; the host is its router. */
export const subnetOf = (cidr: string, path: ConfigPath): Subnet => {
  const own = { value: addressIn(cidr), path };
  return { ...around(cidr), own, gateway: own };
};

/** A subnet without an address of the host, with an optional router. */
export const foreignSubnet = (cidr: string, gateway: Placed<string> | null): Subnet => ({ ...around(cidr), gateway });

/** The addresses of a subnet's upper half that hosts can have. */
export const upperHalf = ({ network, last }: Subnet): { readonly from: string; readonly to: string } => ({
  from: above(network, (numberOf(last) - numberOf(network) + 1n) / 2n),
  to: above(last, -1),
});

/** True for an address of hosts: inside the subnet, and not its first or last one. */
export const isHostAddress = ({ network, last }: Subnet, address: string): boolean =>
  numberOf(address) > numberOf(network) && numberOf(address) < numberOf(last);

/** True for an address that is free for a guest: not the host's or the router's. */
export const isGuestAddress = (subnet: Subnet, address: string): boolean =>
  isHostAddress(subnet, address) && address !== subnet.own?.value && address !== subnet.gateway?.value;

/** The longest range for manual addresses of guests: without the host, the router and the DHCP range. */
export const freeRange = (
  subnet: Subnet,
  dhcp: AddressRange | null,
): { readonly from: string; readonly to: string } | undefined => {
  const { network, last, own, gateway, family } = subnet;
  const taken = [
    ...[own, gateway].flatMap((one) => (one === null ? [] : [[numberOf(one.value), numberOf(one.value)] as const])),
    ...(dhcp === null || family === 6 ? [] : [[numberOf(dhcp.from.value), numberOf(dhcp.to.value)] as const]),
    [numberOf(last), numberOf(last)] as const,
  ].sort(([a], [b]) => Number(a - b));
  let start = numberOf(network) + 1n;
  let longest = { from: start, length: 0n };
  for (const [first, end] of taken) {
    if (first - start > longest.length) longest = { from: start, length: first - start };
    if (end >= start) start = end + 1n;
  }
  const { from, length } = longest;
  const at = (number: bigint): string => above(network, number - numberOf(network));
  return length === 0n ? undefined : { from: at(from), to: at(from + length - 1n) };
};

/** True for an address in the range of a DHCP server. */
export const isWithin = (range: AddressRange | null, address: string): boolean =>
  range !== null && numberOf(address) >= numberOf(range.from.value) && numberOf(address) <= numberOf(range.to.value);
