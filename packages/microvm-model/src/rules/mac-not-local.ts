import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * A MAC address may be some device's
 *
 * Manufacturers number their devices in ranges of their own. An address that a person makes up belongs to the locally
 * administered ones, whose second hex digit is 2, 6, A or E (microvm.nix, doc/src/interfaces.md); otherwise two machines
 * of one network may have it.
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

/** A MAC that is made up is a locally administered one (IEEE 802), so that no device has it. */
export const check: Rule = (host) =>
  host.vms.flatMap(({ network: { interfaces } }) =>
    interfaces
      .filter(({ mac }) => !/^.[26ae]/.test(mac.value))
      .map(({ mac: { value, path } }) =>
        macNotLocal(
          path,
          `${value} is in the range of a manufacturer, and some device may have it`,
          "Make the second hex digit 2, 6, A or E, or leave the MAC out so that one is chosen.",
        ),
      ),
  );
