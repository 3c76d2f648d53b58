import type { Subnet } from "./host-network.js";
import type { ConfigPath } from "../problems/problem.js";
import { above } from "./subnet.js";

/**
 * One index determines all identifiers of a VM: index 4 is tap
 * `microvm4`, MAC `02:00:00:00:00:05`, the sixth address of the subnet and vsock CID 7.
 */

/** The tap of a VM's interface number `position`; the first has only the index. */
export const tapOf = (index: number, position: number): string =>
  position === 0 ? `${tapPrefix}${String(index)}` : `${tapPrefix}${String(index)}-${String(position)}`;

/** The prefix of every allocated tap. */
const tapPrefix = "microvm";

/** A locally administered MAC: the position in the second byte, index + 1 in the last four. */
export const macOf = (index: number, position: number): string => {
  const digits = (0x02_00_00_00_00_00 + position * 2 ** 32 + index + 1).toString(16).padStart(12, "0");
  return digits.replace(/(..)(?=.)/g, "$1:");
};

/**
 * A MAC that no VM of another host has: `06:`, which is locally administered (IEEE 802), and a hash of the VM's place in
 * the config (FNV-1a of 64 bits, folded to 40).
 */
export const lanMacOf = (vmPath: ConfigPath, position: number): string => {
  const hash = new TextEncoder()
    .encode(JSON.stringify([...vmPath, position]))
    .reduce((all, byte) => BigInt.asUintN(64, (all ^ BigInt(byte)) * 0x100000001b3n), 0xcbf29ce484222325n);
  const digits = ((hash >> 40n) ^ BigInt.asUintN(40, hash)).toString(16).padStart(10, "0");
  return `06${digits}`.replace(/(..)(?=.)/g, "$1:");
};

/** The address `index` + 2 above the subnet's own. */
export const addressOf = (index: number, subnet: Subnet): string => above(subnet.network, index + 2);

/** The vsock CID: 0, 1 and 2 are reserved (vsock(7)). */
export const cidOf = (index: number): number => index + firstGuestCid;

/** The lowest CID a guest may have. */
export const firstGuestCid = 3;
