import type { ConfigSource } from "./config-source.js";
import { isDns, type PortOfHost } from "../config/policy.js";
import type { HostPlan, Placed, VmPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";
import { destinationsOf, isAddress } from "../resolve/policy.js";
import { isOfDefaults, type Written } from "../compose/vm-defaults.js";

/** What a VM may reach besides is something that its `network` neither opens already nor leaves closed. */
export const allowIgnored = (host: HostPlan, { written }: ConfigSource): readonly Problem[] =>
  host.vms
    .filter(({ network: { interfaces } }) => interfaces.length > 0)
    .flatMap((vm) => settingsOf(vm).flatMap((setting) => ignored(vm, setting, written)));

type Entry = Placed<string | number | PortOfHost>;

/** A setting with those of its entries that have no effect. */
interface Setting {
  readonly code: "allow-ignored" | "reach-ignored";
  readonly name: "allow" | "reachVms" | "reachHost";
  readonly entries: readonly Entry[];
  readonly idle: readonly Entry[];
  /** What is so whatever the entries say. */
  readonly message: string;
  /** The policy with which they say something. */
  readonly instead: "allowlist" | "internet";
}

const settingsOf = ({
  network: {
    policy: { network, written },
  },
}: VmPlan): readonly Setting[] => {
  const such = `A VM with \`network: "${network}"\``;
  const reached = { open: "everything", internet: "all of the internet", none: "nothing", allowlist: null }[network];
  const allowed = written.allow;
  return [
    {
      code: "allow-ignored",
      name: "allow",
      entries: allowed,
      idle:
        network === "internet"
          ? allowed.filter(({ value }) => destinationsOf(value).some(({ target }) => !isAddress(target)))
          : reached === null
            ? []
            : allowed,
      message: `${such} reaches ${String(reached)}, whatever it allows`,
      instead: "allowlist",
    },
    {
      code: "reach-ignored",
      name: "reachVms",
      entries: written.reachVms,
      idle: network === "open" ? written.reachVms : [],
      message: `${such} is let in by no VM that is not open too, whatever it is to reach`,
      instead: "internet",
    },
    {
      code: "reach-ignored",
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
          ? `${such} has its DNS led to the host's resolver for what it lists, whatever it is to reach`
          : `${such} reaches what the host's own firewall lets in, whatever it is to reach`,
      instead: "internet",
    },
  ];
};

/** Entries of the VM's own and those of `vmDefaults` apart, since each are left out in another way. */
const ignored = (
  {
    network: {
      policy: { path },
    },
  }: VmPlan,
  { code, name, entries, idle, message, instead }: Setting,
  written: Written,
): readonly Problem[] => {
  // Defaults that contradict themselves are mended where they are.
  const isInherited = (entry: Entry): boolean => isOfDefaults(written(entry.path)) && !isOfDefaults(written(path));
  const kept = entries.filter((entry) => !idle.includes(entry)).map(({ value }) => value);
  const say = (some: readonly Entry[], place: typeof path, leaving: string, related?: Problem["related"]): Problem =>
    error(code, place, `${message}: ${listed(some)}`, `Give it \`network: "${instead}"\`, or ${leaving}.`, related);
  const own = idle.filter((entry) => !isInherited(entry));
  const inherited = idle.filter(isInherited);
  return [
    ...own.slice(0, 1).map((first) => say(own, first.path, `leave ${own.length === 1 ? "this" : "these"} out`)),
    ...inherited
      .slice(0, 1)
      .map((first) =>
        say(inherited, path, `\`${name}: replace(${JSON.stringify(kept)})\` in place of what \`vmDefaults\` say`, [
          { path: first.path, note: "said here" },
        ]),
      ),
  ];
};

const listed = (entries: readonly Entry[]): string =>
  entries
    .map(({ value }) => (typeof value === "object" ? `${value.proto} ${String(value.port)}` : String(value)))
    .join(", ");
