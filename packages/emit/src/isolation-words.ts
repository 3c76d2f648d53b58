import type { AllowedPlan, PolicyPlan, PortPlan, ReachedVmPlan } from "@microvm-emit/model";
import type { IsolationSummary, LeadingPort } from "./isolation-summary.js";
import type { Style } from "./report.js";

/** What a VM may reach, as the end of a sentence that begins with "reaches"; `lacks` say why it has no way out. */
export const policyWords = (
  { network, domains, addresses, host, vms }: PolicyPlan,
  lacks: readonly string[],
): string => {
  const isOut = lacks.length === 0;
  const why = isOut || network === "none" ? "" : ` (no way out: ${lacks.join(", ")})`;
  if (network === "open") return `${isOut ? "everything" : "everything but the internet"}${why}`;
  const parts = [
    ...(network === "internet" && isOut ? ["the internet"] : []),
    ...[...domains, ...addresses].map(allowedWords),
    ...(host.length === 0 ? [] : [`the host's ${host.map(portWords).join(", ")}`]),
    ...(vms.length === 0 ? [] : [vmsWords(vms.map(reachedWords))]),
  ];
  return `${parts.length === 0 ? "nothing" : parts.join("; ")}${why}`;
};

const allowedWords = ({ target, ports }: AllowedPlan): string => {
  const numbers = portNumbers(ports);
  return numbers === "80,443" ? target : `${target.includes(":") ? `[${target}]` : target}:${numbers}`;
};

const portNumbers = (ports: readonly PortPlan[]): string =>
  [...new Set(ports.map(({ port }) => port))].sort((a, b) => a - b).join(",");

const portWords = ({ proto, port }: PortPlan): string => `${proto} ${String(port)}`;

const reachedWords = ({ value, ports }: ReachedVmPlan): string =>
  ports === null ? value : `${value}:${portNumbers(ports)}`;

const vmsWords = (names: readonly string[]): string => `the VM${names.length === 1 ? "" : "s"} ${names.join(", ")}`;

/** What else there is to weigh, a line each; most VMs have none. */
export const isolationLines = (
  { reachedBy, dangerousShares, sudo }: IsolationSummary,
  style: Style,
): readonly string[] => {
  const { vms, ports, lans, everyone } = reachedBy;
  const reaching = [
    ...(vms.length === 0 ? [] : [vmsWords(vms)]),
    ...ports.map(leadingWords),
    ...(lans.length === 0 ? [] : [`the LAN of ${lans.join(", ")}`]),
    ...(everyone ? ["open VMs and whoever has a route to it"] : []),
  ];
  return [
    ...(reaching.length === 0 ? [] : [`reached by ${reaching.join("; ")}`]),
    ...dangerousShares.map(
      ({ source, readOnly, reason }) =>
        `${style.yellow("dangerous share")} ${source}${readOnly ? ", for reading" : ""}: ${reason.trim().replaceAll(/\s+/g, " ")}`,
    ),
    ...(sudo ? [`${style.yellow("sudo")}: its user becomes root without a password`] : []),
  ];
};

const leadingWords = ({ on, proto, port, guestPort }: LeadingPort): string =>
  `${on ?? "*"}:${String(port)} → ${proto} ${String(guestPort)}`;
