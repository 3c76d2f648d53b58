import { isOfDefaults, type Written } from "../compose/vm-defaults.js";
import { isDns, type PortOfHost } from "../config/policy.js";
import type { Placed, VmPlan } from "../plan/plan.js";
import { type Problem, problem, type Report } from "../problems/problem.js";
import { destinationsOf, isAddress } from "../plan/policy.js";
import type { Rule } from "./rule.js";

/**
 * Entry of allow has no effect
 *
 * `allow` adds destinations to `network: "allowlist"`, and private addresses to `network: "internet"`. With `"open"`,
 * the VM reaches everything anyway. With `"none"`, it reaches nothing. With `"internet"`, a domain is allowed anyway.
 * Use `replace` to remove entries of `vmDefaults`.
 *
 * ## Fails
 *
 * ```ts vm
 * { network: "none", allow: ["github.com"] }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * {
 *   vmDefaults: { network: "allowlist", allow: ["github.com"] },
 *   vms: { a: {}, b: { network: "none", allow: replace([]) } },
 * }
 * ```
 */
const allowIgnored = problem("allow-ignored", "error");

/**
 * reachVms or reachHost has no effect
 *
 * `reachVms` and `reachHost` open ports that a policy closes. A VM with `network: "open"` has no policy: the host's
 * firewall and the policies of other VMs decide. With `network: "allowlist"`, all DNS queries go to the host's resolver,
 * so an entry for DNS in `reachHost` has no effect.
 *
 * ## Fails
 *
 * ```ts vm
 * { network: "open", reachHost: [8080] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { network: "internet", reachHost: [8080] }
 * ```
 */
const reachIgnored = problem("reach-ignored", "error");

export const check: Rule = ({ vms }, { written }) =>
  vms
    .filter(({ network: { interfaces } }) => interfaces.length > 0)
    .flatMap((vm) => settingsOf(vm).flatMap((setting) => ignored(vm, setting, written)));

type Entry = Placed<string | number | PortOfHost>;

/** A setting with its entries that have no effect. */
interface Setting {
  readonly report: Report;
  readonly name: "allow" | "reachVms" | "reachHost";
  readonly entries: readonly Entry[];
  readonly idle: readonly Entry[];
  /** Reason that holds for every entry. */
  readonly message: string;
  /** Policy that makes the entries useful. */
  readonly instead: "allowlist" | "internet";
}

const settingsOf = ({
  network: {
    policy: { network, written },
  },
}: VmPlan): readonly Setting[] => {
  const policy = `\`network: "${network}"\``;
  const reached = { open: "everything", internet: "all of the internet", none: "nothing", allowlist: null }[network];
  const allowed = written.allow;
  return [
    {
      report: allowIgnored,
      name: "allow",
      entries: allowed,
      idle:
        network === "internet"
          ? allowed.filter(({ value }) => destinationsOf(value).some(({ target }) => !isAddress(target)))
          : reached === null
            ? []
            : allowed,
      message: `${policy} allows ${String(reached)}, so \`allow\` has no effect`,
      instead: "allowlist",
    },
    {
      report: reachIgnored,
      name: "reachVms",
      entries: written.reachVms,
      idle: network === "open" ? written.reachVms : [],
      message: `${policy} has no rules for other VMs, so \`reachVms\` has no effect`,
      instead: "internet",
    },
    {
      report: reachIgnored,
      name: "reachHost",
      entries: written.reachHost,
      idle:
        network === "allowlist"
          ? written.reachHost.filter(({ value }) => isDns(value))
          : network === "open"
            ? written.reachHost
            : [],
      message:
        network === "allowlist"
          ? `${policy} redirects DNS to the host's resolver, so \`reachHost\` has no effect on DNS`
          : `With ${policy}, only the host's firewall decides, so \`reachHost\` has no effect`,
      instead: "internet",
    },
  ];
};

/** Separates entries of the VM from entries of `vmDefaults`: the remedies differ. */
const ignored = (
  {
    network: {
      policy: { path },
    },
  }: VmPlan,
  { report, name, entries, idle, message, instead }: Setting,
  written: Written,
): readonly Problem[] => {
  // Defaults that contradict themselves are corrected in `vmDefaults`.
  const isInherited = (entry: Entry): boolean => isOfDefaults(written(entry.path)) && !isOfDefaults(written(path));
  const kept = entries.filter((entry) => !idle.includes(entry)).map(({ value }) => value);
  const say = (some: readonly Entry[], place: typeof path, leaving: string, related?: Problem["related"]): Problem =>
    report(place, `${message}: ${listed(some)}`, `Set \`network: "${instead}"\`, or ${leaving}.`, related);
  const own = idle.filter((entry) => !isInherited(entry));
  const inherited = idle.filter(isInherited);
  return [
    ...own
      .slice(0, 1)
      .map((first) => say(own, first.path, `remove ${own.length === 1 ? "this entry" : "these entries"}`)),
    ...inherited
      .slice(0, 1)
      .map((first) =>
        say(inherited, path, `override \`vmDefaults\` with \`${name}: replace(${JSON.stringify(kept)})\``, [
          { path: first.path, note: "from vmDefaults" },
        ]),
      ),
  ];
};

const listed = (entries: readonly Entry[]): string =>
  entries
    .map(({ value }) => (typeof value === "object" ? `${value.proto} ${String(value.port)}` : String(value)))
    .join(", ");
