import type { NetworkPlan, Plan } from "@microvm-emit/model";
import { formatSubnet, isAddress, isPrivate } from "@microvm-emit/model/internal";
import type { AllowedFrom, WayOut } from "../report/isolation-summary.js";
import { destinationWords, leadingWords, portWords, sourceOf } from "../report/isolation-words.js";
import { type HostSummary, summarize } from "../report/plan-summary.js";
import { onOneLine } from "../report/wrap.js";

/** The networks, policies and shares of hosts, as boxes and arrows. */
export interface Graph {
  readonly hosts: readonly GraphHost[];
  /** Places outside of the hosts. */
  readonly outside: readonly Box[];
  readonly arrows: readonly Arrow[];
}

export interface GraphHost {
  readonly id: string;
  readonly name: string;
  readonly networks: readonly GraphNetwork[];
  /** VMs without a network. */
  readonly groups: readonly Group[];
  /** The host itself, folders of it, and VMs of other flakes. */
  readonly boxes: readonly Box[];
}

export interface GraphNetwork {
  readonly id: string;
  readonly lines: readonly string[];
  /** The VMs whose first interface is here. */
  readonly groups: readonly Group[];
}

/** VMs that are equal in everything that the picture shows. */
export interface Group {
  readonly id: string;
  readonly vms: readonly string[];
  readonly facts: readonly string[];
}

export interface Box {
  readonly id: string;
  readonly kind: "internet" | "network" | "host" | "folder" | "unknown";
  readonly text: string;
}

export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly kind: ArrowKind;
  readonly text: string;
}

/** Permissions, then mounted folders, then further networks of a VM. */
export type ArrowKind = "allowed" | "open" | "inward" | "writable" | "read-only" | "dangerous" | "link";

/** @param hosts the names to draw; by default all hosts. */
export const graphOf = (plan: Plan, hosts: readonly string[]): Graph => {
  const drawn = plan.hosts.filter(({ name }) => hosts.length === 0 || hosts.includes(name));
  const summaries = new Map(summarize(plan).map((summary) => [summary.host, summary]));
  const parts = drawn.flatMap((host, at) => {
    const summary = summaries.get(host.name);
    return summary === undefined ? [] : [partOf(`h${at}`, host, summary)];
  });
  const outside = new Map(parts.flatMap((part) => part.outside.map((box) => [box.id, box] as const)));
  return {
    hosts: parts.map(({ host }) => host),
    outside: [...outside.values()],
    arrows: parts.flatMap(({ arrows }) => arrows),
  };
};

type HostPlan = Plan["hosts"][number];
type Vm = HostSummary["guests"][number]["vms"][number];

interface Part {
  readonly host: GraphHost;
  readonly outside: readonly Box[];
  readonly arrows: readonly Arrow[];
}

const partOf = (id: string, plan: HostPlan, summary: HostSummary): Part => {
  const networks = plan.networks.filter(({ kind }) => kind !== "routed" || usesRouted(plan));
  const networkId = (name: string): string => `${id}n${networks.findIndex((network) => network.name === name)}`;
  const linksOf = new Map(
    plan.vms.map(({ name, network: { interfaces } }) => [
      name,
      [
        ...new Set(
          interfaces.flatMap((link) => ("network" in link && link.network !== null ? [link.network.name] : [])),
        ),
      ],
    ]),
  );
  const folders = foldersOf(summary);
  const vms = summary.guests.flatMap((guest) => guest.vms);
  const groups = grouped(vms, (vm) => JSON.stringify(keyOf(vm, linksOf.get(vm.name) ?? [], folders))).map(
    (members, at) => ({ id: `${id}v${at}`, members, links: linksOf.get(members[0].name) ?? [] }),
  );
  const groupOf = new Map(groups.flatMap((group) => group.members.map(({ name }) => [name, group.id] as const)));
  const drawing = draw(id, groups, { groupOf, networkId, folders });
  const boxed = groups.map(({ id: group, members, links }) => ({
    links,
    group: { id: group, vms: members.map(({ name }) => name), facts: factsOf(members, folders) },
  }));
  return {
    ...drawing,
    host: {
      id,
      name: plan.name,
      networks: networks.map((network) => ({
        id: networkId(network.name),
        lines: networkLines(network),
        groups: boxed.filter(({ links: [first] }) => first === network.name).map(({ group }) => group),
      })),
      groups: boxed.filter(({ links }) => links.length === 0).map(({ group }) => group),
      boxes: [
        ...drawing.inside,
        ...plan.importedVms.map(({ name }, at) => ({
          id: `${id}i${at}`,
          kind: "unknown" as const,
          text: `${name}: VM of another flake, policy unknown`,
        })),
      ],
    },
  };
};

