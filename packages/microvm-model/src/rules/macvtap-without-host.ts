import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * macvtap cannot reach its host
 *
 * A macvtap sends the guest's packets out of the link, past the host's network stack. So host and guest cannot reach
 * each other over it. For SSH from the host, add a second interface, such as a tap on a bridge.
 *
 * ## Fails
 *
 * ```ts vm
 * { vcpu: 2, interfaces: [{ type: "macvtap", link: "eno1", mode: "bridge" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { vcpu: 2, interfaces: [{}] }
 * ```
 */
const macvtapWithoutHost = problem("macvtap-without-host", "warning");

export const check: Rule = (host) =>
  host.vms.flatMap(({ network: { interfaces } }) =>
    interfaces
      .filter(({ type }) => type === "macvtap")
      .map(({ path }) =>
        macvtapWithoutHost(
          [...path, "type"],
          "The guest and this host cannot reach each other over a macvtap",
          "Add a tap interface on a bridge if they need to, such as for SSH.",
        ),
      ),
  );
