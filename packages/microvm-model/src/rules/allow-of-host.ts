import type { Rule } from "./rule.js";
import type { HostPlan, NetworkPlan, Placed } from "../plan/plan.js";
import { type Problem, problem } from "../problems/problem.js";
import { isAddress } from "../plan/policy.js";
import { addressIn, formatSubnet, isInside } from "../plan/subnet.js";
import { joinDestination, splitDestination } from "../scalars/scalars.js";

/**
 * The host or a VM of its own is allowed by its address
 *
 * `allow` opens what lies beyond the host. What a VM says to the host itself and to other VMs is held by rules that come before, whose
 * openings are `reachHost` and `reachVms`. A larger subnet that the host's networks lie in may be allowed: it opens all of it but these.
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

/** What a VM allows is beyond the host: the host itself and its VMs are opened by other settings alone. */
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

/** The addresses that are on the host, as its rules tell them apart. */
interface Addresses {
  readonly host: ReadonlySet<string>;
  /** The VM that has an address. */
  readonly vms: ReadonlyMap<string, string>;
  /** Networks that lead to VMs and nowhere else: what leads into a LAN is the LAN's. */
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
      "is the host's own address, which `allow` does not open",
      `List the host's ports instead: \`reachHost: [${reached.map(portOfHost).join(", ")}]\`.`,
    );
  const owner = one === undefined ? undefined : vms.get(one);
  if (owner === name) return say(`is ${name}'s own address`, "Leave it out: what a VM says to itself passes no rule.");
  if (owner !== undefined)
    return say(
      `is the address of the VM ${owner}, which \`allow\` does not open`,
      `Name the VM instead: \`reachVms: ["${joinDestination(owner, reached)}"]\`.`,
    );
  const around = closed.find(({ subnets }) => subnets.some((subnet) => isInside(target, formatSubnet(subnet))));
  if (around === undefined) return undefined;
  const inside = [...vms].flatMap(([address, vm]) => (vm !== name && isInside(address, target) ? [vm] : []));
  const names = [...new Set(inside)];
  const some = names.length > 5 ? [...names.slice(0, 5), "…"] : names;
  return say(
    `lies in ${around.name}, whose VMs and host \`allow\` does not open`,
    `Name VMs in \`reachVms\`${some.length === 0 ? "" : ` (${some.join(", ")})`} and the host's ports in \`reachHost\` instead.`,
  );
};

/** The address that a destination is, unless it is a subnet of several. */
const oneOf = (target: string): string | undefined =>
  /\/(?!32$|128$)|:.*\/32$/.test(target) ? undefined : addressIn(target);

const portOfHost = (port: number): string => (port === 53 ? '"dns"' : String(port));
