import type { Style } from "../report/style.js";
import { type Piece, wrap } from "../report/wrap.js";
import {
  type Change,
  type Compared,
  countsOf,
  type Group,
  grouped,
  type HostChange,
  isEmpty,
  isLess,
  isMore,
  vmsWith,
  type VmChange,
  withAccess,
} from "./comparison.js";

/** A comparison for people, at most `width` columns wide if words fit. */
export const formatComparison = (compared: Compared, style: Style, width: number): string => {
  const { since, flake, hosts, otherFiles, isCurrent } = compared;
  const title = `${style.bold("changes since")} ${since.ref} (${since.commit.slice(0, 12)})`;
  const blocks = [
    accessLines(compared, style, width),
    flake.length === 0 ? [] : [style.bold("flake"), ...changeLines(flake, { style, width, column: columnOf(flake) })],
    ...hosts.map((host) => hostLines(host, style, width)),
    effectLines(compared, style, width),
  ].filter((lines) => lines.length > 0);
  const nothing = isEmpty(compared) ? [["No VM and no host changes."]] : [];
  const more = [
    ...(otherFiles.length === 0
      ? []
      : [labelled("Other files that changed, whose effect is unknown", otherFiles, style.yellow, width)]),
    ...(isCurrent ? [] : ["The flake on disk is not current. Run microvm-emit."]),
  ];
  return `${[[title], ...nothing, ...blocks, ...(more.length === 0 ? [] : [more])].map((lines) => lines.join("\n")).join("\n\n")}\n`;
};

const accessLines = (compared: Compared, { red, green }: Style, width: number): readonly string[] => {
  const [more, less] = [isMore, isLess].map((is) => withAccess(compared, is));
  return [
    ...(more === undefined || more.length === 0 ? [] : [labelled("More access", more, red, width)]),
    ...(less === undefined || less.length === 0 ? [] : [labelled("Less access", less, green, width)]),
  ];
};

const effectLines = (compared: Compared, { bold }: Style, width: number): readonly string[] =>
  effectsOf(compared).map(([label, names]) => labelled(label, names, bold, width));

/** The effects of a switch, each with its hosts or VMs. */
export const effectsOf = (compared: Compared): readonly (readonly [label: string, names: readonly string[]])[] =>
  [
    ["Hosts to switch", compared.switch] as const,
    ["Rebuilt guests", vmsWith(compared, ({ isRebuilt }) => isRebuilt)] as const,
    ["Restarted by the switch", vmsWith(compared, ({ running }) => running === "restarted")] as const,
    ["Stale until you restart them", vmsWith(compared, ({ running }) => running === "stale")] as const,
    // The switch of a host stops the VMs that left its config. A host that left the config is not switched.
    [
      "Stopped by the switch",
      vmsWith(compared, (vm, host) => isLeaving(vm) && host.change !== "gone", formerName),
    ] as const,
    ["Stop by hand", vmsWith(compared, (vm, host) => isLeaving(vm) && host.change === "gone", formerName)] as const,
  ].filter(([, names]) => names.length > 0);

const isLeaving = ({ change }: VmChange): boolean => change === "gone" || change === "renamed";

const formerName = ({ vm, from }: VmChange): string => from?.vm ?? vm;

const labelled = (label: string, names: readonly string[], paint: (text: string) => string, width: number): string =>
  wrap([{ text: names.join(", ") }], width, "  ", { shown: `${paint(`${label}:`)} `, width: label.length + 2 });

const hostLines = (host: HostChange, style: Style, width: number): readonly string[] => {
  const groups = grouped(host.vms);
  const column = columnOf([...host.settings, ...groups.flatMap(({ first }) => rowsOf(first))]);
  const counts = countsOf(host);
  const kind = host.change === "changed" ? "" : `${host.change} host, `;
  return [
    `${style.bold(host.host)}: ${kind}${counts === "" ? "no VMs" : counts}`,
    ...changeLines(host.settings, { style, width, column }),
    ...groups.flatMap((group) => [
      wrap([{ text: headOf(group) }], width, "    ", { shown: `  ${signs[group.first.change]} `, width: 4 }),
      ...changeLines(rowsOf(group.first), { style, width, column }),
    ]),
  ];
};

const signs: Readonly<Record<VmChange["change"], string>> = {
  new: "+",
  gone: "-",
  renamed: ">",
  moved: ">",
  changed: "~",
};

const headOf = ({ names, first: { change, from, to, addresses } }: Group): string => {
  const [name] = names;
  const at = addresses.length === 0 ? "" : ` ${addresses.join(" ")}`;
  switch (change) {
    case "new":
      return `${name}${at}`;
    case "gone":
      return `${name}${to === null ? at : ` moves to ${to.host}`}`;
    case "renamed":
      return `${name} renamed from ${from?.vm ?? ""}`;
    case "moved":
      return `${name} moved from ${from?.host ?? ""}`;
    case "changed":
      return names.join(", ");
  }
};

/** A VM's changes, with a row for its guest. */
export const rowsOf = ({ changes, isRebuilt }: VmChange): readonly Change[] => [
  ...changes,
  ...(isRebuilt
    ? [{ aspect: "guest", isAccess: false, gained: ["rebuilt"], lost: [], applies: "restart" } as const]
    : []),
];

interface Layout {
  readonly style: Style;
  readonly width: number;
  /** The width of the aspects. */
  readonly column: number;
}

const columnOf = (changes: readonly Change[]): number => Math.max(0, ...changes.map(({ aspect }) => aspect.length));

const changeLines = (changes: readonly Change[], { style, width, column }: Layout): readonly string[] =>
  changes.flatMap((change) =>
    valuesOf(change, style).map((piece, position) => {
      const lead = `      ${(position === 0 ? change.aspect : "").padEnd(column)}  `;
      return wrap([piece], width, " ".repeat(lead.length + 2), { shown: lead, width: lead.length });
    }),
  );

/** The lines of a change: additions and removals. */
const valuesOf = ({ aspect, isAccess, gained, lost }: Change, { red, green }: Style): readonly Piece[] => {
  if (aspect === "guest") return [{ text: gained.join(", ") }];
  if (gained.length === 0 && lost.length === 0) return [{ text: "a detail changes" }];
  if (!isAccess && gained.length === 1 && lost.length === 1) return [{ text: `${lost.join()} → ${gained.join()}` }];
  return [
    ...(gained.length === 0 ? [] : [{ text: `+ ${gained.join(", ")}`, ...(isAccess && { style: red }) }]),
    ...(lost.length === 0 ? [] : [{ text: `- ${lost.join(", ")}`, ...(isAccess && { style: green }) }]),
  ];
};
