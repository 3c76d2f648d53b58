import { Address4, Address6 } from "ip-address";
import { type Rule, text, textOr, pattern } from "./text.js";

/** An RFC 1123 label: a host name without dots, also usable in a systemd unit name. */
export const hostLabel = text({
  holds: pattern(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/),
  complaint: "is not a host name",
  remedy: "Use 1 to 63 lower-case letters, digits and inner hyphens.",
});

/** A Linux network interface name, at most 15 bytes (IFNAMSIZ; microvm.nix asserts.nix). */
const interfaceRules: readonly Rule[] = [
  {
    holds: (value) => new TextEncoder().encode(value).length <= 15,
    complaint: "is longer than 15 characters, Linux's limit for interface names",
    remedy: "Choose a shorter name.",
  },
  {
    // networkd refuses names that look like an index, and the names of the kernel's common settings. A command would
    // read a leading hyphen as an option.
    holds: (value) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(value) && !/^(\d+|all|default|lo)$/.test(value),
    complaint: "is not a valid interface name",
    remedy:
      "Use letters, digits, `_`, `.` and `-`, not `.` or `-` first and not only digits; `all`, `default` and `lo` are reserved.",
  },
];

export const interfaceName = text(...interfaceRules);

/** The external interface of VMs. */
export const externalInterface = textOr(() => "Name an interface, or write `nat: true` to use any.", ...interfaceRules);

/** A unicast MAC address; microvm.nix passes any text on to the hypervisor. */
export const macAddress = text(
  {
    holds: pattern(/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/),
    complaint: "is not a MAC address",
    remedy: "Write six pairs of hex digits, such as 02:00:00:00:00:05.",
  },
  {
    holds: (value) => value !== "00:00:00:00:00:00",
    complaint: "is not a usable MAC address",
    remedy: "Write a MAC address such as 02:00:00:00:00:05.",
  },
  {
    holds: pattern(/^.[02468aceACE]/),
    complaint: "is a multicast address, which an interface cannot use",
    remedy: "Make the second hex digit 2, 6, A or E.",
  },
).transform((value) => value.toLowerCase());

const isAddress = (value: string): boolean => !value.includes("/") && Address4.isValid(value);

/** An IPv4 address without a prefix length. */
export const ipv4Address = text({
  holds: isAddress,
  complaint: "is not an IPv4 address",
  remedy: "Write four numbers from 0 to 255, such as 192.168.83.6.",
});

const isIpv6Address = (value: string): boolean => !/[/%]/.test(value) && Address6.isValid(value);

/** An IPv6 address without a prefix length. */
export const ipv6Address = text({
  holds: isIpv6Address,
  complaint: "is not an IPv6 address",
  remedy: "Write an address without prefix length, such as fd00:83::6.",
});

/** A resolver's address, IPv4 or IPv6. */
export const nameserver = text({
  holds: (value) => isAddress(value) || isIpv6Address(value),
  complaint: "is not an IP address",
  remedy: "Write an IPv4 or IPv6 address, such as 1.1.1.1.",
});

/** False for the first and the last address of a subnet. */
const isInside = (address: Address4 | Address6): boolean =>
  ![address.startAddress(), address.endAddress()].some((edge) => edge.bigInt() === address.bigInt());

/** A bridge's own address with the prefix length of its subnet. */
export const ipv4Cidr = text(
  {
    holds: (value) => /\/\d+$/.test(value) && Address4.isValid(value),
    complaint: "is not an IPv4 address with a prefix length",
    remedy: "Write it as 192.168.83.1/24.",
  },
  {
    holds: (value) => !/^(0|127|22[4-9]|2[3-5]\d)\./.test(value),
    complaint: "is not in an address range for hosts",
    remedy: "Use a private subnet, such as 192.168.83.1/24.",
  },
  {
    holds: (value) => {
      const { subnetMask } = new Address4(value);
      return subnetMask >= 8 && subnetMask <= 30;
    },
    complaint: "has no usable prefix length for a bridge and its VMs",
    remedy: "Use a prefix length from /8 to /30.",
  },
  {
    holds: (value) => isInside(new Address4(value)),
    complaint: "is the network or broadcast address of its subnet",
    remedy: "Give the bridge an address inside the subnet, such as the first one.",
  },
);

/** A host's IPv6 address with the prefix length of its subnet. */
export const ipv6Cidr = text(
  {
    holds: (value) => /^[^%]*\/\d+$/.test(value) && Address6.isValid(value),
    complaint: "is not an IPv6 address with a prefix length",
    remedy: "Write it as fd00:83::1/64.",
  },
  {
    // Global unicast and unique local addresses (RFC 4291, RFC 4193).
    holds: (value) => /^(2|3|f[cd])/.test(new Address6(value).canonicalForm()),
    complaint: "is not in an address range for hosts",
    remedy: "Use a unique local subnet, such as fd00:83::1/64, or your own global subnet.",
  },
  {
    holds: (value) => {
      const { subnetMask } = new Address6(value);
      return subnetMask >= 16 && subnetMask <= 126;
    },
    complaint: "has no usable prefix length for a host and its VMs",
    remedy: "Use a prefix length from /16 to /126, best /64.",
  },
  {
    holds: (value) => isInside(new Address6(value)),
    complaint: "is the first or last address of its subnet, which a host cannot use",
    remedy: "Give the host an address inside the subnet, such as fd00:83::1/64.",
  },
);

/** The id of a VLAN beside a bridge's own network, which is VLAN 1 (IEEE 802.1Q). */
export const vlanId = text({
  holds: (value) => /^[1-9]\d{0,3}$/.test(value) && Number(value) >= 2 && Number(value) <= 4094,
  complaint: "is not a VLAN id",
  remedy: "Use a number from 2 to 4094; 1 is the bridge's own network.",
});
