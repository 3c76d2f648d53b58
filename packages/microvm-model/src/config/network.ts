import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { type NetworkPolicy, networkPolicySchema } from "./policy.js";
import { object, port, record } from "../scalars/terms.js";

/** The settings that every kind of network has: subnets, NAT and a policy. */
export interface Routed {
  /**
   * The host's IPv4 address in the network with the prefix length of the subnet (/8 to /30). It is the gateway of the
   * guests.
   *
   * @default none
   * @example "192.168.83.1/24"
   */
  readonly address?: string | undefined;

  /**
   * The host's IPv6 address in the network with the prefix length of the subnet (/16 to /126). It is the gateway of the
   * guests, which then have addresses of both families.
   *
   * @default none: only link-local IPv6 addresses
   * @example "fd00:83::1/64"
   */
  readonly ipv6?: string | undefined;

  /**
   * Masquerades the guests behind the host's addresses. With `true`, traffic leaves through any interface that the
   * host's routes select; an object selects one interface.
   *
   * @default false
   * @example true
   */
  readonly nat?: boolean | Nat | undefined;

  /**
   * The default network policy of its VMs.
   *
   * @default "internet"
   * @example "allowlist"
   */
  readonly network?: NetworkPolicy | undefined;
}

/**
 * A VLAN of a bridge. With `address: "dhcp"`, the host requests its IPv4 address from a DHCP server in the LAN.
 */
export interface Vlan extends Routed {
  /**
   * The router of the IPv4 subnet, if it is not the host; for subnets of a LAN.
   *
   * @default the host's own address
   * @example "192.168.1.1"
   */
  readonly gateway?: string | undefined;

  /**
   * Runs a DHCP server for IPv4: true for the upper half of the subnet, an object for a range. A VM whose interface has
   * `address: "dhcp"` always gets the address of its index.
   *
   * @default false
   */
  readonly dhcp?: boolean | DhcpRange | undefined;
}

/** A network bridge of the host, with the taps of its VMs. */
export interface Bridge extends Vlan {
  /**
   * Interfaces of the host that join the bridge. Guests are then in the LAN of these interfaces.
   *
   * @default []
   * @example ["eno1"]
   */
  readonly ports?: readonly string[] | undefined;

  /**
   * For a bridge of another tool: libvirt, Incus, `networking.bridges`. The flake only adds taps to it; `address` sets
   * the subnet of the VMs. `ports`, `dhcp` and `vlans` are not allowed.
   *
   * @default false
   */
  readonly existing?: boolean | undefined;

  /**
   * VLANs by id, from 2 to 4094. VMs of different VLANs can reach each other only through the host. Frames on `ports`
   * are tagged. The host's interface in VLAN 10 of `br0` is `br0.10`.
   *
   * @default {}
   * @example { "10": { address: "192.168.10.1/24" } }
   */
  readonly vlans?: Readonly<Record<string, Vlan>> | undefined;
}

/** Masquerading of a subnet. */
export interface Nat {
  /**
   * The only outgoing interface of the host for its guests, the same for all networks of a host; required for ports
   * that VMs `publish`. `ip route get 1.1.1.1` prints it after `dev`.
   *
   * @default any interface except the networks of VMs
   * @example "eno1"
   */
  readonly externalInterface?: string | undefined;

  /**
   * Masquerades IPv6 too (NAT66). If one network with an `externalInterface` sets it, it applies to all of them.
   *
   * @default false
   */
  readonly ipv6?: boolean | undefined;
}

/** The addresses for machines without a reserved address. */
export interface DhcpRange {
  /**
   * The first address.
   *
   * @default the first one of the subnet's upper half
   * @example "192.168.83.100"
   */
  readonly from?: string | undefined;

  /**
   * The last address.
   *
   * @default the last one of the subnet
   * @example "192.168.83.199"
   */
  readonly to?: string | undefined;
}

/** A network interface of a VM. */
export type Interface = TapInterface | UserInterface | MacvtapInterface | BridgeInterface;

