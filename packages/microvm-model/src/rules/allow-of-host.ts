import type { Rule } from "./rule.js";
import type { HostPlan, NetworkPlan, Placed } from "../plan/plan.js";
import { type Problem, problem } from "../problems/problem.js";
import { isAddress } from "../plan/policy.js";
import { addressIn, formatSubnet, isInside } from "../plan/subnet.js";
import { joinDestination, splitDestination } from "../scalars/scalars.js";

/**
 * allow contains a local address
 *
 * `allow` opens destinations beyond the host, but not the host and its other VMs: use `reachHost` and `reachVms`.
 * `allow` can contain a larger subnet: this opens all of the subnet except the host's networks.
 *
 * ## Fails
 *
 * ```ts host
 * {
 *   vms: {
 *     api: { allow: ["192.168.83.1:5432", "192.168.83.3:6379"] },
 *     cache: { firewall: { allowedTCPPorts: [6379] } },
 *   },
 * }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * {
 *   vms: {
 *     api: { reachHost: [5432], reachVms: ["cache"], allow: ["192.168.0.0/16"] },
 *     cache: { firewall: { allowedTCPPorts: [6379] } },
 *   },
 * }
 * ```
 */
const allowOfHost = problem("allow-of-host", "error");

export const check: Rule = (host) => {
  const addresses = addressesOf(host);
  return host.vms.flatMap(
    ({
      name,
      network: {
        policy: { network, written },
      },
    }) =>
      network === "internet" || network === "allowlist"
        ? written.allow.flatMap((entry) => mistake(addresses, name, entry) ?? [])
        : [],
  );
};

/** Local addresses, grouped as the host's rules group them. */
interface Addresses {
  readonly host: ReadonlySet<string>;
  /** VM by address. */
  readonly vms: ReadonlyMap<string, string>;
  /** Networks of VMs only, without ports into a LAN. */
  readonly closed: readonly NetworkPlan[];
}

const addressesOf = ({ networks, vms }: HostPlan): Addresses => {
  const links = vms.flatMap(({ name, network: { interfaces } }) => interfaces.map((link) => ({ name, link })));
  const joined = new Set(links.flatMap(({ link }) => (link.type === "tap" ? [link.network] : [])));
  const closed = networks.filter((one) => joined.has(one) && (one.kind === "routed" || !one.isLan));
  return {
    host: new Set(networks.flatMap(({ subnets }) => subnets.flatMap(({ own }) => own?.value ?? []))),
    vms: new Map(
      links.flatMap(({ name, link: { network, addresses } }) =>
        network !== null && closed.includes(network) ? addresses.map(({ value }) => [value, name]) : [],
      ),
    ),
    closed,
  };
};

const mistake = (
  { host, vms, closed }: Addresses,
  name: string,
  { value, path }: Placed<string>,
): Problem | undefined => {
  const { target, ports } = splitDestination(value);
  if (!isAddress(target)) return undefined;
  const say = (message: string, remedy: string): Problem => allowOfHost(path, `${target} ${message}`, remedy);
  const reached = ports.length === 0 ? [80, 443] : ports;
  const one = oneOf(target);
  if (one !== undefined && host.has(one))
    return say(
      "is the host's own address, and `allow` does not open the host",
      `List the host's ports instead: \`reachHost: [${reached.map(portOfHost).join(", ")}]\`.`,
    );
  const owner = one === undefined ? undefined : vms.get(one);
  if (owner === name) return say(`is ${name}'s own address`, "Remove it: a VM always reaches itself.");
  if (owner !== undefined)
    return say(
      `is the address of the VM ${owner}, and \`allow\` does not open VMs`,
      `Name the VM instead: \`reachVms: ["${joinDestination(owner, reached)}"]\`.`,
    );
  const around = closed.find(({ subnets }) => subnets.some((subnet) => isInside(target, formatSubnet(subnet))));
  if (around === undefined) return undefined;
  const inside = [...vms].flatMap(([address, vm]) => (vm !== name && isInside(address, target) ? [vm] : []));
  const names = [...new Set(inside)];
  const some = names.length > 5 ? [...names.slice(0, 5), "…"] : names;
  return say(
    `is in ${around.name}, and \`allow\` does not open VMs or the host`,
    `Name VMs in \`reachVms\`${some.length === 0 ? "" : ` (${some.join(", ")})`} and the host's ports in \`reachHost\` instead.`,
  );
};

/** The single address that a destination stands for; undefined for a larger subnet. */
const oneOf = (target: string): string | undefined =>
  /\/(?!32$|128$)|:.*\/32$/.test(target) ? undefined : addressIn(target);

const portOfHost = (port: number): string => (port === 53 ? '"dns"' : String(port));
