import type { AllowedPlan, PortPlan } from "@microvm-emit/model";
import { joinDestination } from "@microvm-emit/model/internal";
import type { AllowedFrom, IsolationSummary, LeadingPort, ReachedBy, ShareSummary } from "./isolation-summary.js";
import type { Style } from "./style.js";
import { onOneLine } from "./wrap.js";

/** A line with a highlighted beginning, before wrapping. */
export interface Line {
  readonly lead: string;
  readonly style: (text: string) => string;
  readonly text: string;
  /** Additional columns of indentation. */
  readonly indent: number;
}

/** Describes the isolation of a VM: its destinations, sources and access to the host. Most VMs have one line. */
export const isolationLines = (summary: IsolationSummary, style: Style): readonly Line[] => {
  const { reachedBy, noWayOut, repository, shares, secrets, keys, sudo } = summary;
  const line = (lead: string, text: string, stand: Line["style"] = plain): Line => ({
    lead,
    style: stand,
    text,
    indent: 0,
  });
  const reaching = reachingWords(reachedBy);
  return [
    ...reachLines(summary, style),
    ...(noWayOut.length === 0 || summary.network === "none"
      ? []
      : [line("no route out", `: ${noWayOut.join(", ")}`, style.yellow)]),
    ...(reaching.length === 0 ? [] : [line("reachable by", ` ${reaching.join("; ")}`)]),
    ...(repository === null
      ? []
      : [
          line(
            "work",
            ` in ${repository.mountPoint} on its disk; push and fetch exchange commits with ${repository.clone ?? "your clone"}`,
          ),
        ]),
    ...sharesLines(shares, line, style),
    ...(keys.length === 0 ? [] : [line("API keys", ` that stay on the host: ${filesWords(keys)}`)]),
    ...(secrets.length === 0 ? [] : [line("secrets", ` ${filesWords(secrets)}`)]),
    ...(sudo ? [line("sudo", ": its user can become root without a password", style.yellow)] : []),
  ];
};

const filesWords = (files: IsolationSummary["keys"]): string =>
  files.map(({ name, file }) => `${name} (${onOneLine(file)})`).join(", ");

const plain = (text: string): string => text;

/** The network policy, then a line per origin of allowed destinations. */
const reachLines = ({ network, reaches, wayOut }: IsolationSummary, style: Style): readonly Line[] => {
  const policy = (text: string): Line => ({
    lead: network,
    style: network === "open" ? style.yellow : style.bold,
    text: `: ${text}`,
    indent: 0,
  });
  if (reaches === null) return [policy("nothing (no interface)")];
  if (network === "open") return [policy("everything that the host can reach, the host itself, and other open VMs")];
  const { allowed, host, vms } = reaches;
  const rows: readonly (readonly [string, string])[] = [
    ...allowed.map(({ from, to }) => [from, allowedWords(to)] as const),
    ...(host.length === 0 ? [] : [["the host", portWords(host)] as const]),
    ...(vms.length === 0 ? [] : [["VMs", vms.join(" ")] as const]),
  ];
  const isOut = network === "internet" && wayOut !== null;
  if (rows.length === 0)
    return [policy(isOut ? "the internet, but not the host, other VMs or private networks" : "nothing")];
  const column = Math.max(...rows.map(([from]) => from.length));
  return [
    policy(
      isOut ? "the internet, and these parts of the host, other VMs and private networks" : "only these destinations",
    ),
    ...rows.map(([from, words]) => ({ lead: from.padEnd(column), style: style.dim, text: `  ${words}`, indent: 2 })),
  ];
};

const allowedWords = (to: AllowedFrom["to"]): string => to.map(destinationWords).join(" ");

/** As written in `allow`. */
export const destinationWords = ({ target, ports }: Pick<AllowedPlan, "target" | "ports">): string => {
  const numbers = [...new Set(ports.map(({ port }) => port))].sort((a, b) => a - b);
  return joinDestination(target, numbers.join() === "80,443" ? [] : numbers);
};

/** Ports of the host, as `DNS, tcp 8080`. */
export const portWords = (ports: readonly PortPlan[]): string => {
  const isDns = ({ port }: PortPlan): boolean => port === 53;
  const others = ports.filter((port) => !isDns(port)).map(({ proto, port }) => `${proto} ${String(port)}`);
  return [...(ports.some(isDns) ? ["DNS"] : []), ...others].join(", ");
};

/** Sources that can open connections to a VM. */
export const reachingWords = ({ vms, ports, lans, everyone }: ReachedBy): readonly string[] => [
  ...(vms.length === 0 ? [] : [`VM${vms.length === 1 ? "" : "s"} ${vms.join(", ")}`]),
  ...[...new Set(ports.map(({ on }) => on))].map(
    (on) =>
      `${sourceOf(on)} (${ports
        .filter((port) => port.on === on)
        .map(leadingWords)
        .join(", ")})`,
  ),
  ...(lans.length === 0 ? [] : [`the network of ${lans.join(", ")}`]),
  ...(everyone ? ["open VMs and all machines with a route to it"] : []),
];

/** Sources of connections to a host port, by its listening address. */
export const sourceOf = (on: string | null): string => {
  if (on === null) return "everyone who can reach the host";
  if (/^(127\.|::1$)/.test(on)) return "processes on the host";
  return /^[\d.]+$|:/.test(on) ? `everyone who can reach ${on} on the host` : `the network of ${on}`;
};

export const leadingWords = ({ proto, port, guestPort }: LeadingPort): string =>
  `${proto} ${String(port)} → ${String(guestPort)}`;

const sharesLines = (
  shares: readonly ShareSummary[],
  line: (lead: string, text: string, style?: Line["style"]) => Line,
  { yellow }: Style,
): readonly Line[] => {
  const harmless = shares.filter(({ dangerous, keepsOwners }) => dangerous === null && !keepsOwners);
  return [
    ...(harmless.length === 0 ? [] : [line("shares", ` ${harmless.map(shareWords).join(", ")}`)]),
    ...shares.flatMap((share) =>
      share.dangerous === null
        ? []
        : [line("dangerous share", ` ${shareWords(share)}: ${onOneLine(share.dangerous)}`, yellow)],
    ),
    ...shares.flatMap(({ source, keepsOwners }) =>
      keepsOwners
        ? [
            line(
              "files of any owner",
              ` in ${source}: root in the guest can create setuid programs and devices there`,
              yellow,
            ),
          ]
        : [],
    ),
  ];
};

const shareWords = ({ source, readOnly }: ShareSummary): string => `${source} (${readOnly ? "read-only" : "writable"})`;
