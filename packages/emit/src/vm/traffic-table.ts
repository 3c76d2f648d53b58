import type { Style } from "../report/style.js";
import { type Cell, table } from "../report/table.js";
import { visibleInLine } from "../report/visible.js";
import type { Admitted, Granted } from "./admitted.js";
import type { FoundName, Refused, RefusedOften } from "./refused.js";

/** The traffic of a host's VMs. */
export interface HostTraffic {
  readonly host: string;
  /** Null for a user who may not see them. */
  readonly allowed: readonly Admitted[] | null;
  /** Null for a user who may not see them. */
  readonly granted: readonly Granted[] | null;
  readonly refused: readonly RefusedOften[];
}

/** The traffic of each host as tables. */
export const formatTraffic = (hosts: readonly HostTraffic[], since: string, style: Style): string =>
  hosts
    .map(({ host, allowed, granted, refused }) => {
      const tables = [
        ...(allowed === null || allowed.length === 0
          ? []
          : [table(["VM", "connected to", "connections", "name"], allowed.map(admittedRow), style)]),
        ...(granted === null || granted.length === 0
          ? []
          : [table(["VM", "opened by allow", "ports", "for"], granted.map(grantedRow), style)]),
        ...(refused.length === 0
          ? [`nothing refused since ${visibleInLine(since)}\n`]
          : [
              table(
                ["VM", "refused", "last", "lines", "setting of the VM that allows it"],
                refused.map(refusedRow),
                style,
              ),
            ]),
        ...(allowed === null ? ["connections and open destinations: only for root, or with sudo\n"] : []),
      ];
      return `${style.bold(host)}\n${tables.join("\n")}`;
    })
    .join("\n");

const admittedRow = ({ vm, connections, names, ...server }: Admitted): readonly Cell[] => [
  { text: vm },
  { text: targetOf(server) },
  { text: String(connections) },
  { text: names.join(" ") },
];

const grantedRow = ({ vm, target, ports, seconds }: Granted): readonly Cell[] => [
  { text: vm },
  { text: target },
  { text: ports.join(" ") },
  { text: seconds === null ? "until the next switch" : minutesOf(seconds) },
];

const minutesOf = (seconds: number): string =>
  seconds < 120 ? `${String(seconds)} s` : `${String(Math.round(seconds / 60))} min`;

const refusedRow = ({ last, lines, ...refused }: RefusedOften): readonly Cell[] => [
  { text: refused.vm },
  { text: targetOf(refused) },
  { text: last.slice(0, 16).replace("T", " ") },
  { text: String(lines) },
  { text: refused.setting ?? "none" },
];

/** A refusal or a resolved name as a line. */
export const formatEvent = (event: Refused | FoundName, time: string): string =>
  lineAt(
    time,
    "name" in event
      ? `${event.vm}  found    ${event.name}  ${event.addresses.join(" ")}`
      : `${event.vm}  refused  ${targetOf(event)}  ${event.setting ?? ""}`,
  );

/** New connections to a server as a line. */
export const formatAdmitted = ({ vm, connections, names, ...server }: Admitted, time: string): string =>
  lineAt(time, `${vm}  connected ${targetOf(server)}  ${String(connections)} times  ${names.join(" ")}`);

const lineAt = (time: string, text: string): string => `${visibleInLine(`${time.slice(11, 19)}  ${text}`).trimEnd()}\n`;

const targetOf = ({
  target,
  protocol,
  port,
}: {
  readonly target: string;
  readonly protocol: string;
  readonly port: number | null;
}): string => (port === null ? target : `${protocol} ${target.includes(":") ? `[${target}]` : target}:${String(port)}`);