/** Settings of every interface of a VM. */
export interface GuestInterface {
  /**
   * The guest's MAC address, preferably a locally administered one.
   *
   * @default `02:00:` and `index` + 1 in four bytes; further interfaces count the second byte up. In a LAN, `06:` and
   * five bytes of a hash of the names of host and VM
   * @example "02:00:00:00:00:05"
   */
  readonly mac?: string | undefined;
}

/** An interface that also has a name on the host. */
export interface NamedInterface {
  /**
   * The name of the host's tap or macvtap interface, at most 15 characters.
   *
   * @default `microvmINDEX`; `microvmINDEX-1` and so on for further interfaces
   */
  readonly tap?: string | undefined;
}

/** An interface with a configurable IPv4 address. */
export interface AddressedInterface extends GuestInterface {
  /**
   * The guest's IPv4 address, in the network's subnet and without a prefix length, or `"dhcp"`. Required for a second
   * interface of a VM in one network. A macvtap needs the prefix length of the LAN.
   *
   * @default the subnet's address `index` + 2; `"dhcp"` for a macvtap
   * @example "192.168.83.20"
   */
  readonly address?: string | undefined;
}

/** An interface on a bridge of the host. */
export interface BridgedInterface extends AddressedInterface {
  /**
   * The name of the host's bridge. Required if the host has several.
   *
   * @default the host's only bridge
   */
  readonly bridge?: string | undefined;

  /**
   * The guest's IPv6 address, in the network's subnet and without a prefix length.
   *
   * @default the subnet's address `index` + 2
   * @example "fd00:83::20"
   */
  readonly ipv6?: string | undefined;
}

/** A tap on a bridge or in the routed network of the host. */
export interface TapInterface extends BridgedInterface, NamedInterface {
  /**
   * A tap interface, which nearly every hypervisor supports.
   *
   * @default "tap"
   */
  readonly type?: "tap" | undefined;

  /**
   * Puts the tap into the host's routed network instead of a bridge.
   *
   * @default false; true where the host has a routed network and no bridge
   */
  readonly routed?: boolean | undefined;

  /**
   * The VLAN of the bridge for the tap. The guest sees untagged frames.
   *
   * @default none: the bridge's own network
   * @example 10
   */
  readonly vlan?: number | undefined;

  /**
   * Processes packets in the host's kernel (vhost-net), several times as fast; `qemu` only.
   *
   * @default false
   */
  readonly vhost?: boolean | undefined;
}

/**
 * The hypervisor's own network, which needs no setup on the host: the guest can connect out, but accepts no
 * connections.
 */
export interface UserInterface extends GuestInterface {
  /** User-mode networking; the VM's `forwardPorts` opens ports. */
  readonly type: "user";
}

/** A macvtap on an interface of the host: the guest is in the LAN, but cannot reach the host. */
export interface MacvtapInterface extends AddressedInterface, NamedInterface {
  /** A macvtap on an interface of the host. */
  readonly type: "macvtap";

  /**
   * The interface of the host below it.
   *
   * @example "eno1"
   */
  readonly link: string;

  /**
   * The reachable peers on the same link: with `bridge` the other macvtaps, with `private` none of them, with `vepa`
   * those that the switch sends frames back to, with `source` those of known MACs; `passthru` takes the link
   * exclusively.
   */
  readonly mode: "private" | "vepa" | "bridge" | "passthru" | "source";

  /**
   * The LAN's router, if `address` is set.
   *
   * @default none: only the LAN is reachable
   * @example "192.168.1.1"
   */
  readonly gateway?: string | undefined;
}

/** A tap that QEMU creates by `qemu-bridge-helper`, without QEMU's own sandbox. */
export interface BridgeInterface extends BridgedInterface {
  /** A tap by `qemu-bridge-helper`. */
  readonly type: "bridge";
}

/** A port of the host that leads to a port of the guest, or the reverse. */
export interface ForwardPort {
  /**
   * The side that opens the connection: `host` for a service of the guest, `guest` for a service of the host.
   *
   * @default "host"
   */
  readonly from?: "host" | "guest" | undefined;

  /**
   * The protocol; with `from: "guest"` only TCP.
   *
   * @default "tcp"
   */
  readonly proto?: "tcp" | "udp" | undefined;

