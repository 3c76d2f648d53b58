import { setTimeout as sleep } from "node:timers/promises";
import { noFindings, type Outcome } from "../../report/outcome.js";
import type { Results } from "../results.js";
import type { Admitted } from "../../vm/admitted.js";
import type { VmHost, Where } from "../../vm/find.js";
import type { FoundName } from "../../vm/refused.js";
import type { HostTraffic } from "../../vm/traffic-table.js";
import type { Declare } from "../command.js";
import { attached, examples, isJson, type VmOptions, whereOf, withVmOptions } from "../vm-options.js";

interface NetOptions extends VmOptions {
  readonly follow?: boolean;
  readonly since: string;
}

/** `microvm-emit net [NAME] [-f]`: shows the connections that the network policy admitted and refused. */
export const net: Declare = (program, ask) => {
  const command = program
    .command("net")
    .description(
      "show the names and servers that VMs reached, those that the network policy refused, and the setting that allows each",
    )
    .argument("[vm]", "name of the VM (default: all)")
    .option("-f, --follow", "show new connections, names and refusals as they happen; with --json, one object a line")
    .option("--since <time>", "start time, as for journalctl", "24 hours ago")
    .addHelpText("after", examples("net", "net projectvm --since today", "net projectvm -f"))
    .action((name: string | undefined, options: NetOptions) => {
      ask({ command: "net", config: options.config, run: (context) => show(name, whereOf(options, context), options) });
    });
  withVmOptions(command);
};

const show = async (name: string | undefined, where: Where, options: NetOptions): Promise<Outcome<Results["net"]>> => {
  const [{ findHosts, findVm }, { formatTraffic }, { diagnosticsOf, exitCodeOf }] = await Promise.all([
    import("../../vm/find.js"),
    import("../../vm/traffic-table.js"),
    import("../../report/failure-words.js"),
  ]);
  const found =
    name === undefined ? await findHosts(where) : { hosts: [(await findVm(name, where)).host], failures: [] };
  const isWanted = ({ vm }: { readonly vm: string }): boolean => name === undefined || vm === name;
  if (options.follow === true) {
    const codes = await Promise.all(found.hosts.map((host) => follow(host, isWanted, options)));
    return attached(Math.max(0, ...codes));
  }
  const hosts = await Promise.all(found.hosts.map((host) => trafficOf(host, isWanted, options.since)));
  return {
    json: { hosts },
    text: (style) => formatTraffic(hosts, options.since, style),
    findings: { ...noFindings, problems: found.failures.flatMap(diagnosticsOf) },
    exitCode: Math.max(0, ...found.failures.map(exitCodeOf)),
  };
};

type IsWanted = (one: { readonly vm: string }) => boolean;

const trafficOf = async ({ machine, deployed }: VmHost, isWanted: IsWanted, since: string): Promise<HostTraffic> => {
  if (deployed === undefined) return { host: machine.name, allowed: [], granted: [], refused: [] };
  const [{ readAllowed }, { readJournal }] = await Promise.all([
    import("../../vm/admitted.js"),
    import("../../vm/refused.js"),
  ]);
  const [allowed, { refused, found }] = [await readAllowed(machine), await readJournal(machine, deployed, since)];
  return {
    host: deployed.name,
    allowed: allowed === undefined ? null : named(allowed.admitted.filter(isWanted), found),
    granted: allowed === undefined ? null : allowed.granted.filter(isWanted),
    refused: refused.filter(isWanted),
  };
};

/** Connections with the names of their servers, by VM and then by count. */
const named = (admitted: readonly Omit<Admitted, "names">[], found: readonly FoundName[]): readonly Admitted[] =>
  admitted
    .map((one) => ({
      ...one,
      names: [
        ...new Set(
          found
            .filter(({ vm, addresses }) => vm === one.vm && addresses.includes(one.target))
            .map((entry) => entry.name),
        ),
      ],
    }))
    .toSorted((a, b) => (a.vm < b.vm ? -1 : a.vm > b.vm ? 1 : b.connections - a.connections));

/** The interval at which the sets of a host are read again, since they do not report changes. */
const interval = 2000;

/** Shows new events until the journal or the user ends it. */
const follow = async ({ machine, deployed }: VmHost, isWanted: IsWanted, options: NetOptions): Promise<number> => {
  if (deployed === undefined) return 0;
  const [{ readAllowed }, { followEvents, readJournal }, { formatAdmitted, formatEvent }, { stdout }] =
    await Promise.all([
      import("../../vm/admitted.js"),
      import("../../vm/refused.js"),
      import("../../vm/traffic-table.js"),
      import("../streams.js"),
    ]);
  const print = (event: object, line: string, time: string): void => {
    stdout.write(isJson(options) ? `${JSON.stringify({ time, host: deployed.name, ...event })}\n` : line);
  };
  const names: FoundName[] = [...(await readJournal(machine, deployed, options.since)).found];
  const ended = new AbortController();
  const events = followEvents(machine, deployed, (event, time) => {
    if ("name" in event) names.push(event);
    if (isWanted(event)) print(event, formatEvent(event, time), time);
  }).finally(() => {
    ended.abort();
  });
  const keyOf = ({ vm, target, protocol, port }: Omit<Admitted, "names">): string =>
    `${vm} ${target} ${protocol} ${String(port)}`;
  const wait = (): Promise<boolean> => sleep(interval, true, { signal: ended.signal }).catch(() => false);
  let before = await readAllowed(machine);
  while (before !== undefined && (await wait())) {
    const known = new Map(before.admitted.map((one) => [keyOf(one), one.connections]));
    const now = await readAllowed(machine);
    const time = new Date().toISOString();
    for (const one of named((now?.admitted ?? []).filter(isWanted), names))
      if (known.get(keyOf(one)) !== one.connections) print(one, formatAdmitted(one, time), time);
    before = now;
  }
  return events;
};
