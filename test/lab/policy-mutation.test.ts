/**
 * Removes each rule of the network policy in turn. A probe must then have another result, otherwise the rule is
 * useless.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { guarded, names } from "./policy-config.js";
import { type Lab, openLab, succeeds } from "./policy-lab.js";
import { rows, settle } from "./policy-probes.js";
import { poll } from "./poll.js";
import { whatIsMissing } from "./requirements.js";

const missing = whatIsMissing();
if (missing !== undefined) console.error(`NOT TESTED: the need for each rule: ${missing}.`);

/** For each table and chain: the first words of each rule, a probe, and the VM that runs it. */
const uses: Readonly<Record<string, readonly (readonly [rule: string, what: string, vm: string])[]>> = {
  "bridge prerouting": [
    ["iifname @untagged ether type", "always refused: impersonation by IPv6 with a VLAN tag", "none"],
    ["iifname @untagged icmpv6 type", "always refused: impersonation by IPv6 in fragments", "none"],
    ["iifname @taps goto", "gateway: ping", "none"],
    ["iifname != @lan ether saddr @guests", "impersonation: by MAC", "open"],
    ["arp saddr ip @guests4", "impersonation: by ARP", "open"],
    ["ip saddr @guests4", "from the address of another VM", "open"],
    ["ip6 saddr @guests6", "from the IPv6 address of another VM", "open"],
    ["iifname != @lan icmpv6 type nd-neighbor-advert @th", "impersonation: by IPv6", "open"],
    ['iifname "microvm*"', "gone VM: internet", "none"],
  ],
  "bridge from_tap": [
    ["udp dport 68", "host: an offer of DHCP", "none"],
    ["ether type ip iifname", "gateway: ping", "none"],
    ["iifname . ether saddr != @macs", "impersonation: by MAC", "none"],
    ["ether type arp", "gateway: ping", "none"],
    ["ether type ip ip saddr 0.0.0.0", "gateway: a lease", "none"],
    ["icmpv6 type nd-neighbor-advert", "impersonation: by IPv6", "none"],
    ["iifname . ether saddr . ip6 saddr", "gateway: ping by IPv6", "none"],
    ["ip6 saddr ::", "gateway: duplicate address detection by IPv6", "none"],
    ["drop", "gateway: from an unassigned address", "none"],
  ],
  "bridge forward": [
    ["iifname @taps", "VM open: a frame", "none"],
    ["oifname @taps", "VM internet: a frame", "open"],
  ],
  "arp input": [
    ["iifname @bridged", "outside of its bridge: an ARP reply", "none"],
    ["iifname @taps iifname . arp saddr ether", "gateway: from an unassigned address, in ARP", "routed"],
    ['iifname "microvm*"', "gone VM: an ARP reply", "routed"],
  ],
  "inet limited": [
    ["limit name ip saddr", "internet: an upload faster than the limit", "internet"],
    ["limit name ip6 saddr", "internet: an upload faster than the limit, by IPv6", "internet"],
    ["limit name ip daddr", "internet: a download faster than the limit", "internet"],
    ["limit name ip6 daddr", "internet: a download faster than the limit, by IPv6", "internet"],
  ],
  "inet prerouting": [
    ["iifname @bridged", "outside of its bridge: a ping", "open"],
    ["iifname @taps goto", "gateway: from an unassigned address", "routed"],
    ["ip saddr @guests4", "from beyond, with its address", "internet"],
    ["ip6 saddr != fe80::/10 ip6 saddr @guests6", "from beyond, with its IPv6 address", "internet"],
    ['iifname "microvm*"', "gone VM: internet", "routed"],
  ],
  "inet from_tap": [
    ["iifname . ether saddr . ip saddr", "gateway: ping", "routed"],
    ["iifname . ether saddr . ip6 saddr", "gateway: ping by IPv6", "routed"],
    ["ip6 saddr ::", "gateway: duplicate address detection by IPv6", "routed"],
    ["drop", "gateway: from an unassigned address", "routed"],
  ],
  "inet fragments": [
    ["ip saddr @guests4", "fragments: no room for other VMs", "internet"],
    ["ip6 saddr @guests6", "fragments: no room for other VMs, by IPv6", "internet"],
  ],
  "inet questions": [
    ["ip saddr", "name: listed", "list"],
    ["ip6 saddr", "name: listed, by IPv6", "list"],
  ],
  "inet input": [
    ["ip saddr", "host: another port", "none"],
    ["ip6 saddr", "host: another port by IPv6", "none"],
  ],
  "inet to_host": [
    ["meta l4proto { tcp, udp } th dport { 53, 5380 }", "host: 4,000 DNS questions at once", "list"],
    ["ct state", "reached from the host", "none"],
    ["icmpv6 type { nd", "gateway: ping by IPv6", "none"],
    ["ip saddr", "host: a port", "reaching"],
    ["ip6 saddr", "host: a port by IPv6", "reaching"],
    ["udp sport 68", "gateway: the same lease again", "none"],
    ["icmp type", "gateway: ping", "none"],
    ["icmpv6 type echo", "gateway: ping by IPv6", "none"],
    ["goto refuse", "host: another port", "none"],
  ],
  "inet forward": [
    ["jump limited", "internet: an upload faster than the limit", "internet"],
    ["ct state", "internet", "internet"],
    ["ip saddr", "internet", "none"],
    ["ip6 saddr", "internet: by IPv6", "none"],
    ["ip daddr", "reached from beyond", "none"],
    ["ip6 daddr", "reached from beyond: by IPv6", "none"],
  ],
  "inet from_guest": [
    ["ip saddr . ip daddr @pairs4", "VM internet", "reaching"],
    ["ip saddr . ip daddr . meta l4proto . th dport @pairPorts4", "VM internet", "other"],
    ["oifname", "VM none: through the gateway in both directions", "internet"],
    ["ip saddr . ip daddr . meta l4proto . th dport @allowed4", "listed address", "list"],
    ["ip6 saddr . ip6 daddr . meta l4proto . th dport @allowed6", "listed address: IPv6", "list"],
    ["ip saddr . ip daddr . meta l4proto . th dport @resolved4", "name: listed", "list"],
    ["ip6 saddr . ip6 daddr . meta l4proto . th dport @resolved6", "name: listed, by IPv6", "list"],
    ["ip saddr . ip daddr . meta l4proto . th dport @granted4", "granted address", "none"],
    ["ip6 saddr . ip6 daddr . meta l4proto . th dport @granted6", "granted address: IPv6", "none"],
    ["ip daddr @private4", "LAN: another port", "internet"],
    ["ip6 daddr @private6", "LAN: another port by IPv6", "internet"],
    ["ip saddr @internet4", "internet", "internet"],
    ["ip6 saddr @internet6", "internet: by IPv6", "internet"],
    ["goto refuse", "internet", "none"],
  ],
  "inet to_guest": [
    ["ct status dnat", "reached from beyond: at a published port", "none"],
    ["drop", "reached from beyond", "none"],
  ],
  "inet admit": [
    ["ether saddr @full", "host: a ping after these are closed", "internet"],
    ["add @connections", "host: more connections than a VM may have", "internet"],
    ["ip saddr . ip daddr . meta l4proto . th dport @admitted4", "admitted: connections are counted", "internet"],
    [
      "ip6 saddr . ip6 daddr . meta l4proto . th dport @admitted6",
      "admitted: connections are counted, by IPv6",
      "internet",
    ],
    ["meta l4proto { tcp, udp } add @counting4", "admitted: connections are counted", "internet"],
    ["meta l4proto { tcp, udp } add @counting6", "admitted: connections are counted, by IPv6", "internet"],
    ["accept", "VM internet: ping", "reaching"],
  ],
  "inet postrouting": [["oifname @bridged", "outside of its bridge: a ping from the host", "none"]],
  "inet refuse": [
    ["meta l4proto { tcp, udp } ip saddr", "refused: the destination is recorded", "none"],
    ["meta l4proto { tcp, udp } ip6 saddr", "refused: the destination is recorded, by IPv6", "none"],
    ["reject", "internet", "none"],
  ],
};