  /** The host's end. */
  readonly host: ForwardEnd;

  /** The guest's end. */
  readonly guest: ForwardEnd;
}

/** One end of a forwarded port. */
export interface ForwardEnd {
  /**
   * The IPv4 address. On the host, `127.0.0.1` excludes the LAN. In the guest, required only with `from: "guest"`.
   *
   * @default all addresses of the host; the guest's own address
   * @example "127.0.0.1"
   */
  readonly address?: string | undefined;

  /** The port, from 1 to 65535. */
  readonly port: number;
}

/** Ports that a guest's firewall accepts, in addition to SSH. */
export interface Firewall {
  /**
   * Open TCP ports, from 1 to 65535.
   *
   * @default []
   */
  readonly allowedTCPPorts?: readonly number[] | undefined;

  /**
   * Open UDP ports, from 1 to 65535.
   *
   * @default []
   */
  readonly allowedUDPPorts?: readonly number[] | undefined;
}

const dhcp = z.literal("dhcp");

const natSchema = z.union(
  [z.boolean(), object({ externalInterface: scalar.externalInterface.optional(), ipv6: z.boolean().default(false) })],
  {
    error: ({ input }) =>
      `Write true, or { externalInterface: ${JSON.stringify(typeof input === "string" ? input : "eno1")} } for one interface.`,
  },
);

export const routedSchema = object({
  address: scalar.ipv4Cidr.optional(),
  ipv6: scalar.ipv6Cidr.optional(),
  nat: natSchema.optional(),
  network: networkPolicySchema.optional(),
});

const vlanShape = {
  ...routedSchema.shape,
  address: z.union([dhcp, scalar.ipv4Cidr]).optional(),
  gateway: scalar.ipv4Address.optional(),
  dhcp: z
    .union([z.boolean(), object({ from: scalar.ipv4Address.optional(), to: scalar.ipv4Address.optional() })])
    .default(false),
};

export const bridgeSchema = object({
  ...vlanShape,
  existing: z.boolean().default(false),
  ports: z.array(scalar.interfaceName).default([]),
  vlans: record(scalar.vlanId, object(vlanShape)).default({}),
});

const guestAddresses = {
  address: z.union([dhcp, scalar.ipv4Address]).optional(),
  ipv6: scalar.ipv6Address.optional(),
};

export const interfaceSchema = z.discriminatedUnion("type", [
  object({
    type: z.literal("tap").optional().default("tap"),
    bridge: z.string().optional(),
    routed: z.boolean().optional(),
    vlan: z.int().min(2).max(4094).optional(),
    ...guestAddresses,
    mac: scalar.macAddress.optional(),
    tap: scalar.interfaceName.optional(),
    vhost: z.boolean().default(false),
  }),
  object({ type: z.literal("user"), mac: scalar.macAddress.optional() }),
  object({
    type: z.literal("macvtap"),
    link: scalar.interfaceName,
    mode: z.enum(["private", "vepa", "bridge", "passthru", "source"]),
    address: z.union([dhcp, scalar.ipv4Cidr]).default("dhcp"),
    gateway: scalar.ipv4Address.optional(),
    mac: scalar.macAddress.optional(),
    tap: scalar.interfaceName.optional(),
  }),
  object({
    type: z.literal("bridge"),
    bridge: z.string().optional(),
    ...guestAddresses,
    mac: scalar.macAddress.optional(),
  }),
]);

const forwardEnd = object(
  { address: scalar.ipv4Address.optional(), port },
  (given) => `Write { port: ${/^\d+$/.test(String(given)) ? String(given) : "8080"} }.`,
);

export const forwardPortSchema = object(
  {
    from: z.enum(["host", "guest"]).default("host"),
    proto: z.enum(["tcp", "udp"]).default("tcp"),
    host: forwardEnd,
    guest: forwardEnd,
  },
  () => "Write both ends, such as { host: { port: 8080 }, guest: { port: 80 } }.",
);

export const firewallSchema = object({
  allowedTCPPorts: z.array(port).default([]),
  allowedUDPPorts: z.array(port).default([]),
});
