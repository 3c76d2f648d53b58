/** Tests `nat: true` with packets while the uplink of the host changes. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "microvm-emit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../nix/harness.js";
import { networksOf } from "../nix/identity.js";
import { rig } from "../nix/rig.js";
import { emitFlake, evaluateHost } from "./evaluated.js";
import { type HostNetwork, openHostNetwork, UPLINK } from "./host-network.js";
import { tails } from "./log.js";
import { connect, type Namespace, openNamespace } from "./namespace.js";
import { poll } from "./poll.js";
import { whatIsMissing } from "./requirements.js";

const missing = whatIsMissing();
if (missing !== undefined) console.error(`NOT TESTED: NAT over changing uplinks: ${missing}.`);

const config: Config = {
  hosts: {
    lab: {
      stateVersion: "26.05",
      modules: ["./configuration.nix"],
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: {
        microbr: { address: "192.168.83.1/24", ipv6: "fd00:83::1/64", nat: { ipv6: true } },
        inner: { address: "192.168.84.1/24", nat: true },
      },
      routed: { address: "10.9.0.1/24", nat: true },
      vms: {
        bridged: { interfaces: [{ bridge: "microbr" }], reachVms: ["beside", "elsewhere"] },
        beside: { interfaces: [{ bridge: "microbr" }] },
        elsewhere: { interfaces: [{ bridge: "inner" }] },
        routed: { interfaces: [{ routed: true }] },
      },
    },
  },
};
const names = ["bridged", "beside", "elsewhere", "routed"] as const;
type Name = (typeof names)[number];

/** Addresses of an external server, reachable over every uplink. */
const SERVER = "8.8.8.8";
const SERVER6 = "2001:db8:53::53";

/** The addresses of the host and of the gateway, by uplink. */
const ways = {
  [UPLINK]: { own: "203.0.113.2", other: "203.0.113.1", own6: "2001:db8:113::2", other6: "2001:db8:113::1" },
  wlan0: { own: "198.51.100.2", other: "198.51.100.1", own6: "2001:db8:100::2", other6: "2001:db8:100::1" },
  wg0: { own: "10.100.0.2", other: "10.100.0.1", own6: "fd64::2", other6: "fd64::1" },
} as const;
type Way = keyof typeof ways;

/** A server that sends the source address of a connection, and then enough data for packets of full size. */
const serve = (space: Namespace, log: string): Promise<void> =>
  space.serve(
    [":80"],
    log,
    process.execPath,
    "-e",
    'require("net").createServer((socket) => socket.on("error", () => {}).end(socket.remoteAddress.replace("::ffff:", "") + " ".repeat(200000))).listen(80, "::")',
  );

const ASK = `
  let all = "";
  require("net").connect({ port: 80, host: process.argv[1], localAddress: process.argv[2] }).setTimeout(20000, () => process.exit(2)).on("error", () => process.exit(1))
    .on("data", (data) => (all += data)).on("end", () => console.log(all.trimEnd(), all.length))`;

