import { z } from "zod";
import * as scalar from "../scalars.js";
import { object, port } from "./terms.js";

/** A network bridge of the host, which the taps of its VMs join. */
export interface Bridge {
  /**
   * The bridge's own IPv4 address, which is the guests' gateway, with the prefix length of its subnet (/8 to /30).
   *
   * @example "192.168.83.1/24"
   */
  readonly address: string;

  /**
   * Puts the subnet behind the host's outward interface, so that guests reach the internet.
   *
   * @default none: guests reach no further than the host
   */
  readonly nat?: Nat | undefined;
}

/** Masquerading of a bridge's subnet. */
export interface Nat {
  /**
   * The host's network interface that leads out, as `ip route get 1.1.1.1` names it; one for all bridges of a host.
   *
   * @example "eno1"
   */
  readonly externalInterface: string;
}

/** A network interface of a VM. */
export interface Interface {
  /**
   * The name of the host's bridge that the tap joins; needed where the host has several.
   *
   * @default the host's only bridge
   */
  readonly bridge?: string | undefined;

  /**
   * The guest's IPv4 address, in the bridge's subnet and without a prefix length; needed for a VM's second interface on
   * one bridge.
   *
   * @default the subnet's address `index` + 2
   * @example "192.168.83.20"
   */
  readonly address?: string | undefined;

  /**
   * The guest's MAC address, best a locally administered one.
   *
   * @default `02:00:` and `index` + 1 in four bytes; further interfaces count the second byte up
   * @example "02:00:00:00:00:05"
   */
  readonly mac?: string | undefined;

  /**
   * The name of the host's tap interface, at most 15 characters.
   *
   * @default `microvmINDEX`; `microvmINDEX-1` and so on for further interfaces
   */
  readonly tap?: string | undefined;
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

export const bridgeSchema = object({
  /** The bridge's own address, the guests' gateway, with the prefix length of the subnet. */
  address: scalar.ipv4Cidr,
  /** Masquerades the subnet behind the host's outward interface. */
  nat: object({ externalInterface: scalar.interfaceName }).optional(),
});

export const interfaceSchema = object({
  /** The host's bridge that the tap joins; the only one by default. */
  bridge: z.string().optional(),
  address: scalar.ipv4Address.optional(),
  mac: scalar.macAddress.optional(),
  tap: scalar.interfaceName.optional(),
});

export const firewallSchema = object({
  allowedTCPPorts: z.array(port).default([]),
  allowedUDPPorts: z.array(port).default([]),
});
