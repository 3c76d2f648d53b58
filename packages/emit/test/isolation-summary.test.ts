/** Tests the isolation summary of a plan. */
import { emptyLock, planConfig } from "@microvm-emit/model";
import { assert, describe, expect, it } from "vitest";
import { isolationOn, type IsolationSummary } from "../src/report/isolation-summary.js";
import { isolationLines } from "../src/report/isolation-words.js";

const nat = { externalInterface: "eno1" };

/** The summary of the VM `a` of a host. */
const summaryOf = (vms: { readonly a: object } & Readonly<Record<string, object>>, host: object): IsolationSummary => {
  const config = {
    hosts: { h: { stateVersion: "26.05", user: { name: "alice" }, bridges: {}, vms, ...host } },
  };
  const result = planConfig(config, emptyLock);
  assert(result._tag === "Right", JSON.stringify(result));
  const [planned] = result.right.value.plan.hosts;
  assert(planned !== undefined);
  const vm = planned.vms.find(({ name }) => name === "a");
  assert(vm !== undefined);
  return isolationOn(planned)(vm);
};

const plainly = (text: string): string => text;
const style = {
  bold: plainly,
  dim: plainly,
  red: plainly,
  yellow: plainly,
  green: plainly,
  cyan: plainly,
  path: plainly,
};

const wordsOf = (summary: IsolationSummary): readonly string[] =>
  isolationLines(summary, style).map(({ lead, text }) => lead + text);

describe("the route to the internet", () => {
  const bridge = (settings: object): object => ({ bridges: { br0: { address: "10.0.0.1/24", ...settings } } });
  const open = { network: "open" };
  const internet = "internet: the internet, but not the host, other VMs or private networks";
  const everything = "open: everything that the host can reach, the host itself, and other open VMs";
  it.each<[string, object, object, IsolationSummary["wayOut"], readonly string[]]>([
    ["NAT through any interface", {}, bridge({ nat: true }), { by: "nat", through: null }, [internet]],
    ["NAT through one interface", {}, bridge({ nat }), { by: "nat", through: "eno1" }, [internet]],
    [
      "NAT of the routed network",
      {},
      { routed: { address: "10.9.0.1/24", nat } },
      { by: "nat", through: "eno1" },
      [internet],
    ],
    ["none without NAT", {}, bridge({}), null, ["internet: nothing", "no route out: br0 has no nat"]],
    [
      "none without NAT, with listed destinations",
      { network: "allowlist", allow: ["example.org", "172.17.0.2:80"], reachHost: [8080] },
      bridge({}),
      null,
      [
        "allowlist: only these destinations",
        "allow     example.org 172.17.0.2:80",
        "the host  tcp 8080",
        "no route out: br0 has no nat",
      ],
    ],
    ["none without NAT for an open VM", open, bridge({}), null, [everything, "no route out: br0 has no nat"]],
    [
      "NAT, although the policy allows nothing",
      { network: "none" },
      bridge({ nat }),
      { by: "nat", through: "eno1" },
      ["none: nothing"],
    ],
    ["none, without a remark, if the policy allows nothing", { network: "none" }, bridge({}), null, ["none: nothing"]],
    [
      "the LAN of the bridge",
      { ...open, interfaces: [{ address: "dhcp" }] },
      { bridges: { lan: { ports: ["eno2"], address: "dhcp" } } },
      { by: "lan", through: "eno2" },
      [everything],
    ],
    [
      "the LAN of a macvtap",
      { ...open, interfaces: [{ type: "macvtap", link: "eno2", mode: "bridge" }] },
      {},
      { by: "lan", through: "eno2" },
      [everything],
    ],
    [
      "the network of the hypervisor",
      { ...open, hypervisor: "qemu", interfaces: [{ type: "user" }] },
      {},
      { by: "hypervisor", through: "qemu" },
      [everything],
    ],
    [
      "another gateway for an open VM",
      open,
      bridge({ gateway: "10.0.0.9" }),
      { by: "gateway", through: "10.0.0.9" },
      [everything],
    ],
    [
      "none through another gateway, which only open VMs can reach",
      {},
      bridge({ gateway: "10.0.0.9" }),
      null,
      ["internet: nothing", "no route out: the gateway of br0 is not the host"],
    ],
    [
      "a subnet of public addresses",
      {},
      bridge({ ipv6: "2001:4860:83::1/64" }),
      { by: "route", through: "2001:4860:83::/64" },
      [internet],
    ],
    [
      "that of the second interface, if only this one has NAT",
      { interfaces: [{ bridge: "br0" }, { bridge: "br1" }] },
      { bridges: { br0: { address: "10.0.0.1/24" }, br1: { address: "10.0.1.1/24", nat } } },
      { by: "nat", through: "eno1" },
      [internet],
    ],
    [
      "none if no interface has NAT",
      { interfaces: [{ bridge: "br0" }, { bridge: "br1" }] },
      { bridges: { br0: { address: "10.0.0.1/24" }, br1: { address: "10.0.1.1/24" } } },
      null,
      ["internet: nothing", "no route out: br0 has no nat, br1 has no nat"],
    ],
    ["none without an interface", { interfaces: [] }, {}, null, ["internet: nothing (no interface)"]],
  ])("is %s", (_, vm, host, wayOut, words) => {
    const summary = summaryOf({ a: vm }, host);
    expect(summary.wayOut).toEqual(wayOut);
    expect(wordsOf(summary).filter((line) => !line.startsWith("reachable by "))).toEqual(words);
  });
});

