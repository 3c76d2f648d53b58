import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import {
  type Firewall,
  firewallSchema,
  type ForwardPort,
  forwardPortSchema,
  type Interface,
  interfaceSchema,
} from "./network.js";
import {
  type Destination,
  destinationSchema,
  type HostPort,
  hostPortSchema,
  type NetworkPolicy,
  networkPolicySchema,
  type PublishedPort,
  publishedPortSchema,
  type ReachedVm,
  reachedVmSchema,
} from "./policy.js";

/** The network of a VM: its interfaces and its policy. */
export interface VmNetwork {
  /**
   * Network interfaces. The default route uses the first one.
   *
   * @default [{ type: "tap", vhost: false }]
   * @example [{ bridge: "microbr", address: "192.168.83.20" }]
   */
  readonly interfaces?: readonly Interface[] | undefined;

  /**
   * Ports that lead in and out of a `user` interface, with `qemu` only.
   *
   * @default []
   * @example [{ host: { address: "127.0.0.1", port: 8080 }, guest: { port: 80 } }]
   */
  readonly forwardPorts?: readonly ForwardPort[] | undefined;

  /**
   * IPv4 or IPv6 addresses of the guest's DNS resolvers.
   *
   * @default ["8.8.8.8", "1.1.1.1"]
   */
  readonly nameservers?: readonly string[] | undefined;

  /**
   * The guest's own firewall: true accepts only SSH, an object opens more ports, false turns it off.
   *
   * @default true
   * @example { allowedTCPPorts: [8080] }
   */
  readonly firewall?: boolean | Firewall | undefined;

  /**
   * The network policy: `"internet"` opens everything except the host, other VMs and private networks; `"allowlist"`
   * opens the entries of `allow`, and the domains of the agent and the toolchains; `"none"` opens nothing; `"open"`
   * opens everything that the host can reach, including the host and other open VMs.
   *
   * @default the policy of its bridge, else "internet"
   * @example "allowlist"
   */
  readonly network?: NetworkPolicy | undefined;

  /**
   * Additional destinations: names of presets (`"github"`, `"npm"`), domains, addresses and subnets, with TCP ports or
   * with 80 and 443 by default. Domains of the agent and the toolchains need no entry.
   *
   * @default []
   * @example ["github.com:22,443", "*.example.org", "10.0.0.5:5432"]
   */
  readonly allow?: readonly Destination[] | undefined;

  /**
   * VMs of the same host to open connections to, with all ports or the TCP ports after the name. The other VM can only
   * answer, and its own firewall must accept the port.
   *
   * @default []
   * @example ["cache", "database:5432"]
   */
  readonly reachVms?: readonly ReachedVm[] | undefined;

  /**
   * Ports of the host to open: `"dns"`, TCP ports, or ports with a protocol.
   *
   * @default []
   * @example ["dns", 8080]
   */
  readonly reachHost?: readonly HostPort[] | undefined;

  /**
   * Ports of the host's external interface that lead to ports of the VM, for other machines. The guest's own firewall
   * must accept them too.
   *
   * @default []
   * @example [{ host: 8080, guest: 80 }]
   */
  readonly publish?: readonly PublishedPort[] | undefined;

  /**
   * The limit of traffic through the host, in megabits per second for each direction.
   *
   * @default no limit
   * @example 100
   */
  readonly bandwidthMbitPerSecond?: number | undefined;
}

export const vmNetworkShape = {
  interfaces: z.array(interfaceSchema).prefault(() => [{}]),
  forwardPorts: z.array(forwardPortSchema).default([]),
  nameservers: z.array(scalar.nameserver).default(() => ["8.8.8.8", "1.1.1.1"]),
  firewall: z.union([z.boolean(), firewallSchema]).default(true),
  network: networkPolicySchema.optional(),
  allow: z.array(destinationSchema).default([]),
  reachVms: z.array(reachedVmSchema).default([]),
  reachHost: z.array(hostPortSchema).default([]),
  publish: z.array(publishedPortSchema).default([]),
  bandwidthMbitPerSecond: z.int().positive().optional(),
};
