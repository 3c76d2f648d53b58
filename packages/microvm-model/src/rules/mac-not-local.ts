import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * MAC in a manufacturer's range
 *
 * Manufacturers number their devices in their own ranges. Use a locally administered address, with second hex digit 2,
 * 6, A or E; otherwise a device on the network can have the same address (microvm.nix doc/src/interfaces.md).
 *
 * ## Fails
 *
 * ```ts vm
 * { vcpu: 2, interfaces: [{ mac: "00:1b:21:00:00:05" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { vcpu: 2, interfaces: [{ mac: "02:00:00:00:00:05" }] }
 * ```
 */
const macNotLocal = problem("mac-not-local", "warning");

export const check: Rule = (host) =>
  host.vms.flatMap(({ network: { interfaces } }) =>
    interfaces
      .filter(({ mac }) => !/^.[26ae]/.test(mac.value))
      .map(({ mac: { value, path } }) =>
        macNotLocal(
          path,
          `${value} is in a manufacturer's range, so a device may have it`,
          "Make the second hex digit 2, 6, A or E, or remove the MAC to get a free one.",
        ),
      ),
  );
