import type { GuestPlan, HostPlan, Plan, UserPlan, VmPlan } from "@microvm-emit/model";
import { type GuestDifference, guestDifferences } from "@microvm-emit/model/internal";
import { isolationOn, type IsolationSummary, sharedLogins } from "./isolation-summary.js";
import { isolationLines, type Line } from "./isolation-words.js";
import type { Style } from "./style.js";
import { valueWords } from "./value-words.js";
import { wrap } from "./wrap.js";

/** A host's guests with their VMs, and the differences between guests. */
export interface HostSummary {
  readonly host: string;
  /** The main user of the VMs; null without VMs. */
  readonly user: UserSummary | null;
  readonly guests: readonly GuestSummary[];
  /** Folders of agents' logins that several VMs share. */
  readonly sharedLogins: readonly { readonly folder: string; readonly vms: readonly string[] }[];
  /** VMs that other flakes define; their policies are unknown. */
  readonly importedVms: readonly string[];
}

/** The user as the config sets it; null values come from the host's NixOS configuration. */
type UserSummary = Pick<UserPlan, "name" | "uid" | "gid" | "group" | "homeDirectory">;

interface GuestSummary {
  readonly name: string;
  readonly own: GuestPlan["own"];
  readonly difference: Difference | null;
  readonly vms: readonly VmSummary[];
}

interface VmSummary extends IsolationSummary {
  readonly name: string;
  readonly index: number;
  readonly addresses: readonly string[];
  readonly taps: readonly string[];
  readonly vcpu: number;
  readonly memoryMiB: number;
  /** Name of the agent. */
  readonly agent: string | null;
}

/** A difference with its values as text; null for a missing value. */
interface Difference extends Pick<GuestDifference, "from" | "settings"> {
  readonly here: string | null;
  readonly there: string | null;
}

/** Summarizes a plan for readers. */
export const summarize = (plan: Plan): readonly HostSummary[] =>
  plan.hosts.map((host) => {
    const differences = guestDifferences(host);
    const isolation = isolationOn(host);
    const vms = new Map(host.vms.map((vm) => [vm.name, { ...summarizeVm(vm), ...isolation(vm) }]));
    return {
      host: host.name,
      sharedLogins: [...sharedLogins(host)].map(([folder, names]) => ({ folder, vms: names })),
      user: summarizeUser(host),
      importedVms: host.importedVms.map(({ name }) => name),
      guests: host.guests.map(({ name, own, vms: names }) => {
        const difference = differences.get(name);
        return {
          name,
          own,
          difference: difference === undefined ? null : summarizeDifference(difference),
          vms: names.flatMap((vm) => vms.get(vm) ?? []),
        };
      }),
    };
  });

const summarizeUser = ({ vms: [vm] }: HostPlan): UserSummary | null => {
  if (vm === undefined) return null;
  const [{ name, uid, gid, group, homeDirectory }] = vm.guest.users;
  return { name, uid, gid, group, homeDirectory };
};

const summarizeVm = ({
  name,
  index,
  network: { interfaces },
  machine: { vcpu, memoryMiB },
  agent,
}: VmPlan): Omit<VmSummary, keyof IsolationSummary> => ({
  name,
  index,
  addresses: interfaces.flatMap(({ addresses }) => addresses.map(({ value }) => value)),
  taps: interfaces.flatMap(({ type, id }) => (type === "tap" ? [id.value] : [])),
  vcpu,
  memoryMiB,
  agent: agent?.name ?? null,
});

/** Selects hosts and VMs by name; no name selects all. */
export const selected = (
  hosts: readonly HostSummary[],
  names: { readonly hosts: readonly string[]; readonly vms: readonly string[] },
): readonly HostSummary[] =>
  hosts
    .filter(({ host }) => names.hosts.length === 0 || names.hosts.includes(host))
    .flatMap((host) => {
      if (names.vms.length === 0) return [host];
      const guests = host.guests
        .map((guest) => ({ ...guest, vms: guest.vms.filter(({ name }) => names.vms.includes(name)) }))
        .filter(({ vms }) => vms.length > 0);
      return guests.length === 0 ? [] : [{ ...host, guests, importedVms: [] }];
    });

const summarizeDifference = ({ from, settings: [first, ...others], here, there }: GuestDifference): Difference => ({
  from,
  settings: [
    Object.entries(settingNames).reduce(
      (way, [plan, setting]) => (way.startsWith(plan) ? setting + way.slice(plan.length) : way),
      first,
    ),
    ...others.map((name) => settingNames[name] ?? name),
  ],
  here: valueWords(here),
  there: valueWords(there),
});

/** The config's names of settings that have another name in the plan. */
const settingNames: Readonly<Record<string, string>> = {
  "users[0].home": "home",
  options: "microvm",
  qemuMachine: "microvm.qemu.machine",
  storeDisk: "store",
  repository: "workspace",
  vsockSsh: "vsock.ssh",
};