/** Parts of rules that are necessary for the policy. */
const parts = [
  {
    rule: "ether type ip ip saddr 0.0.0.0",
    part: "ip frag-off & 0x3fff == 0 ",
    what: "fragments: no room for other VMs, from the unspecified address",
    vm: "internet",
  },
  {
    rule: "ip6 saddr ::",
    part: "exthdr frag missing ",
    what: "fragments: no room for other VMs, by IPv6, from the unspecified address",
    vm: "internet",
  },
  {
    rule: "ip6 saddr ::",
    part: "iifname . @th,64,128 @neighbors ",
    what: "gateway: a claim to its address, by IPv6",
    vm: "none",
  },
];

interface Rule {
  readonly chain: string;
  readonly text: string;
  /** The line number of the rule. */
  readonly line: number;
}

/** The text of the rules in each chain. */
const rulesIn = (text: string): readonly Rule[] => {
  let [family, chain]: [string, string | null] = ["", null];
  return text.split("\n").flatMap((whole, line) => {
    const words = whole.trim();
    family = /^table (\S+) microvm \{$/.exec(words)?.[1] ?? family;
    const opened = /^chain (\S+) \{$/.exec(words)?.[1];
    if (opened !== undefined) chain = opened;
    else if (words === "}") chain = null;
    else if (chain !== null && !/^(type|#|$)/.test(words)) return [{ chain: `${family} ${chain}`, text: words, line }];
    return [];
  });
};

const cases = Object.entries(uses).flatMap(([chain, ofChain]) =>
  ofChain.map(([rule, what, vm], position) => ({ chain, position, rule, what, vm })),
);

/** Long enough for a probe on a busy machine. */
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

// Probes mostly wait for packets that do not arrive.
describe.skipIf(missing !== undefined).concurrent("a probe has another result without the rule", () => {
  /** Labs that no test uses. */
  const free: Lab[] = [];
  let opened: readonly Lab[] = [];
  let policy: string;
  let rules: readonly Rule[];
  beforeAll(async () => {
    opened = await Promise.all([openLab(guarded), openLab(guarded), openLab(guarded)]);
    free.push(...opened);
    policy = opened[0]?.policy.rules ?? "";
    // `uplink.test.ts` tests the other two.
    rules = rulesIn(policy).filter(({ chain }) => !["inet way_out", "inet segment_size"].includes(chain));
  });
  afterAll(() => Promise.all(opened.map(({ close }) => close())));

  const withLab = async (use: (lab: Lab) => Promise<void>): Promise<void> => {
    const lab = await poll("a free lab", 600, () => free.pop());
    try {
      await use(lab);
    } finally {
      free.push(lab);
    }
  };

  it("every rule has a probe", () => {
    const written = rules.map(({ chain, text }) => `${chain}: ${text}`);
    expect(written).toHaveLength(cases.length);
    for (const [number, { chain, rule }] of cases.entries()) expect(written[number]).toContain(`${chain}: ${rule}`);
  });

  /** The result of a probe with all rules, and with changed rules. */
  const differs = async (lab: Lab, what: string, vm: string, without: string): Promise<void> => {
    const row = rows.find((each) => each.what === what);
    const guest = lab.guests[vm];
    if (row === undefined || guest === undefined) throw new Error(`There is no VM ${vm}, or nothing to try: ${what}`);
    const before = row.expected.split(" ")[names.indexOf(vm)];
    await lab.load(policy);
    expect(await settle(row.probe, lab, guest, before), "with all rules").toBe(before);
    await lab.load(without);
    expect(await settle(row.probe, lab, guest, before === "y" ? "-" : "y")).not.toBe(before);
  };

  it.each(cases)("$chain: $rule", async ({ chain, position, what, vm }) => {
    const rule = rules.filter((each) => each.chain === chain)[position];
    if (rule === undefined) throw new Error("There is no such rule.");
    const lines = policy.split("\n").filter((_, line) => line !== rule.line);
    await withLab((lab) => differs(lab, what, vm, lines.join("\n")));
  });

  it.each(parts)("bridge from_tap: $rule, without $part", async ({ rule, part, what, vm }) => {
    const { line } = rules.find(({ chain, text }) => chain === "bridge from_tap" && text.startsWith(rule)) ?? {};
    const lines = policy.split("\n");
    const changed = lines.map((text, number) => (number === line ? text.replace(part, "") : text));
    expect(changed).not.toEqual(lines);
    await withLab(async (lab) => {
      // Fragments of earlier probes expire after half a minute.
      await poll("room for fragments", 120, async () =>
        (await succeeds(
          lab.guests["internet"]?.space ?? lab.host,
          "ping -c 1 -W 1 -q -s 3000 192.168.83.1 && ping -c 1 -W 1 -q -s 3000 fd00:83::1",
        ))
          ? true
          : undefined,
      );
      await differs(lab, what, vm, changed.join("\n"));
    });
  });

  it.each([
    "always refused: a multicast query as the bridge's querier",
    "always refused: a multicast query as the bridge's querier, by IPv6",
  ])("multicast snooping is off: %s", (what) =>
    withLab(async (lab) => {
      const row = rows.find((each) => each.what === what);
      const guest = lab.guests["none"];
      if (row === undefined || guest === undefined) throw new Error("There is nothing to try.");
      await lab.load(policy);
      expect(await settle(row.probe, lab, guest, "-"), "as networkd sets it").toBe("-");
      await lab.host.script("ip link set dev microbr type bridge mcast_snooping 1");
      expect(await settle(row.probe, lab, guest, "y"), "with snooping").toBe("y");
      await lab.host.script("ip link set dev microbr type bridge mcast_snooping 0");
    }),
  );
});
