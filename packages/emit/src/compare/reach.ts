import type { PortPlan, VmPlan } from "@microvm-emit/model";
import { isAddress, isInside, isPrivate, joinDestination, privateRanges } from "@microvm-emit/model/internal";
import { destinationWords, portWords } from "../report/isolation-words.js";

/** One permission to open connections. */
export type Reach =
  | { readonly kind: "everything" }
  | { readonly kind: "internet" }
  | { readonly kind: "destination"; readonly target: string; readonly port: PortPlan }
  | { readonly kind: "host"; readonly port: PortPlan }
  /** Without a port: the whole VM. */
  | { readonly kind: "vm"; readonly vm: string; readonly port: PortPlan | null };

/** The destinations that a VM may open connections to. */
export const reachOf = ({ network: { interfaces, policy } }: VmPlan): readonly Reach[] => {
  if (interfaces.length === 0) return [];
  const { network, domains, addresses, host, vms } = policy;
  return [
    ...(network === "open" ? [{ kind: "everything" } as const] : []),
    ...(network === "internet" ? [{ kind: "internet" } as const] : []),
    ...[...domains, ...addresses].flatMap(({ target, ports }) =>
      ports.map((port) => ({ kind: "destination", target, port }) as const),
    ),
    ...host.map((port) => ({ kind: "host", port }) as const),
    ...vms.flatMap(({ value, ports }) => (ports ?? [null]).map((port) => ({ kind: "vm", vm: value, port }) as const)),
  ];
};

/** True if one permission includes another one. */
export const reachCovers = (wide: Reach, narrow: Reach): boolean => {
  switch (wide.kind) {
    case "everything":
      // Open VMs can only reach other open VMs.
      return narrow.kind !== "vm";
    case "internet":
      return narrow.kind === "internet" || (narrow.kind === "destination" && isPublic(narrow.target));
    case "destination":
      return (
        narrow.kind === "destination" && isSamePort(wide.port, narrow.port) && coversTarget(wide.target, narrow.target)
      );
    case "host":
      return narrow.kind === "host" && isSamePort(wide.port, narrow.port);
    case "vm":
      return (
        narrow.kind === "vm" &&
        wide.vm === narrow.vm &&
        (wide.port === null || (narrow.port !== null && isSamePort(wide.port, narrow.port)))
      );
  }
};

const isSamePort = (one: PortPlan, other: PortPlan): boolean => one.proto === other.proto && one.port === other.port;

/** Private answers to the names of domains are blocked, so domains are public. */
const isPublic = (target: string): boolean => {
  if (!isAddress(target)) return true;
  if (!target.includes("/")) return !isPrivate(target);
  const ranges = target.includes(":") ? privateRanges[6] : privateRanges[4];
  return !ranges.some((range) => isInside(target, range) || isInside(range, target));
};

const coversTarget = (wide: string, narrow: string): boolean => {
  if (wide === narrow) return true;
  if (isAddress(wide)) return isAddress(narrow) && isInside(narrow, wide);
  return wide.startsWith("*.") && !isAddress(narrow) && narrow.endsWith(wide.slice(1));
};

/** The destinations in words, each target once with its ports. */
export const reachWords = (facts: readonly Reach[]): readonly string[] => {
  const destinations = facts.flatMap((fact) => (fact.kind === "destination" ? [fact] : []));
  const hostPorts = facts.flatMap((fact) => (fact.kind === "host" ? [fact.port] : []));
  const vms = facts.flatMap((fact) => (fact.kind === "vm" ? [fact] : []));
  return [
    ...(facts.some(({ kind }) => kind === "everything")
      ? ["everything that the host reaches, the host itself, and other open VMs"]
      : []),
    ...(facts.some(({ kind }) => kind === "internet") ? ["the internet"] : []),
    ...[...new Set(destinations.map(({ target }) => target))].map((target) =>
      destinationWords({
        target,
        ports: destinations.filter((fact) => fact.target === target).map(({ port }) => port),
      }),
    ),
    ...(hostPorts.length === 0 ? [] : [`the host's ${portWords(hostPorts)}`]),
    ...[...new Set(vms.map(({ vm }) => vm))].map((name) => {
      const ports = vms.filter(({ vm }) => vm === name).map(({ port }) => port);
      return `VM ${joinDestination(name, ports.includes(null) ? [] : ports.flatMap((port) => (port === null ? [] : [port.port])))}`;
    }),
  ];
};
