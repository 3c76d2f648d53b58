import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * A macvtap does not reach its own host
 *
 * What a guest sends by a macvtap leaves by the link to the wire, past the host's own network: host and guest cannot
 * reach each other over it, which is macvlan's design. SSH from the host needs a second interface, such as a tap on a
 * bridge.
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

/** The kernel's macvlan driver sends what the guest says out of the link, past the host's own stack. */
export const check: Rule = (host) =>
  host.vms.flatMap(({ network: { interfaces } }) =>
    interfaces
      .filter(({ type }) => type === "macvtap")
      .map(({ path }) =>
        macvtapWithoutHost(
          [...path, "type"],
          "The guest and this host cannot reach each other over a macvtap, by its design",
          "Add a tap interface on a bridge where they ought to, such as for SSH.",
        ),
      ),
  );
