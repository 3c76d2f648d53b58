import { z } from "zod";
import { destinations } from "../catalogue/presets.js";
import * as scalar from "../scalars/scalars.js";
import { object, port } from "../scalars/terms.js";

/** What a VM may reach: everything, the internet, what its `allow` lists, or nothing. */
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
   * What is spoken there.
   *
   * @example "udp"
   */
  readonly proto: "tcp" | "udp";
}

/** Whether a port of the host is that of DNS, by whichever name. */
export const isDns = (port: HostPort): boolean =>
  port === "dns" || (typeof port === "number" ? port : port.port) === 53;

const protocol = z.enum(["tcp", "udp"]);

export const hostPortSchema = z.union([z.literal("dns"), port, object({ port, proto: protocol })], {
  error: ({ input }) => {
    const [, number, proto] = /^(\d+)(?:\/(tcp|udp))?$/.exec(String(input)) ?? [];
    if (number === undefined) return 'Write "dns", a TCP port as a number, or { port: 69, proto: "udp" }.';
    return proto === "udp"
      ? `Write { port: ${number}, proto: "udp" }.`
      : `Write ${number} without quotes, or { port: ${number}, proto: "udp" } where it is UDP.`;
  },
});

/**
 * The name of an agent, a toolchain or another destination (`"npm"`), or a domain, address or subnet with the TCP ports
 * that may be reached there (`"github.com:22,443"`, `"10.0.0.5:5432"`); 80 and 443 without.
 */
export type Destination = string;

export const destinationSchema = scalar.destination(Object.keys(destinations));

/**
 * The name of a VM of the same host (`"cache"`), all of which is reached; or with the TCP ports that are, alone
 * (`"database:5432"`, `"web:80,443"`).
 */
export type ReachedVm = string;

export const reachedVmSchema = scalar.reachedVm;

/** A port of the host's outward interface that leads to one of a VM. */
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
   * The protocol that both are of.
   *
   * @default "tcp"
   */
  readonly proto?: "tcp" | "udp" | undefined;
}

/** Ports as other tools write them, with an address before. */
const publishedElsewhere = /^(?:(\[.*\]|[^:]*[^:\d][^:]*):)?(\d+)(?::(\d+))?(?:\/(?:tcp|udp))?$/;

const ofNoAddress =
  "It is a port of the host's outward interface; the host itself reaches the VM's own address without it.";

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
    const remedy = `Write the host's port and the VM's: { host: ${host}, guest: ${guest} }.`;
    return address === undefined ? remedy : `${remedy} ${ofNoAddress}`;
  },
);
