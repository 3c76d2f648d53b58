import { problem } from "./problem.js";

/**
 * Subnet too small for the index
 *
 * Index 0 is the second usable address of the subnet, index 1 the third, and so on up to the last one before the
 * broadcast address. A /24 has room for indexes up to 252. More VMs need a shorter prefix length.
 *
 * ## Fails
 *
 * ```ts vm
 * { index: 253 }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { index: 200 }
 * ```
 */
export const subnetFull = problem("subnet-full", "error");
