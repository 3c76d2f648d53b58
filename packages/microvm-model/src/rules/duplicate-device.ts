import { problem } from "../problems/problem.js";
import { repeated } from "./repeated.js";
import type { Rule } from "./rule.js";

/**
 * Device passed to two guests
 *
 * A PCI or USB device belongs to one guest. The host hands it to one guest, so no second guest can use it.
 *
 * ## Fails
 *
 * ```ts host
 * {
 *   vms: {
 *     a: { devices: [{ bus: "pci", path: "0000:01:00.0" }] },
 *     b: { devices: [{ bus: "pci", path: "0000:01:00.0" }] },
 *   },
 * }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * {
 *   vms: {
 *     a: { devices: [{ bus: "pci", path: "0000:01:00.0" }] },
 *     b: { devices: [{ bus: "pci", path: "0000:01:00.1" }] },
 *   },
 * }
 * ```
 */
const duplicateDevice = problem("duplicate-device", "error");

export const check: Rule = (host) =>
  repeated(
    duplicateDevice,
    "device",
    "Pass the device to one VM only.",
    host.vms.flatMap(({ machine: { devices } }) =>
      devices.map(({ bus, device, path }) => ({ value: `${bus} ${device}`, path: [...path, "path"] })),
    ),
  );