const usesRouted = ({ vms }: HostPlan): boolean =>
  vms.some(({ network: { interfaces } }) =>
    interfaces.some((link) => "network" in link && link.network?.kind === "routed"),
  );

const networkLines = (network: NetworkPlan): readonly string[] => [
  network.kind === "vlan" ? `${network.name} (VLAN ${String(network.id)})` : network.name,
  ...network.subnets.map(formatSubnet),
  ...(network.kind !== "routed" && network.ports.length > 0 ? [`with ${network.ports.join(", ")}`] : []),
];

/** Folders that several VMs have, or that the config shares: path → place of its box. */
type Folders = ReadonlyMap<string, string>;

const foldersOf = ({ guests, sharedLogins }: HostSummary): Folders => {
  const vms = guests.flatMap((guest) => guest.vms);
  const workspaces = vms.flatMap(({ workspace }) => (workspace === null ? [] : [workspace]));
  const shared = workspaces.filter((path, at) => workspaces.indexOf(path) !== at);
  const own = vms.flatMap(({ shares }) => shares.map(({ source }) => source));
  const paths = new Set([...shared, ...own, ...sharedLogins.map(({ folder }) => folder)]);
  return new Map([...paths].sort().map((path, at) => [path, String(at)]));
};

/** Everything that the picture shows about a VM, except its name. */
const keyOf = (vm: Vm, links: readonly string[], folders: Folders): unknown => {
  const { network, reaches, wayOut, noWayOut, reachedBy, shares, sharedLogin, secrets, keys, sudo, agent, workspace } =
    vm;
  const ownWorkspace = workspace !== null && (folders.has(workspace) ? workspace : true);
  return [
    network,
    reaches,
    wayOut,
    noWayOut,
    reachedBy,
    shares,
    sharedLogin,
    secrets,
    keys,
    sudo,
    agent,
    ownWorkspace,
    links,
  ];
};

const grouped = <A>(values: readonly A[], key: (value: A) => string): readonly (readonly [A, ...A[]])[] => {
  const groups = new Map<string, [A, ...A[]]>();
  for (const value of values) {
    const group = groups.get(key(value));
    if (group === undefined) groups.set(key(value), [value]);
    else group.push(value);
  }
  return [...groups.values()];
};

const factsOf = (members: readonly [Vm, ...Vm[]], folders: Folders): readonly string[] => {
  const [vm, ...others] = members;
  const { network, reaches, noWayOut, agent, workspace, secrets, keys, sudo, reachedBy } = vm;
  const names = (list: readonly { readonly name: string }[]): string => list.map(({ name }) => name).join(", ");
  return [
    reaches === null ? "no network" : `network "${network}"`,
    ...(noWayOut.length > 0 && network !== "none" ? [`no route out: ${noWayOut.join(", ")}`] : []),
    ...(reachedBy.everyone ? ["reachable by open VMs and machines with a route"] : []),
    ...(agent === null ? [] : [`agent ${agent}`]),
    ...(workspace === null || folders.has(workspace)
      ? []
      : [others.length > 0 ? "a workspace each, writable" : `writes ${workspace}`]),
    ...(keys.length === 0 ? [] : [`keys on the host: ${names(keys)}`]),
    ...(secrets.length === 0 ? [] : [`secrets: ${names(secrets)}`]),
    ...(sudo ? ["sudo"] : []),
  ].map(onOneLine);
};

interface Drawn {
  readonly id: string;
  readonly members: readonly [Vm, ...Vm[]];
  readonly links: readonly string[];
}

interface Places {
  readonly groupOf: ReadonlyMap<string, string>;
  readonly networkId: (name: string) => string;
  readonly folders: Folders;
}