/** Formats the summary for people, at most `width` columns wide if words fit. */
export const formatSummary = (hosts: readonly HostSummary[], style: Style, width: number): string =>
  hosts
    .map(({ host, user, guests, sharedLogins: shared, importedVms }) => {
      const vms = guests.flatMap((guest) => guest.vms);
      const columns = widths(vms.map(cellsOf));
      const logins = new Map(shared.map(({ folder, vms: names }) => [folder, names]));
      const title = `${style.bold(host)}: ${counted(vms.length, "VM")}, ${counted(guests.length, "guest")}`;
      return [
        [
          title,
          ...(user === null ? [] : [userLine(user)]),
          ...(vms.some(({ workspace }) => workspace !== null) ? [style.yellow(workspacesLine)] : []),
        ].join("\n"),
        ...guests.map((guest) => formatGuest(guest, { columns, logins, style, width })),
        ...(importedVms.length === 0
          ? []
          : [`  defined elsewhere, with unknown network policy: ${importedVms.join(", ")}`]),
      ].join("\n\n");
    })
    .join("\n\n")
    .concat("\n");

/** A warning: files in a folder can make Git, prompts and editors run programs. */
const workspacesLine =
  "  Shared workspaces: Git, prompts, direnv and editors on the host run the agent's programs as you";

const userLine = ({ name, uid, gid }: UserSummary): string => {
  const ids = Object.entries({ uid, gid });
  const written = ids.flatMap(([id, value]) => (value === null ? [] : [`${id} ${String(value)}`]));
  const unknown = ids.flatMap(([id, value]) => (value === null ? [id] : []));
  const from = unknown.length === 0 ? [] : [`${unknown.join(" and ")} from the host's NixOS configuration`];
  return `  user ${name}: ${[...written, ...from].join(", ")}`;
};

interface Layout {
  readonly columns: readonly number[];
  readonly logins: ReadonlyMap<string, readonly string[]>;
  readonly style: Style;
  readonly width: number;
}

const formatGuest = ({ name, own, difference, vms }: GuestSummary, layout: Layout): string => {
  const { style, width } = layout;
  return [
    `  guest ${style.cyan(name)}${own === null || own === "single" ? "" : style.dim(`  ${ownBecause[own]}`)}`,
    ...vms.flatMap((vm) => formatVm(vm, layout)),
    ...(difference === null
      ? []
      : [
          style.dim(
            wrapped({ lead: "differs from", style: String, text: ` ${sentence(difference)}`, indent: -2 }, width),
          ),
        ]),
  ].join("\n");
};

const formatVm = (vm: VmSummary, layout: Layout): readonly string[] => {
  const { columns, style, width } = layout;
  const row = `    ${cellsOf(vm)
    .map((cell, column) => cell.padEnd(columns[column] ?? 0))
    .join("  ")}`;
  const login = loginWords(vm, layout);
  const isBeside = login !== undefined && `${row}  ${login}`.length <= width;
  const lines = isolationLines(vm, style);
  return [
    isBeside ? `${row}  ${login}` : row.trimEnd(),
    ...lines.map((line) => wrapped(line, width)),
    ...(login === undefined || isBeside ? [] : [`      ${login}`]),
  ];
};

const wrapped = ({ lead, style, text, indent }: Line, width: number): string => {
  const margin = " ".repeat(6 + indent);
  const hanging = " ".repeat(indent === 0 ? 8 : margin.length + lead.length + 2);
  const words = text.trimStart();
  const gap = text.slice(0, text.length - words.length);
  return wrap([{ text: words }], width, hanging, {
    shown: margin + style(lead) + gap,
    width: margin.length + lead.length + gap.length,
  });
};

/** Longer lists are cut. */
const maxNames = 3;

const loginWords = ({ name, sharedLogin }: VmSummary, { logins }: Layout): string | undefined => {
  const sharing = sharedLogin === null ? undefined : logins.get(sharedLogin);
  if (sharing === undefined) return undefined;
  const names = sharing
    .slice(0, maxNames + 1)
    .filter((other) => other !== name)
    .slice(0, maxNames);
  const others = sharing.length - 1 - names.length;
  return `login shared with ${names.join(", ")}${others > 0 ? ` and ${String(others)} more` : ""}`;
};

const ownBecause: Readonly<Record<Exclude<GuestPlan["own"], null | "single">, string>> = {
  asked: 'for this VM only (guest: "own")',
  long: "for this VM only: its network, shares and environment exceed the limit of the kernel's command line",
  "not-ascii": "for this VM only: its shares or environment are not ASCII",
};

const sentence = ({ from, settings: [first, ...others], here, there }: Difference): string =>
  `${from}: ${first} is ${here ?? "unset"} here and ${there ?? "unset"} there${
    others.length === 0 ? "" : `; also ${others.join(", ")}`
  }`;

const cellsOf = ({ name, addresses, taps, vcpu, memoryMiB }: VmSummary): readonly string[] => [
  name,
  addresses.join(" "),
  taps.join(" "),
  `${String(vcpu)} CPUs`,
  `${String(memoryMiB)} MiB`,
];

const widths = (rows: readonly (readonly string[])[]): readonly number[] =>
  (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));

const counted = (count: number, noun: string): string => `${String(count)} ${noun}${count === 1 ? "" : "s"}`;
