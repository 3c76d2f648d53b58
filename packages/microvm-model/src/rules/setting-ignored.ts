import type { Rule } from "./rule.js";
import type { VmPlan } from "../plan/plan.js";
import { type ConfigPath, type Problem, problem } from "../problems/problem.js";
import { isOfDefaults } from "../compose/vm-defaults.js";

/**
 * A setting has no effect
 *
 * The VM lacks something that the setting needs, so nothing is emitted for it:
 *
 * | setting                                                    | needs                         |
 * | ---------------------------------------------------------- | ----------------------------- |
 * | `nameservers`, `network`, `allow`, `reachVms`, `reachHost` | an interface                  |
 * | `bandwidthMbitPerSecond`                                   | an interface of type `"tap"`  |
 * | `agentState`                                               | an `agent` that keeps a login |
 *
 * `gateway` of a macvtap needs a written `address`. `network: "none"` is allowed on a VM without interfaces. A setting of `vmDefaults` is reported only if it has no effect on any VM.
 *
 * ## Fails
 *
 * ```ts vm
 * { interfaces: [], bandwidthMbitPerSecond: 100 }
 * ```
 *
 * ```ts vm
 * { network: "open", interfaces: [{ type: "macvtap", link: "eno1", mode: "bridge" }], bandwidthMbitPerSecond: 100 }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { bandwidthMbitPerSecond: 100 }
 * ```
 */
const settingIgnored = problem("setting-ignored", "error");

/** Settings that need something a VM does not have: nothing of them would be emitted. */
interface Need {
  readonly settings: readonly string[];
  readonly isMet: (vm: VmPlan) => boolean;
  readonly without: string;
  readonly instead: string;
}

const needs: readonly Need[] = [
  {
    settings: ["nameservers", "network", "allow", "reachVms", "reachHost", "bandwidthMbitPerSecond"],
    isMet: ({ network: { interfaces } }) => interfaces.length > 0,
    without: "a VM without a network interface",
    instead: "or give the VM an interface",
  },
  {
    settings: ["bandwidthMbitPerSecond"],
    isMet: ({ network: { interfaces } }) => interfaces.length === 0 || interfaces.some(({ type }) => type === "tap"),
    without: "a VM without a tap, whose packets do not pass the host's rules",
    instead: 'or use an interface of type "tap"',
  },
  {
    settings: ["agentState"],
    isMet: ({ agent }) => agent !== null && agent.state !== null,
    without: "a VM without an agent that keeps a login",
    instead: "or choose an `agent`",
  },
];

/** What a VM sets has an effect on it; what it inherits, on some VM of its host. */
export const check: Rule = (host, { written, says }) => [
  ...needs.flatMap(({ settings, isMet, without, instead }) => {
    const idle = host.vms.filter((vm) => !isMet(vm));
    const paths = idle.flatMap((vm) =>
      settings
        // That it reaches nothing is true.
        .filter((setting) => setting !== "network" || vm.network.policy.network !== "none")
        .map((setting) => [...vm.path, setting]),
    );
    return paths
      .filter((path) => says(path) && (idle.length === host.vms.length || !isOfDefaults(written(path))))
      .map((path) => ignored(path, without, instead));
  }),
  ...host.vms
    .flatMap(({ network: { interfaces } }) => interfaces)
    .filter(({ type, dhcp, path }) => type === "macvtap" && dhcp && says([...path, "gateway"]))
    .map(({ path }) =>
      ignored([...path, "gateway"], "an interface that gets its router by DHCP", "or write the interface's `address`"),
    ),
];

const ignored = (path: ConfigPath, without: string, instead: string): Problem =>
  settingIgnored(path, `\`${String(path.at(-1))}\` has no effect on ${without}`, `Leave it out, ${instead}.`);
