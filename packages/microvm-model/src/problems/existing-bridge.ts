import { problem } from "./problem.js";

/**
 * Setting of an existing bridge
 *
 * With `existing: true`, libvirt, Incus or your own NixOS configuration creates the bridge, and the flake only adds
 * taps. Set ports, VLANs, a DHCP server and a DHCP address of the host in the program that creates the bridge.
 *
 * ## Fails
 *
 * ```ts host
 * { bridges: { virbr0: { existing: true, dhcp: true, address: "192.168.122.1/24" } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { bridges: { virbr0: { existing: true, address: "192.168.122.1/24" } } }
 * ```
 */
export const existingBridge = problem("existing-bridge", "error");
