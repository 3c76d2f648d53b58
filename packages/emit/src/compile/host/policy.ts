import type { AllowedPlan, PortPlan, VmPlan } from "@microvm-emit/model";
import { webPorts } from "@microvm-emit/model/internal";
import { type Binding, type Expr, str, toNix } from "@microvm-emit/nix-ast";
import { at, bindingAt } from "../terms.js";

/** The network policy of a VM. Rules match taps, so a VM without one gets no `network`. */
export const compilePolicy = ({ path: origin, network: { interfaces, policy } }: VmPlan): readonly Binding[] => {
  const many = (option: string, items: readonly Expr[]): readonly Binding[] =>
    items.length === 0 ? [] : [bindingAt([...origin, option], option, items)];
  const allowed = [...(policy.network === "allowlist" ? policy.domains : []), ...policy.addresses];
  return [
    ...(interfaces.some(({ type }) => type === "tap") ? [bindingAt(policy.path, "network", policy.network)] : []),
    ...many("allow", allowed.map(compileAllowed)),
    ...many(
      "reachVms",
      policy.vms.map(({ path, value, ports }) => at(path, compileReached(value, ports))),
    ),
    ...many(
      "reachHost",
      policy.host.map((port) => toNix(portOf(port))),
    ),
    ...many(
      "publish",
      policy.published.map(({ path, proto, host, guest }) =>
        at(path, toNix({ proto: proto === "tcp" ? undefined : proto, host, guest })),
      ),
    ),
    ...(policy.mbitPerSecond === null
      ? []
      : [bindingAt([...origin, "bandwidthMbitPerSecond"], "bandwidthMbitPerSecond", policy.mbitPerSecond)]),
  ];
};

const compileAllowed = ({ path: origin, target, ports }: AllowedPlan): Expr =>
  at(origin, compileReached(target, isWeb(ports) ? null : ports));

const isWeb = (ports: readonly PortPlan[]): boolean => String(ports.map(portOf)) === String(webPorts.map(portOf));

const compileReached = (to: string, ports: readonly PortPlan[] | null): Expr =>
  ports === null ? str(to) : toNix({ to, ports: ports.map(portOf) });

const portOf = ({ proto, port }: PortPlan): number | string => (proto === "tcp" ? port : `${proto}/${String(port)}`);