describe("the destinations of a VM", () => {
  const host = { bridges: { br0: { address: "10.0.0.1/24", nat } } };

  it("are grouped by origin, without duplicates and web ports", () => {
    const a = {
      network: "allowlist",
      agent: "claude-code",
      toolchains: ["node", "go"],
      allow: [
        "npm",
        "nix",
        "github",
        "proxy.golang.org",
        "proxy.golang.org:8443",
        "10.1.0.5:5432",
        "fd01::5",
        "[fd01::6]:53",
      ],
      reachVms: ["b", "c:22"],
      reachHost: [8080, { port: 69, proto: "udp" }],
    };
    expect(wordsOf(summaryOf({ a, b: {}, c: {} }, host))).toEqual([
      "allowlist: only these destinations",
      "claude-code  api.anthropic.com claude.ai platform.claude.com mcp-proxy.anthropic.com downloads.claude.ai",
      "node         registry.npmjs.org",
      "go           proxy.golang.org sum.golang.org",
      "nix          cache.nixos.org channels.nixos.org releases.nixos.org api.github.com codeload.github.com",
      "github       github.com:22,443 uploads.github.com *.githubusercontent.com *.actions.githubusercontent.com ghcr.io",
      "allow        proxy.golang.org:8443 10.1.0.5:5432 fd01::5 [fd01::6]:53",
      "the host     tcp 8080, udp 69",
      "VMs          b c:22",
    ]);
  });

  it("include exceptions in closed networks", () => {
    const a = { nameservers: ["10.0.0.1", "192.168.1.1"], allow: ["192.168.1.0/24"] };
    expect(wordsOf(summaryOf({ a }, host))).toEqual([
      "internet: the internet, and these parts of the host, other VMs and private networks",
      "allow        192.168.1.0/24",
      "nameservers  10.0.0.1:53 192.168.1.1:53",
      "the host     DNS",
    ]);
    expect(
      wordsOf(summaryOf({ a: { network: "none", reachHost: ["dns", 80], reachVms: ["b"] }, b: {} }, host)),
    ).toEqual(["none: only these destinations", "the host  DNS, tcp 80", "VMs       b"]);
    expect(wordsOf(summaryOf({ a: { network: "allowlist" } }, host))).toEqual(["allowlist: nothing"]);
  });
});

describe("the access of a VM to its host", () => {
  const host = { bridges: { br0: { address: "10.0.0.1/24", nat } } };
  const besides = (a: object, others: Readonly<Record<string, object>> = {}): readonly string[] =>
    wordsOf(summaryOf({ a, ...others }, host)).slice(1);

  it("lists additional shares, secrets and sudo", () => {
    const shares = [
      { tag: "w", source: "/srv/w" },
      { tag: "r", source: "/srv/r", readOnly: true },
      { tag: "g", source: "/srv/g", owners: "guest" },
      { tag: "d", source: "/etc/nixos", dangerous: "the agent\n maintains this host" },
    ];
    expect(besides({ agent: "claude-code" })).toEqual([]);
    expect(besides({ shares, secrets: { TOKEN: "/run/secrets/token", KEY: { file: "~/key" } }, sudo: true })).toEqual([
      "shares /srv/w (writable), /srv/r (read-only)",
      "dangerous share /etc/nixos (writable): the agent maintains this host",
      "files of any owner in /srv/g: root in the guest can create setuid programs and devices there",
      "secrets KEY (/home/alice/key), TOKEN (/run/secrets/token)",
      "sudo: its user can become root without a password",
    ]);
  });

  it("includes a login that other VMs share or copy", () => {
    const agent = { agent: "claude-code" };
    const others = {
      b: agent,
      copying: { ...agent, agentState: "copy" },
      apart: { ...agent, agentState: "own" },
      other: { agent: "codex" },
    };
    const loginOf = (a: object): string | null => summaryOf({ a, ...others }, host).sharedLogin;
    expect(loginOf(agent)).toBe("/home/alice/claude-microvm");
    expect(loginOf({ ...agent, agentState: "own" })).toBeNull();
    expect(loginOf({ agent: "codex" })).toBe("/home/alice/codex-microvm");
    expect(loginOf({})).toBeNull();
  });
});

