import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { type NetworkPolicy, networkPolicySchema } from "./policy.js";
import { object, port, record } from "../scalars/terms.js";

/** What a network of VMs has whatever carries it: subnets and a way out. */
export interface Routed {
  /**
   * The host's IPv4 address in the network, which is the guests' gateway, with the prefix length of the subnet (/8 to
   * /30).
   *
   * @default none: no IPv4 of the host's own
   * @example "192.168.83.1/24"
   */
  readonly address?: string | undefined;

  /**
   * The host's IPv6 address in the network, which is the guests' gateway, with the prefix length of the subnet (/16 to
   * /126). Guests have addresses of both families then.
   *
   * @default none: no IPv6 but link-local addresses
   * @example "fd00:83::1/64"
   */
  readonly ipv6?: string | undefined;

  /**
   * Whether guests reach the internet by the host's addresses. With `true` they leave as the host does: by whatever
   * interface its routes choose, also when that changes. An object names one interface.
   *
   * @default false
   * @example true
   */
  readonly nat?: boolean | Nat | undefined;

  /**
   * What the VMs in it may reach that do not say so themselves.
   *
   * @default "internet"
   * @example "allowlist"
   */
  readonly network?: NetworkPolicy | undefined;
}

/** A VLAN of a bridge; as to the bridge itself, `address: "dhcp"` has the host ask a DHCP server for its address. */
export interface Vlan extends Routed {
  /**
   * The router of the IPv4 subnet, where that is not the host; for subnets of a LAN.
   *
   * @default the host's own address
   * @example "192.168.1.1"
   */
  readonly gateway?: string | undefined;

  /**
   * Has the host give out IPv4 addresses: true from the upper half of the subnet, an object from a range. A VM whose
   * interface has `address: "dhcp"` is always leased the address that its index gives.
   *
   * @default false
   */
  readonly dhcp?: boolean | DhcpRange | undefined;
}

/** A network bridge of the host, which the taps of its VMs join. */
export interface Bridge extends Vlan {
  /**
   * Interfaces of the host that join the bridge, so that guests are in their LAN.
   *
   * @default []
   * @example ["eno1"]
   */
  readonly ports?: readonly string[] | undefined;

  /**
   * Whether something else makes the bridge: libvirt, Incus, `networking.bridges`. The flake then joins taps to it and
   * sets up nothing else of it; `address` says which addresses its VMs have. It has no `ports`, `dhcp` or `vlans` here.
   *
   * @default false
   */
  readonly existing?: boolean | undefined;

  /**
   * VLANs by their id, from 2 to 4094: VMs of different ones do not see each other, and reach each other through the
   * host at most. On `ports`, they are tagged. The host's interface in VLAN 10 of `br0` is `br0.10`.
   *
   * @default {}
   * @example { "10": { address: "192.168.10.1/24" } }
   */
  readonly vlans?: Readonly<Record<string, Vlan>> | undefined;
}

/** Masquerading of a subnet. */
export interface Nat {
  /**
   * The only interface of the host by which guests leave; needed for ports that VMs `publish`. `ip route get 1.1.1.1`
   * names it after `dev`. One for all networks of a host.
   *
   * @default any but the VMs' own networks
   * @example "eno1"
   */
  readonly externalInterface?: string | undefined;

  /**
   * Whether IPv6 is masqueraded too (NAT66). For networks with an `externalInterface`, one that says so decides for all.
   *
   * @default false
   */
  readonly ipv6?: boolean | undefined;
}

/** The addresses that a DHCP server gives to whom it does not know. */
export interface DhcpRange {
  /**
   * The first one.
   *
   * @default the first one of the subnet's upper half
   * @example "192.168.83.100"
   */
  readonly from?: string | undefined;

  /**
   * The last one.
   *
   * @default the last one of the subnet
   * @example "192.168.83.199"
   */
  readonly to?: string | undefined;
}

/** A network interface of a VM. */
export type Interface = TapInterface | UserInterface | MacvtapInterface | BridgeInterface;

/** What every interface of a VM has. */
export interface GuestInterface {
  /**
   * The guest's MAC address, best a locally administered one.
   *
   * @default `02:00:` and `index` + 1 in four bytes; further interfaces count the second byte up. In a LAN, `06:` and
   * five bytes of a hash of the names of host and VM
   * @example "02:00:00:00:00:05"
   */
  readonly mac?: string | undefined;
}