const draw = (
  host: string,
  groups: readonly Drawn[],
  { groupOf, networkId, folders }: Places,
): Pick<Part, "outside" | "arrows"> & { readonly inside: readonly Box[] } => {
  const inside = new Map<string, Box>();
  const outside = new Map<string, Box>();
  const arrows = new Map<string, Arrow>();
  const arrow = (from: string, to: string, kind: ArrowKind, text: string): void => {
    const key = JSON.stringify([from, to, kind]);
    const texts = new Set([...(arrows.get(key)?.text.split("\n") ?? []), ...(text === "" ? [] : [text])]);
    arrows.set(key, { from, to, kind, text: [...texts].filter((line) => line !== "").join("\n") });
  };
  const box = (boxes: Map<string, Box>, id: string, kind: Box["kind"], text: string): string => {
    boxes.set(id, { id, kind, text: onOneLine(text) });
    return id;
  };
  const internet = (): string => box(outside, "internet", "internet", "the internet");
  const itself = (): string => box(inside, `${host}self`, "host", "the host");
  const folder = (path: string): string => box(inside, `${host}f${folders.get(path) ?? ""}`, "folder", path);
  // Equal texts are one box. Hosts of one LAN get separate boxes if their interfaces have different names.
  const network = (text: string): string => box(outside, `${host}o${hashOf(text)}`, "network", text);

  for (const {
    id,
    members: [vm],
    links,
  } of groups) {
    const { network: policy, reaches, wayOut, reachedBy, shares, sharedLogin, workspace } = vm;
    for (const other of links.slice(1)) arrow(id, networkId(other), "link", "another interface");
    if (reaches !== null && policy === "open") {
      arrow(id, internet(), "open", `everything${wayWords(wayOut)}`);
      arrow(id, itself(), "open", "every port");
    } else if (reaches !== null) {
      const all = reaches.allowed.map(({ from, to }) => ({
        from,
        near: to.filter(isNear),
        far: to.filter((one) => !isNear(one)),
      }));
      const far = all.flatMap(({ from, far: to }) => (to.length === 0 ? [] : destinationsIn({ from, to })));
      const near = all.flatMap(({ near: to }) => to.map(destinationWords));
      if (policy === "internet" && wayOut !== null)
        arrow(id, internet(), "allowed", `public addresses${wayWords(wayOut)}`);
      else if (far.length > 0) arrow(id, internet(), "allowed", `only ${listed(far)}`);
      if (near.length > 0) arrow(id, network("private addresses"), "allowed", listed(near));
      if (reaches.host.length > 0) arrow(id, itself(), "allowed", portWords(reaches.host));
      for (const reached of reaches.vms) {
        const [name = "", ports] = reached.split(/:(.*)/s);
        const to = groupOf.get(name);
        if (to !== undefined) arrow(id, to, "allowed", ports === undefined ? "every port" : `tcp ${ports}`);
      }
    }
    for (const port of reachedBy.ports) {
      const source = sourceOf(port.on);
      arrow(source === localSource ? itself() : network(source), id, "inward", leadingWords(port));
    }
    for (const lan of reachedBy.lans) arrow(network(`the network of ${lan}`), id, "inward", "same LAN");
    for (const { source, readOnly, dangerous } of shares)
      arrow(
        id,
        folder(source),
        dangerous !== null ? "dangerous" : readOnly ? "read-only" : "writable",
        readOnly ? "read-only" : "writable",
      );
    if (sharedLogin !== null) arrow(id, folder(sharedLogin), "writable", "shared login");
    if (workspace !== null && folders.has(workspace)) arrow(id, folder(workspace), "writable", "shared workspace");
  }
  return { inside: [...inside.values()], outside: [...outside.values()], arrows: [...arrows.values()] };
};

const localSource = sourceOf("127.0.0.1");

const isNear = ({ target }: AllowedFrom["to"][number]): boolean =>
  isAddress(target) && isPrivate(target.replace(/\/.*/, ""));

/** A preset by its name, other destinations themselves. */
const destinationsIn = ({ from, to }: AllowedFrom): readonly string[] =>
  from === "allow" || from === "nameservers" ? to.map(destinationWords) : [from];

const maxListed = 4;

const listed = (names: readonly string[]): string => {
  const unique = [...new Set(names)];
  const more = unique.length - maxListed;
  return [...unique.slice(0, maxListed), ...(more > 0 ? [`and ${String(more)} more`] : [])].join(", ");
};

const wayWords = (way: WayOut | null): string =>
  way === null ? "" : `\n${wayLeads[way.by]}${way.through === null ? "" : ` ${way.through}`}`;

const wayLeads: Readonly<Record<WayOut["by"], string>> = {
  nat: "NAT",
  lan: "LAN of",
  gateway: "gateway",
  route: "routed",
  hypervisor: "network of",
};

/** A short name for a text, the same in each run. */
const hashOf = (text: string): string =>
  Array.from(text)
    .reduce((hash, character) => (hash * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003, 7)
    .toString(36);