describe("the sources that reach a VM", () => {
  const none: IsolationSummary["reachedBy"] = { vms: [], ports: [], lans: [], everyone: false };
  const host = { bridges: { br0: { address: "10.0.0.1/24", nat } } };
  it.each<[string, Parameters<typeof summaryOf>[0], object, Partial<IsolationSummary["reachedBy"]>]>([
    ["none by default", { a: {}, b: {} }, host, {}],
    [
      "VMs that have it in reachVms",
      { a: { network: "none" }, b: { reachVms: ["a"] }, c: { reachVms: ["a", "b"] }, d: {} },
      host,
      { vms: ["b", "c"] },
    ],
    [
      "clients of a published port",
      {
        a: {
          firewall: false,
          publish: [
            { host: 8080, guest: 80 },
            { host: 53, guest: 53, proto: "udp" },
          ],
        },
      },
      host,
      {
        ports: [
          { on: "eno1", proto: "tcp", port: 8080, guestPort: 80 },
          { on: "eno1", proto: "udp", port: 53, guestPort: 53 },
        ],
      },
    ],
    [
      "clients of a port forwarded from the host, but not of one forwarded from the guest",
      {
        a: {
          hypervisor: "qemu",
          network: "open",
          firewall: false,
          interfaces: [{ type: "user" }],
          forwardPorts: [
            { host: { port: 8080 }, guest: { port: 80 } },
            { from: "guest", host: { port: 5432 }, guest: { address: "10.0.2.100", port: 5432 } },
          ],
        },
      },
      {},
      { ports: [{ on: null, proto: "tcp", port: 8080, guestPort: 80 }] },
    ],
    ["everyone for an open VM", { a: { network: "open" } }, host, { everyone: true }],
    [
      "the LANs of its interfaces",
      { a: { network: "open", interfaces: [{ address: "dhcp" }, { type: "macvtap", link: "eno3", mode: "bridge" }] } },
      { bridges: { lan: { ports: ["eno2"], address: "dhcp" } } },
      { lans: ["eno2", "eno3"], everyone: true },
    ],
  ])("are %s", (_, vms, networks, reachedBy) => {
    expect(summaryOf(vms, networks).reachedBy).toEqual({ ...none, ...reachedBy });
  });
});

describe("the sources of a host port", () => {
  const words = (forwarded: string | undefined): readonly string[] => {
    const host = { port: 8080, ...(forwarded === undefined ? {} : { address: forwarded }) };
    const a = {
      hypervisor: "qemu",
      network: "open",
      firewall: false,
      interfaces: [{ type: "user" }],
      forwardPorts: [{ host, guest: { port: 80 } }],
    };
    return wordsOf(summaryOf({ a }, {})).slice(1);
  };

  it("depend on its listening address", () => {
    expect(words("127.0.0.1")).toEqual(["reachable by processes on the host (tcp 8080 → 80)"]);
    expect(words("192.168.1.2")).toEqual([
      "reachable by everyone who can reach 192.168.1.2 on the host (tcp 8080 → 80)",
    ]);
    expect(words(undefined)).toEqual(["reachable by everyone who can reach the host (tcp 8080 → 80)"]);
    const publish = [
      { host: 3000, guest: 3000 },
      { host: 53, guest: 5353, proto: "udp" },
    ];
    const host = { bridges: { br0: { address: "10.0.0.1/24", nat } } };
    const vms = { a: { network: "none", firewall: false, publish }, b: { reachVms: ["a"] } };
    expect(wordsOf(summaryOf(vms, host))).toEqual([
      "none: nothing",
      "reachable by VM b; the network of eno1 (tcp 3000 → 3000, udp 53 → 5353)",
    ]);
  });
});