/** An interface that the host has too, under a name. */
export interface NamedInterface {
  /**
   * The name of the host's tap or macvtap interface, at most 15 characters.
   *
   * @default `microvmINDEX`; `microvmINDEX-1` and so on for further interfaces
   */
  readonly tap?: string | undefined;
}

/** An interface whose IPv4 address can be said. */
export interface AddressedInterface extends GuestInterface {
  /**
   * The guest's IPv4 address, in the network's subnet and without a prefix length, or `"dhcp"` to ask for it; needed for
   * a VM's second interface in one network. That of a macvtap has the prefix length of the LAN.
   *
   * @default the subnet's address `index` + 2; `"dhcp"` for a macvtap
   * @example "192.168.83.20"
   */
  readonly address?: string | undefined;
}

/** An interface in a bridge of the host. */
export interface BridgedInterface extends AddressedInterface {
  /**
   * The name of the host's bridge, needed where the host has several.
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

/** A tap of the host's, in one of its bridges or routed to. */
export interface TapInterface extends BridgedInterface, NamedInterface {
  /**
   * A tap interface, which nearly every hypervisor has.
   *
   * @default "tap"
   */
  readonly type?: "tap" | undefined;

  /**
   * Whether the tap is in the host's routed network instead of a bridge, where every guest is alone with the host.
   *
   * @default false; true where the host has a routed network and no bridge
   */
  readonly routed?: boolean | undefined;

  /**
   * The bridge's VLAN that the tap is in. The guest knows nothing of it: its frames are not tagged.
   *
   * @default none: the bridge's own network
   * @example 10
   */
  readonly vlan?: number | undefined;

  /**
   * Whether the host's kernel moves the packets (vhost-net), several times as fast; with `qemu` only.
   *
   * @default false
   */
  readonly vhost?: boolean | undefined;
}

/** The hypervisor's own network, which needs nothing of the host: the guest gets out, by DHCP, and nobody gets in. */
export interface UserInterface extends GuestInterface {
  /** User-mode networking; what comes in is said by the VM's `forwardPorts`. */
  readonly type: "user";
}

/** A second address on an interface of the host: the guest is in its LAN, and cannot reach the host itself. */
export interface MacvtapInterface extends AddressedInterface, NamedInterface {
  /** A macvtap on an interface of the host. */
  readonly type: "macvtap";

  /**
   * The host's interface that it stands on.
   *
   * @example "eno1"
   */
  readonly link: string;

  /**
   * Whom it reaches on the same link: `bridge` the other macvtaps, `private` none of them, `vepa` those that the switch
   * sends back to, `source` those of known MACs; `passthru` takes the link for itself.
   */
  readonly mode: "private" | "vepa" | "bridge" | "passthru" | "source";

  /**
   * The LAN's router, where `address` is written.
   *
   * @default none: what is outside of the LAN is not reached
   * @example "192.168.1.1"
   */
  readonly gateway?: string | undefined;
}

/** A tap that QEMU itself makes and puts into a bridge, by `qemu-bridge-helper` and without QEMU's own sandbox. */
export interface BridgeInterface extends BridgedInterface {
  /** A tap by `qemu-bridge-helper`. */
  readonly type: "bridge";
}

/** A port of the host that leads to a port of the guest, or the reverse. */
export interface ForwardPort {
  /**
   * Who opens the connection: `host` (or who reaches it) for a service of the guest, `guest` for one of the host.
   *
   * @default "host"
   */
  readonly from?: "host" | "guest" | undefined;

  /**
   * The protocol; from the guest only TCP.
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
   * The IPv4 address: on the host, best `127.0.0.1` so that the LAN is kept out; in the guest, needed from the guest only.
   *
   * @default all addresses of the host; the guest's own one
   * @example "127.0.0.1"
   */
  readonly address?: string | undefined;

  /** The port, from 1 to 65535. */
  readonly port: number;
}

/** Ports that a guest's firewall lets in, besides SSH. */
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
      `Write true, or { externalInterface: ${JSON.stringify(typeof input === "string" ? input : "eno1")} } for one way out alone.`,
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
