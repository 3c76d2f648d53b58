import { isRecord } from "@microvm-emit/model/internal";
import type { HostFacts } from "./facts.js";
import { asReader } from "./journal.js";
import { attachHere, capture, commandOn, type Machine } from "./machine.js";

/** A name or a server that the network policy refused for a VM. */
export interface Refused {
  readonly vm: string;
  /** The requested name, or the destination address of the packets. */
  readonly target: string;
  readonly protocol: "dns" | "tcp" | "udp";
  readonly port: number | null;
  /** A setting of the VM that would allow it; null if no setting can. */
  readonly setting: string | null;
}

/** Refusals of one target in the journal, which has at most one line an hour for each. */
export interface RefusedOften extends Refused {
  readonly lines: number;
  /** Time of the last line, as in ISO 8601. */
  readonly last: string;
}

/** Lines of the resolver and of the rules of nftables; the journal of the kernel has the latter. */
const matches = ["--grep=^microvm-emit: ", "_TRANSPORT=kernel", "+", "_SYSTEMD_UNIT=microvm-resolver.service"] as const;

const journal = ["journalctl", "--no-pager", "--quiet", "--output=json", "--output-fields=MESSAGE"] as const;

/** A name with addresses that the resolver opened for a VM. */
export interface FoundName {
  readonly vm: string;
  readonly name: string;
  readonly addresses: readonly string[];
}

/** Messages about VMs in the journal of a host. */
export interface JournalOfVms {
  /** Latest first. */
  readonly refused: readonly RefusedOften[];
  readonly found: readonly FoundName[];
}

/** Reads the journal of a host since a time in the format of journalctl. */
export const readJournal = async (machine: Machine, facts: HostFacts, since: string): Promise<JournalOfVms> => {
  const { stdout } = await capture(machine, await asReader(machine, [...journal, `--since=${since}`, ...matches]));
  const entries = stdout.split("\n").flatMap((line) => parseEntry(line) ?? []);
  return {
    refused: summarize(
      entries.flatMap(({ message, time }) => {
        const refused = parseRefusal(message, facts);
        return refused === undefined ? [] : [{ refused, time }];
      }),
    ),
    found: entries.flatMap(({ message }) => parseFound(message, facts) ?? []),
  };
};

/**
 * Shows new refusals and resolved names as they happen.
 *
 * @returns the exit code of journalctl
 */
export const followEvents = async (
  machine: Machine,
  facts: HostFacts,
  show: (event: Refused | FoundName, time: string) => void,
): Promise<number> => {
  const words = await asReader(machine, [...journal, "--follow", "--lines=0", ...matches]);
  let rest = "";
  return attachHere(commandOn(machine, words), (stream, text) => {
    if (stream === "stderr") return;
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const entry = parseEntry(line);
      const event = entry && (parseRefusal(entry.message, facts) ?? parseFound(entry.message, facts));
      if (entry !== undefined && event !== undefined) show(event, entry.time);
    }
  });
};

interface Entry {
  readonly message: string;
  readonly time: string;
}

/** An entry of the journal; undefined if its message is not text. */
const parseEntry = (line: string): Entry | undefined => {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isRecord(entry) || typeof entry["MESSAGE"] !== "string") return undefined;
  const time = new Date(Number(entry["__REALTIME_TIMESTAMP"]) / 1000);
  return Number.isNaN(time.getTime()) ? undefined : { message: entry["MESSAGE"], time: time.toISOString() };
};

/** The name in a message of the resolver. */
export const parseFound = (message: string, facts: HostFacts): FoundName | undefined => {
  const [, vm = "", name = "", addresses = ""] =
    /^microvm-emit: (\S+) found (\S+) at ([\da-f.: ]+)$/.exec(message) ?? [];
  return facts.vms.has(vm) ? { vm, name, addresses: addresses.split(" ").map(plainAddress) } : undefined;
};

/** The refusal in a message of the resolver or of nftables. */
export const parseRefusal = (message: string, facts: HostFacts): Refused | undefined => {
  const asked =
    /^microvm-emit: (\S+) asked for (\S+?)(?:, which is not in its allowlist|: its private address (\S+) is not in the allowlist)$/.exec(
      message,
    );
  if (asked !== null) {
    const [, vm = "", name = "", address] = asked;
    if (!facts.vms.has(vm)) return undefined;
    return { vm, target: name, protocol: "dns", port: null, setting: `allow: [${JSON.stringify(address ?? name)}]` };
  }
  if (!message.startsWith("microvm-emit: refused ")) return undefined;
  const field = (name: string): string => new RegExp(`\\b${name}=(\\S*)`).exec(message)?.[1] ?? "";
  const [source, target, protocol, port] = [
    plainAddress(field("SRC")),
    plainAddress(field("DST")),
    field("PROTO").toLowerCase(),
    Number(field("DPT")),
  ];
  const vm = vmAt(facts, source);
  if (vm === undefined || (protocol !== "tcp" && protocol !== "udp") || !Number.isInteger(port)) return undefined;
  // Packets to the host itself leave through no interface.
  const isToHost = field("OUT") === "";
  return {
    vm,
    target,
    protocol,
    port,
    setting: settingFor({ target, protocol, port, isToHost, other: vmAt(facts, target) }),
  };
};

const settingFor = ({
  target,
  protocol,
  port,
  isToHost,
  other,
}: {
  readonly target: string;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  readonly isToHost: boolean;
  readonly other: string | undefined;
}): string | null => {
  if (isToHost) return protocol === "tcp" ? `reachHost: [${port}]` : `reachHost: [{ port: ${port}, proto: "udp" }]`;
  if (protocol === "udp") return null;
  if (other !== undefined) return `reachVms: ["${other}:${port}"]`;
  return `allow: ["${target.includes(":") ? `[${target}]` : target}:${port}"]`;
};

const vmAt = (facts: HostFacts, address: string): string | undefined =>
  [...facts.vms].find(([, { addresses }]) => addresses.map(plainAddress).includes(address))?.[0];

/** An address without leading zeros; nftables logs IPv6 addresses in full. */
const plainAddress = (address: string): string =>
  address.includes(":") && URL.canParse(`http://[${address}]`)
    ? new URL(`http://[${address}]`).hostname.slice(1, -1)
    : address;

const summarize = (found: readonly { readonly refused: Refused; readonly time: string }[]): readonly RefusedOften[] => {
  const byTarget = new Map<string, RefusedOften>();
  for (const { refused, time } of found) {
    const key = JSON.stringify(refused);
    const before = byTarget.get(key);
    const last = before === undefined || time > before.last ? time : before.last;
    byTarget.set(key, { ...refused, lines: (before?.lines ?? 0) + 1, last });
  }
  return [...byTarget.values()].sort((a, b) => (a.last < b.last ? 1 : a.last > b.last ? -1 : 0));
};
