import type { ArrowKind, Box, Graph, GraphHost, Group } from "./graph.js";

/** Prints a graph as a flowchart of Mermaid, which Git hosts draw in Markdown. */
export const mermaidOf = ({ hosts, outside, arrows }: Graph): string =>
  [
    "flowchart LR",
    ...[...hosts.flatMap(hostLines), ...outside.map(boxLine)],
    ...arrows.map(({ from, to, kind, text }) => {
      const label = text === "" ? "" : `|"${lines(text.split("\n"))}"|`;
      return `  ${from} ${strokes[kind]}${label} ${to}`;
    }),
    "",
  ].join("\n");

const hostLines = ({ id, name, networks, groups, boxes }: GraphHost): readonly string[] => [
  `  subgraph ${id}["${escaped(name)}"]`,
  ...networks.flatMap((network) => [
    `    subgraph ${network.id}["${escaped(network.lines.join(" "))}"]`,
    ...network.groups.map((group) => `  ${groupLine(group)}`),
    "    end",
  ]),
  ...groups.map(groupLine),
  ...boxes.map((box) => `  ${boxLine(box)}`),
  "  end",
];

const groupLine = ({ id, vms, facts }: Group): string =>
  `    ${id}["${lines([`<b>${vms.map(escaped).join(", ")}</b>`, ...facts.map(escaped)], (line) => line)}"]`;

const shapes: Readonly<Record<Box["kind"], readonly [open: string, close: string]>> = {
  internet: ["([", "])"],
  network: ["([", "])"],
  host: ["[", "]"],
  folder: ["[(", ")]"],
  unknown: ["{{", "}}"],
};

const boxLine = ({ id, kind, text }: Box): string => {
  const [open, close] = shapes[kind];
  return `  ${id}${open}"${escaped(text)}"${close}`;
};

const strokes: Readonly<Record<ArrowKind, string>> = {
  allowed: "-->",
  open: "==>",
  inward: "-->",
  writable: "-->",
  "read-only": "-.->",
  dangerous: "==>",
  link: "---",
};

const lines = (texts: readonly string[], as: (text: string) => string = escaped): string => texts.map(as).join("<br/>");

/** In quotes, Mermaid knows only entities as escapes, and reads Markdown after a backtick. */
const escaped = (text: string): string =>
  text.replace(/[^\w\s.,:;/()→-]/gu, (character) => `#${String(character.codePointAt(0))};`);
