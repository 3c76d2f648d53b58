import type { Rule } from "./rule.js";
import type { VmPlan } from "../plan/plan.js";
import { type ConfigPath, type Problem, problem } from "../problems/problem.js";
import { isOfDefaults } from "../compose/vm-defaults.js";

/**
 * Setting has no effect
 *
 * The setting needs another setting that the VM does not have, so microvm-emit writes nothing for it:
 *
 * | setting | needs |
 * | --- | --- |
 * | `nameservers`, `network`, `allow`, `reachVms`, `reachHost` | an interface |
 * | `bandwidthMbitPerSecond` | an interface of type `"tap"` |
 * | `agentState` | an `agent` that keeps a login |
 *
 * `gateway` of a macvtap needs a static `address`. A VM without interfaces may have `network: "none"`. A setting of
 * `vmDefaults` is only reported if it has no effect on any VM.
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

/** Settings that need another setting of the VM. */
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
    without: "a VM without a tap",
    instead: 'or use an interface of type "tap"',
  },
  {
    settings: ["agentState"],
    isMet: ({ agent }) => agent !== null && agent.state !== null,
    without: "a VM without an agent that keeps a login",
    instead: "or choose an `agent`",
  },
];

export const check: Rule = (host, { written, says }) => [
  ...needs.flatMap(({ settings, isMet, without, instead }) => {
    const idle = host.vms.filter((vm) => !isMet(vm));
    const paths = idle.flatMap((vm) =>
      settings
        // `network: "none"` is true without interfaces.
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
    .map(({ path }) => ignored([...path, "gateway"], "an interface with DHCP", "or set the interface's `address`")),
];

const ignored = (path: ConfigPath, without: string, instead: string): Problem =>
  settingIgnored(path, `\`${String(path.at(-1))}\` has no effect on ${without}`, `Remove it, ${instead}.`);