describe.skipIf(missing !== undefined)("nat: true", () => {
  let folder: string;
  let network: HostNetwork | undefined;
  let host: Namespace;
  const guests: Partial<Record<Name, Namespace>> = {};
  const guest = (name: Name): Namespace => {
    const found = guests[name];
    if (found === undefined) throw new Error(`There is no VM ${name}.`);
    return found;
  };

  /** The source address of a VM as seen by a server. */
  const seen = (name: Name, address: string): Promise<string> => seenFrom(guest(name), address);
  const seenFrom = async (space: Namespace, address: string, ...from: readonly string[]): Promise<string> => {
    const [source, length] = (await space.run(process.execPath, "-e", ASK, address, ...from)).trim().split(" ");
    expect(Number(length)).toBeGreaterThan(200_000);
    return String(source);
  };

  let rules: string;
  const load = async (text: string): Promise<void> => {
    writeFileSync(join(folder, "policy.nft"), text);
    await host.run("nft", "-f", join(folder, "policy.nft"));
  };

  const leaveBy = (way: Way): Promise<string> =>
    host.script(`
      ip route replace default via ${ways[way].other} dev ${way}
      ip -6 route replace default via ${ways[way].other6} dev ${way}`);

  beforeAll(async () => {
    folder = temporaryFolder();
    const evaluated = await evaluateHost(emitFlake(config), "lab", rig !== undefined);
    network = await openHostNetwork(evaluated, folder);
    ({ host } = network);
    const { beyond } = network;
    for (const way of ["wlan0", "wg0"]) await connect(host, way, beyond, `${way}-end`);
    for (const [way, { own, other, own6, other6 }] of Object.entries(ways)) {
      const end = way === UPLINK ? "lan" : `${way}-end`;
      await host.script(`
        ip addr replace ${own}/24 dev ${way}; ip addr add ${own6}/64 dev ${way} nodad; ip link set ${way} up`);
      await beyond.script(`
        ip addr replace ${other}/24 dev ${end}; ip addr add ${other6}/64 dev ${end} nodad; ip link set ${end} up`);
    }
    await host.run("ip", "link", "set", "wg0", "mtu", "1420");
    // Answers can also reach a VM whose address is not masqueraded.
    await beyond.script(`
      ip addr add ${SERVER}/32 dev lo; ip addr add ${SERVER6}/128 dev lo nodad
      for subnet in 192.168.83.0/24 10.9.0.0/24; do ip route add $subnet via ${ways.wg0.own}; done
      ip route add fd00:83::/64 via ${ways.wg0.own6}`);
    await serve(beyond, join(folder, "beyond.log"));
    ({ rules } = evaluated.policy);
    await load(rules);
    for (const bridge of ["microbr", "inner"])
      await poll(bridge, 100, () => host.run("ip", "link", "show", bridge).catch(() => undefined));
    await host.script("echo 1 >/proc/sys/net/ipv4/conf/microbr/proxy_arp_pvlan");
    for (const name of names) {
      const runner = evaluated.runners[name];
      const [link] = runner?.interfaces ?? [];
      const [told] = Object.values(networksOf(runner?.kernelParams ?? []));
      if (link === undefined || told === undefined) throw new Error(`${name} has no tap.`);
      const space = await openNamespace();
      guests[name] = space;
      await connect(host, link.id, space, "eth0");
      await space.script(`
        ip link set eth0 address ${link.mac}; ip link set eth0 up
        ${(told["Network.Address"] ?? []).map((address) => `ip addr add ${address} dev eth0 ${address.includes(":") ? "nodad" : ""}`).join("\n")}
        ${(told["Route.Gateway"] ?? []).map((gateway) => `ip route add default via ${gateway} dev eth0 onlink`).join("\n")}`);
      await host.run("ip", "link", "set", link.id, "up");
      await serve(space, join(folder, `${name}.log`));
    }
    await poll("the taps", 100, async () =>
      (await host.script("ip -br link show master microbr; ip -br link show master inner; ip route")).match(/microvm/g)
        ?.length === names.length
        ? true
        : undefined,
    );
  }, 240_000);

  afterAll(async () => {
    await Promise.all(Object.values(guests).map((space) => space.close()));
    await network?.close();
  });

  beforeEach(({ onTestFailed }) => {
    onTestFailed(() => {
      console.error(tails(folder));
    });
  });

  it.each(Object.keys(ways) as Way[])(
    "uses the uplink %s after the host's routes change, with packets of full size",
    async (way) => {
      await leaveBy(way);
      for (const name of names) expect(await seen(name, SERVER)).toBe(ways[way].own);
      expect(await seen("bridged", SERVER6)).toBe(ways[way].own6);
    },
  );

  it("sends the path MTU to a VM", async () => {
    await leaveBy("wg0");
    const ping = `ping -c 1 -W 20 -M do -s 1440 ${SERVER} || true`;
    expect(await guest("bridged").script(ping)).toMatch(/mtu ?= ?1420/);
  });

  /** Expected source addresses, by the rule that is responsible. */
  const uses: readonly (readonly [rule: string, what: string, probe: () => Promise<string>, expected: string])[] = [
    [
      "oifname @networks accept",
      "a VM in its bridge, by another",
      () => seen("bridged", "192.168.83.2"),
      "192.168.83.3",
    ],
    ["oifname @networks accept", "a VM elsewhere, by another", () => seen("bridged", "192.168.84.4"), "192.168.83.3"],
    ["fib saddr type local accept", "a server, by the host", () => seenOfHost(), "192.168.83.1"],
    ["ip saddr @masqueraded4", "a server, by a VM", () => seen("bridged", SERVER), ways.wg0.own],
    ["ip saddr @masqueraded4", "a server, by a routed VM", () => seen("routed", SERVER), ways.wg0.own],
    ["ip6 saddr @masqueraded6", "a server, by a VM with IPv6", () => seen("bridged", SERVER6), ways.wg0.own6],
    ["iifname @networks tcp", "a server that refuses larger segments", () => seenBySmall("beyond"), ways.wg0.own],
    [
      "oifname @networks tcp",
      "a server, by a VM that refuses larger segments",
      () => seenBySmall("bridged"),
      ways.wg0.own,
    ],
  ];

  const seenOfHost = (): Promise<string> => seenFrom(host, SERVER, "192.168.83.1");

  /** IPv4 and IPv6 with a server that rejects connections with too large segments. */
  const seenBySmall = async (where: "beyond" | "bridged"): Promise<string> => {
    const end = where === "beyond" ? network?.beyond : guest(where);
    await end?.script(`
      nft add table inet segments
      nft "add chain inet segments in { type filter hook input priority 0; }"
      nft add rule inet segments in meta nfproto ipv4 tcp flags syn tcp option maxseg size != 1380 reject with tcp reset
      nft add rule inet segments in meta nfproto ipv6 tcp flags syn tcp option maxseg size != 1360 reject with tcp reset`);
    try {
      await seen("bridged", SERVER6);
      return await seen("bridged", SERVER);
    } finally {
      await end?.script("nft delete table inet segments");
    }
  };

  it.each(uses)("the source address changes without the rule %s: %s", async (rule, _, probe, expected) => {
    await leaveBy("wg0");
    expect(await probe()).toBe(expected);
    const lines = rules.split("\n");
    expect(lines.filter((line) => line.trim().startsWith(rule))).toHaveLength(1);
    await load(lines.filter((line) => !line.trim().startsWith(rule)).join("\n"));
    expect(await probe().catch(() => "nobody")).not.toBe(expected);
    await load(rules);
  });

  it("has no connection when the uplink of the host is blocked", async () => {
    await leaveBy("wlan0");
    await host.script(
      'nft add table inet vpn; nft "add chain inet vpn out { type filter hook forward priority 0; policy accept; }"; nft add rule inet vpn out iifname microbr oifname != wg0 drop',
    );
    await expect(guest("bridged").run("ping", "-c", "1", "-W", "1", SERVER)).rejects.toThrow();
    await leaveBy("wg0");
    expect(await seen("bridged", SERVER)).toBe(ways.wg0.own);
  });
});
