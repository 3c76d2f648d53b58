import type { Arrow, ArrowKind, Box, Graph, GraphHost, GraphNetwork, Group } from "./graph.js";

/** Prints a graph in the language of Graphviz. */
export const dotOf = ({ hosts, outside, arrows }: Graph): string =>
  [
    "digraph microvms {",
    ...indented([
      ...statements(settings),
      ...hosts.flatMap(hostLines),
      ...outside.map(boxLine),
      ...arrows.map(arrowLine(hosts)),
    ]),
    "}",
    "",
  ].join("\n");

/** Fills are light with dark text; text outside of fills is readable on white and on black. */
const colors = {
  text: "#1f2933",
  outside: "#77818d",
  line: "#8b95a1",
  vm: "#eef3f8",
  host: "#e6e9ee",
  folder: "#f6f0df",
  internet: "#dfecfb",
  allowed: "#2f7dd1",
  open: "#d9480f",
  inward: "#12867c",
  danger: "#d92d20",
} as const;

/** Graphviz knows the widths of this font only by this name. */
const font = { fontname: "Arial" };

const settings: readonly (readonly [string, Attributes])[] = [
  [
    "graph",
    {
      rankdir: "LR",
      compound: "true",
      bgcolor: "transparent",
      pad: "0.2",
      nodesep: "0.28",
      ranksep: "0.9",
      fontsize: "11",
      fontcolor: colors.outside,
      color: colors.line,
      ...font,
    },
  ],
  ["node", { fontsize: "11", fontcolor: colors.text, color: colors.line, style: "filled", ...font }],
  ["edge", { fontsize: "9.5", fontcolor: colors.outside, color: colors.line, arrowsize: "0.7", ...font }],
];

type Attributes = Readonly<Record<string, string>>;

const statements = (rows: typeof settings): readonly string[] =>
  rows.map(([name, attributes]) => `${name}${attributesOf(attributes)};`);

const hostLines = ({ id, name, networks, groups, boxes }: GraphHost): readonly string[] => [
  `subgraph cluster_${id} {`,
  ...indented([
    `label=<<b>${escaped(name)}</b>>; style="rounded"; fontsize=14;`,
    ...networks.flatMap(networkLines),
    ...groups.map(groupLine),
    ...boxes.map(boxLine),
  ]),
  "}",
];

const networkLines = ({ id, lines: [name = "", ...others], groups }: GraphNetwork): readonly string[] => [
  `subgraph cluster_${id} {`,
  ...indented([
    `label=<<b>${escaped(name)}</b>${others.map((line) => `  ${escaped(line)}`).join("")}>; style="rounded,dashed"; fontsize=10;`,
    // Graphviz draws no empty box, and arrows end at nodes.
    ...(groups.length === 0 ? [`${id}${attributesOf({ label: "", shape: "point", style: "invis" })};`] : []),
    ...groups.map(groupLine),
  ]),
  "}",
];

const maxNames = 8;

const groupLine = ({ id, vms, facts }: Group): string => {
  const more = vms.length - maxNames;
  const names = [
    ...vms.slice(0, more === 1 ? vms.length : maxNames),
    ...(more > 1 ? [`and ${String(more)} more`] : []),
  ];
  const label = [
    ...inRows(names).map((row) => `<b>${row.map(escaped).join(", ")}</b>`),
    ...facts.map((fact) => `<font point-size="9.5">${escaped(fact)}</font>`),
  ];
  return `${id}[label=<${label.join("<br/>")}>, shape=box, style="filled,rounded", fillcolor=${quoted(colors.vm)}];`;
};

/** At most two names in a row keep the picture narrow. */
const inRows = (names: readonly string[]): readonly (readonly string[])[] =>
  names.flatMap((_, at) => (at % 2 === 0 ? [names.slice(at, at + 2)] : []));

const shapes: Readonly<Record<Box["kind"], Attributes>> = {
  internet: { shape: "ellipse", fillcolor: colors.internet },
  network: { shape: "ellipse", fillcolor: colors.host },
  host: { shape: "box", fillcolor: colors.host },
  folder: { shape: "folder", fillcolor: colors.folder, fontsize: "9.5" },
  unknown: { shape: "box", style: "filled,dashed", fillcolor: colors.host, fontsize: "9.5" },
};

const boxLine = ({ id, kind, text }: Box): string =>
  `${id}[label=<${brokenPath(text).map(escaped).join("<br/>")}>${attributesOf(shapes[kind]).replace(/^\[/, ", ")};`;

/** Breaks a long path after a slash. */
const brokenPath = (text: string): readonly string[] =>
  text.split(/(?<=\/)/).reduce<readonly string[]>((lines, part) => {
    const last = lines.at(-1);
    return last === undefined || (last + part).length > 34 ? [...lines, part] : [...lines.slice(0, -1), last + part];
  }, []);

const looks: Readonly<Record<ArrowKind, Attributes>> = {
  allowed: { color: colors.allowed },
  open: { color: colors.open, penwidth: "1.6" },
  inward: { color: colors.inward },
  writable: { color: colors.line },
  "read-only": { color: colors.line, style: "dashed" },
  dangerous: { color: colors.danger, penwidth: "1.6" },
  link: { color: colors.line, arrowhead: "none" },
};

const arrowLine =
  (hosts: readonly GraphHost[]) =>
  ({ from, to, kind, text }: Arrow): string => {
    const network = hosts.flatMap(({ networks }) => networks).find(({ id }) => id === to);
    const target = network === undefined ? to : (network.groups[0]?.id ?? to);
    const label = text.split("\n").map((line) => `<br/>${escaped(line)}`);
    return `${from} -> ${target}${attributesOf({
      ...looks[kind],
      ...(network !== undefined && { lhead: `cluster_${to}` }),
    }).slice(0, -1)}${text === "" ? "" : `, label=<${label.join("").slice("<br/>".length)}>`}];`;
  };

const attributesOf = (attributes: Attributes): string =>
  `[${Object.entries(attributes)
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(", ")}]`;

const quoted = (text: string): string => JSON.stringify(text);

/** Text as HTML. Graphviz replaces `\N` by the name of the node there too, and `\\` by a backslash. */
const escaped = (text: string): string =>
  text.replaceAll("\\", "\\\\").replace(/[&<>"]/g, (character) => `&#${String(character.charCodeAt(0))};`);

const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);
