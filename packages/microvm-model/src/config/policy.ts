import { z } from "zod";
import { destinations } from "../catalogue/presets.js";
import * as scalar from "../scalars/scalars.js";
import { object, port } from "../scalars/terms.js";

/** The network policy of a VM: everything, the internet, the entries of its `allow`, or nothing. */
export type NetworkPolicy = "open" | "internet" | "allowlist" | "none";

const networkPolicies = ["open", "internet", "allowlist", "none"] as const satisfies readonly NetworkPolicy[];

export const networkPolicySchema = z.enum(networkPolicies);

/** A port of the host that a VM may reach: `"dns"`, a TCP port, or a port of a protocol. */
export type HostPort = "dns" | number | PortOfHost;

/** A port of the host by its protocol. */
export interface PortOfHost {
  /**
   * The number of the port.
   *
   * @example 69
   */
  readonly port: number;

  /**
   * The protocol.
   *
   * @example "udp"
   */
  readonly proto: "tcp" | "udp";
}

/** True for the port of DNS, by name or number. */
export const isDns = (port: HostPort): boolean =>
  port === "dns" || (typeof port === "number" ? port : port.port) === 53;

const protocol = z.enum(["tcp", "udp"]);

export const hostPortSchema = z.union([z.literal("dns"), port, object({ port, proto: protocol })], {
  error: ({ input }) => {
    const [, number, proto] = /^(\d+)(?:\/(tcp|udp))?$/.exec(String(input)) ?? [];
    if (number === undefined) return 'Write "dns", a TCP port as a number, or { port: 69, proto: "udp" }.';
    return proto === "udp"
      ? `Write { port: ${number}, proto: "udp" }.`
      : `Write ${number} without quotes, or { port: ${number}, proto: "udp" } for UDP.`;
  },
});

/**
 * The name of an agent, a toolchain or another preset (`"npm"`), or a domain, address or subnet with TCP ports
 * (`"github.com:22,443"`, `"10.0.0.5:5432"`); the default ports are 80 and 443.
 */
export type Destination = string;

export const destinationSchema = scalar.destination(Object.keys(destinations));

/**
 * The name of a VM of the same host (`"cache"`) for all of its ports, or with TCP ports for these only
 * (`"database:5432"`, `"web:80,443"`).
 */
export type ReachedVm = string;

export const reachedVmSchema = scalar.reachedVm;

/** A port of the host's external interface that leads to a port of a VM. */
export interface PublishedPort {
  /**
   * The host's port.
   *
   * @example 8080
   */
  readonly host: number;

  /**
   * The VM's port.
   *
   * @example 80
   */
  readonly guest: number;

  /**
   * The protocol of both ports.
   *
   * @default "tcp"
   */
  readonly proto?: "tcp" | "udp" | undefined;
}

/** Ports as other tools write them, with an address before. */
const publishedElsewhere = /^(?:(\[.*\]|[^:]*[^:\d][^:]*):)?(\d+)(?::(\d+))?(?:\/(?:tcp|udp))?$/;

const ofNoAddress = "The port opens on the host's external interface; the host itself uses the VM's own address.";

export const publishedPortSchema = object(
  {
    host: z
      .int({
        error: ({ input }) => {
          const [, address, number] = publishedElsewhere.exec(String(input)) ?? [];
          return address === undefined || number === undefined ? undefined : `Write ${number}. ${ofNoAddress}`;
        },
      })
      .min(1)
      .max(65535),
    guest: port,
    proto: protocol.default("tcp"),
  },
  (given) => {
    const [, address, host = "8080", guest = host] = publishedElsewhere.exec(String(given)) ?? [];
    const remedy = `Write the ports of host and VM: { host: ${host}, guest: ${guest} }.`;
    return address === undefined ? remedy : `${remedy} ${ofNoAddress}`;
  },
);
