import { problem } from "./problem.js";

/**
 * An existing bridge is set up elsewhere
 *
 * With `existing: true`, libvirt, Incus or your own NixOS configuration makes the bridge. The flake only joins taps to it. Ports, DHCP,
 * VLANs and a lease for the host belong to whatever makes the bridge.
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
