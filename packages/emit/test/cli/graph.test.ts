/** Tests the pictures of plans: their boxes and arrows, their formats, and text that a format would read as its own. */
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { svgOf } from "../../src/cli/draw.js";
import { dotOf } from "../../src/graph/dot.js";
import type { Arrow, Graph } from "../../src/graph/graph.js";
import { mermaidOf } from "../../src/graph/mermaid.js";
import { layOut, temporaryDirectory } from "../tree.js";
import { configOf, configurationNix, example, microvmEmit } from "./cli.js";

/** A project of one host with these VMs. */
const project = (vms: Readonly<Record<string, object>>): string => {
  const dir = temporaryDirectory();
  const config = configOf() as { hosts: { alpha: object } };
  Object.assign(config.hosts.alpha, {
    vms,
    bridges: { br0: { address: "10.0.0.1/24", nat: { externalInterface: "wan0" } }, br1: { address: "10.0.1.1/24" } },
  });
  layOut(dir, { "microvm.config.json": JSON.stringify(config), "configuration.nix": configurationNix });
  return dir;
};

const graph = (vms: Readonly<Record<string, object>>): Graph => {
  const { stdout, stderr, exitCode } = microvmEmit(project(vms), ["graph", "--json"]);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  return JSON.parse(stdout) as Graph;
};

/** The arrows with names instead of ids. */
const arrowsOf = ({ hosts, outside, arrows }: Graph): readonly (readonly [string, string, string, string])[] => {
  const names = new Map(
    [
      ...outside.map(({ id, text }) => [id, text]),
      ...hosts.flatMap(({ boxes, groups, networks }) => [
        ...boxes.map(({ id, text }) => [id, text]),
        ...networks.map(({ id, lines }) => [id, lines[0]]),
        ...[...groups, ...networks.flatMap((network) => network.groups)].map(({ id, vms }) => [id, vms.join()]),
      ]),
    ].map(([id = "", text = ""]) => [id, text] as const),
  );
  const name = (id: string): string => names.get(id) ?? `unknown ${id}`;
  return arrows.map(({ from, to, kind, text }: Arrow) => [name(from), kind, name(to), text]);
};

const on = { interfaces: [{ bridge: "br0" }] };

describe("the graph of a plan", () => {
  it("shows permissions, published ports, shares and further networks", () => {
    const drawn = graph({
      api: {
        ...on,
        publish: [{ host: 8080, guest: 80 }],
        firewall: { allowedTCPPorts: [80] },
        reachHost: ["dns", 9000],
        reachVms: ["data:5432", "free"],
        shares: [
          { tag: "a", source: "/srv/in", readOnly: true },
          { tag: "b", source: "/srv/out" },
        ],
      },
      data: { ...on, network: "none", firewall: { allowedTCPPorts: [5432] } },
      free: { interfaces: [{ bridge: "br0" }, { bridge: "br1" }], network: "open" },
      strict: { ...on, network: "allowlist", allow: ["npm", "example.org:443", "10.9.9.9:5432"] },
    });
    expect(arrowsOf(drawn).toSorted()).toEqual(
      [
        ["api", "allowed", "data", "tcp 5432"],
        ["api", "allowed", "free", "every port"],
        ["api", "allowed", "the host", "DNS, tcp 9000"],
        ["api", "allowed", "the internet", "public addresses\nNAT wan0"],
        ["api", "read-only", "/srv/in", "read-only"],
        ["api", "writable", "/srv/out", "writable"],
        ["free", "link", "br1", "another interface"],
        ["free", "open", "the host", "every port"],
        ["free", "open", "the internet", "everything\nNAT wan0"],
        ["strict", "allowed", "private addresses", "10.9.9.9:5432"],
        ["strict", "allowed", "the internet", "only npm, example.org:443"],
        ["the network of wan0", "inward", "api", "tcp 8080 → 80"],
      ].toSorted(),
    );
  });

  it("draws 25 VMs as one box for each kind of access and shares", () => {
    const many = Object.fromEntries(
      Array.from({ length: 24 }, (_, at) => [`vm${String(at)}`, { ...on, packages: at % 2 === 0 ? ["git"] : [] }]),
    );
    const [host] = graph({ ...many, root: { ...on, sudo: true } }).hosts;
    const groups = host?.networks.flatMap((network) => network.groups) ?? [];
    expect(groups.map(({ vms }) => vms.length).toSorted()).toEqual([1, 24]);
    expect(groups.find(({ vms }) => vms.length === 1)?.facts).toContain("sudo");
  });

  it("draws only the named hosts, and reports unknown ones", () => {
    const dir = project({ api: on });
    expect(microvmEmit(dir, ["graph", "--host", "alpha", "--format", "dot"]).stdout).toContain("cluster_h0");
    const { exitCode, stderr } = microvmEmit(dir, ["graph", "--host", "alhpa"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Did you mean "alpha"?');
  });
});

describe("a picture", () => {
  it("is SVG, PNG, Mermaid or DOT by the name of its file", () => {
    const dir = example("networks");
    for (const file of ["a.svg", "a.png", "a.mmd", "a.dot"])
      expect(microvmEmit(dir, ["graph", "-o", file])).toMatchObject({ exitCode: 0 });
    const read = (file: string): Buffer => readFileSync(join(dir, file));
    expect(read("a.svg").toString()).toMatch(/<svg [^]*>gateway<[^]*<\/svg>/);
    expect(read("a.png").subarray(1, 4).toString()).toBe("PNG");
    // Width and height in pixels.
    expect(read("a.png").readUInt32BE(16)).toBeGreaterThan(1000);
    expect(read("a.mmd").toString()).toMatch(/^flowchart LR\n/);
    expect(read("a.dot").toString()).toMatch(/^digraph /);
    expect(microvmEmit(dir, ["graph", "--format", "png"])).toMatchObject({ exitCode: 2 });
    expect(microvmEmit(dir, ["graph", "-o", "a.jpg"])).toMatchObject({ exitCode: 2 });
  });

  it("replaces a symlink, and leaves its target", () => {
    const dir = example("minimal");
    writeFileSync(join(dir, "kept"), "text");
    symlinkSync("kept", join(dir, "a.dot"));
    expect(microvmEmit(dir, ["graph", "-o", "a.dot"])).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(dir, "kept"), "utf8")).toBe("text");
  });

  it("shows markup in texts as text", async () => {
    const hostile = `<b>&"]; x -> y \\N \`js\` #quot;`;
    const drawn: Graph = {
      hosts: [
        {
          id: "h0",
          name: hostile,
          networks: [
            { id: "h0n0", lines: [hostile, hostile], groups: [{ id: "h0v0", vms: [hostile], facts: [hostile] }] },
          ],
          groups: [],
          boxes: [{ id: "h0f0", kind: "folder", text: hostile }],
        },
      ],
      outside: [{ id: "internet", kind: "internet", text: hostile }],
      arrows: [{ from: "h0v0", to: "internet", kind: "allowed", text: hostile }],
    };
    const svg = await svgOf(dotOf(drawn));
    const shown = svg
      .replaceAll(/<[^>]*>/g, "")
      .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&amp;", "&");
    expect(shown.split(hostile).length - 1).toBe(8);
    const mermaid = mermaidOf(drawn);
    expect(mermaid).not.toMatch(/[`\\]|->\s*y|<b>&/);
    // Quotes only enclose labels.
    for (const line of mermaid.split("\n")) expect(line.match(/"/g)?.length ?? 2, line).toBe(2);
  });
});
