import { problem } from "./problem.js";

/**
 * An index has no address in the bridge's subnet
 *
 * Index 0 is the second address after the bridge's first ones, index 1 the next, and so on up to the last before the
 * broadcast address; a /24 has room for indexes up to 252. Where more VMs are wanted than a subnet holds, it needs a
 * shorter prefix length.
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
