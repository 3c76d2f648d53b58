/**
 * Runs the evaluated network, rules and resolver of a host in a network namespace. Each VM is a namespace with the tap,
 * MAC and addresses of its runner. Another namespace is the external network, with servers, a LAN and DNS.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "microvm-emit";
import { readLibrary } from "../../packages/emit/src/compile/flake/library.generated.js";
import { temporaryFolder } from "../nix/harness.js";
import { networksOf } from "../nix/identity.js";
import { emitFlake, evaluateHost, type Policy, type Runner } from "./evaluated.js";
import { BEYOND, HOST_BEYOND, openHostNetwork } from "./host-network.js";
import { tails } from "./log.js";
import { connect, type Namespace, openNamespace } from "./namespace.js";
import { DNS, DNS6, HOST_BESIDE, HOST_BESIDE6, NEIGHBOR, NEIGHBOR6, PORT } from "./policy-config.js";
import { poll } from "./poll.js";
import { LIBNFTABLES, PYTHON } from "./requirements.js";

export const LAN = "192.168.1.10";
export const LAN6 = "fd99::10";
export const HOST_IN_LAN = "192.168.1.2";
export const HOST_BEYOND6 = "2001:db8:113::2";
export const BEYOND6 = "2001:db8:113::1";
export const LISTED = "203.0.113.9";
export const LISTED6 = "2001:db8:113::9";
export const FOREIGN_DNS = "203.0.113.54";
export const METADATA = "169.254.169.254";
/** Addresses of `listed.example`, `other.example` and `unlisted.example`. */
export const NAMED = { listed: "203.0.113.20", other: "203.0.113.21", unlisted: "203.0.113.22" } as const;
const NAMED6 = "2001:db8:113::20";

/** A bridge without VMs of the config. */
export const FOREIGN = "foreign";

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The same bit in an interface identifier (RFC 4291, appendix A). */
const linkLocalOf = (mac: string): string => {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac.split(":").map((byte) => parseInt(byte, 16));
  const hex = (high: number, low: number): string => ((high << 8) | low).toString(16);
  return `fe80::${[hex(a ^ 2, b), hex(c, 0xff), hex(0xfe, d), hex(e, f)].join(":")}`;
};

/** The network of a VM. */
export interface Guest {
  readonly name: string;
  /** The index of the VM. */
  readonly number: number;
  readonly space: Namespace;
  readonly tap: string;
  readonly isBridged: boolean;
  readonly mac: string;
  readonly address: string;
  readonly address6: string;
  readonly local: string;
  readonly gateway: string;
  readonly gateway6: string;
  /** The frames that it receives. */
  readonly frames: Log;
}

export interface Lab {
  readonly host: Namespace;
  readonly beyond: Namespace;
  /** The machine of the LAN of a bridge port. */
  readonly neighbor: Namespace;
  readonly guests: Readonly<Record<string, Guest>>;
  /** Running VMs that were removed from the configuration: `bridged` and `routed`. */
  readonly gone: Readonly<Record<string, Guest>>;
  readonly policy: Policy;
  /** The MAC address of the host on the bridge. */
  readonly bridgeMac: string;
  /** Frames that the host receives on its bridge. */
  readonly frames: Log;
  /** ICMP messages that the rules of the host accept. */
  readonly messages: Log;
  readonly messages6: Log;
  /** Datagrams that the rules of the host accept. */
  readonly datagrams: Log;
  readonly datagrams6: Log;
  /** Replaces the loaded nftables rules. */
  readonly load: (rules: string) => Promise<void>;
  /** The folder for logs and files of the lab. */
  readonly folder: string;
  readonly close: () => Promise<void>;
}

export const succeeds = (space: Namespace, command: string): Promise<boolean> =>
  space.run("sh", "-c", command).then(
    () => true,
    () => false,
  );

/** The received data so far, in hexadecimal. */
export type Log = () => string;

const listen = async (space: Namespace, log: string, what: string): Promise<Log> => {
  space.start(log, PYTHON, program("listen.py"), what);
  const text: Log = () => readFileSync(log, "utf8");
  await poll(`listen.py ${what}`, 100, () => text().includes("listening") || undefined);
  return text;
};

/** Creates frames by name from scapy expressions. */
export const makeFrames = (expressions: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  JSON.parse(
    execFileSync(PYTHON, [program("frames.py")], { input: JSON.stringify(expressions), encoding: "utf8" }),
  ) as Readonly<Record<string, string>>;

/** Counts accepted datagrams at the port of the resolver, by sender. */
const COUNT_QUESTIONS = `table inet lab {
  set asked { type ipv4_addr; flags dynamic; }
  chain input { type filter hook input priority 10; udp dport 5380 add @asked { ip saddr counter }; }
}`;

/** The number of datagrams of a VM that reached the port of the resolver. */
export const countQuestions = async ({ host }: Lab, { address }: Guest): Promise<number> => {
  const listed = await host.run("nft", "list", "set", "inet", "lab", "asked");
  return Number(new RegExp(`\\b${address.replaceAll(".", "\\.")} counter packets (\\d+)`).exec(listed)?.[1] ?? 0);
};

/** Sends given frames over `eth0`. */
const SEND = `
import socket, sys
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(("eth0", 0))
for frame in sys.argv[1:]:
    link.send(bytes.fromhex(frame))
`;

export const send = async (guest: Guest, ...frames: readonly string[]): Promise<void> => {
  await guest.space.run(PYTHON, "-c", SEND, ...frames);
};

/** Pings an address so that connection tracking counts each message as a new connection. */
const FLOOD = `
import socket, struct, sys
link = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
for number in range(int(sys.argv[2])):
    head = struct.pack("!BBHHH", 8, 0, 0, number, 0)
    total = sum(struct.unpack("!4H", head))
    checksum = ~(total + (total >> 16)) & 0xffff
    link.sendto(struct.pack("!BBHHH", 8, 0, checksum, number, 0), (sys.argv[1], 0))
`;

/**
 * Sends only the first fragments of packets. They look like packets that a VM can send without an address: a DHCP
 * request, and duplicate address detection.
 */
const FRAGMENTS = `
import socket, struct, sys
source, target, own, host, mac, count = sys.argv[1:]
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(("eth0", 0))
isSix = ":" in source
family = socket.AF_INET6 if isSix else socket.AF_INET
addresses = socket.inet_pton(family, source) + socket.inet_pton(family, target)
ether = bytes.fromhex((host + mac).replace(":", "")) + (b"\\x86\\xdd" if isSix else b"\\x08\\0")
for number in range(int(count)):
    if isSix:
        head = struct.pack("!IHBB", 6 << 28, 1408, 44, 64) + addresses + struct.pack("!BBHI", 58, 0, 1, number)
        text = b"\\x87" + bytes(7) + socket.inet_pton(family, own) + b"x" * 1376
    else:
        head = struct.pack("!BBHHHBBH", 0x45, 0, 1420, number, 0x2000, 64, 17, 0) + addresses
        total = sum(struct.unpack("!10H", head))
        total = (total & 0xffff) + (total >> 16)
        total = (total & 0xffff) + (total >> 16)
        head = head[:10] + struct.pack("!H", ~total & 0xffff) + head[12:]
        text = struct.pack("!HH", 68, 67) + b"x" * 1396
    link.send(ether + head + text)
`;

export const floodFragments = async (
  { space, mac, address6 }: Guest,
  source: string,
  target: string,
  { bridgeMac }: Lab,
): Promise<void> => {
  await space.run(PYTHON, "-c", FRAGMENTS, source, target, address6, bridgeMac, mac, "5000");
};

export const flood = async (guest: Guest, address: string, connections: number): Promise<void> => {
  await guest.space.run(PYTHON, "-c", FLOOD, address, String(connections));
};

/** Sends 1 MB to a server, and succeeds if it arrives in time. */
export const upload = (address: string, seconds: number): string =>
  `${PYTHON} ${program("serve.py")} send ${address} 80 ${String(seconds)}`;

const openBeyond = async (beyond: Namespace, folder: string): Promise<void> => {
  const addresses = [`${LAN}/24`, `${LISTED}/24`, `${METADATA}/32`, ...Object.values(NAMED).map((one) => `${one}/24`)];
  const addresses6 = [BEYOND6, LISTED6, NAMED6, DNS6, LAN6].map((address) => `${address}/64`);
  const records = [
    `host-record=listed.example,${NAMED.listed},${NAMED6},300`,
    `host-record=other.example,${NAMED.other},300`,
    `host-record=unlisted.example,${NAMED.unlisted},300`,
  ];
  const dnsmasq = ["no-resolv", "no-hosts", "no-daemon", "bind-dynamic", "interface=lan", "user=root"];
  writeFileSync(join(folder, "dnsmasq.conf"), [...dnsmasq, ...records, ""].join("\n"));
  await beyond.script(`
    ${[...addresses, `${DNS}/24`, `${FOREIGN_DNS}/24`].map((address) => `ip addr add ${address} dev lan`).join("\n")}
    ${addresses6.map((address) => `ip addr add ${address} dev lan nodad`).join("\n")}
    ip route add 192.168.83.0/24 via ${HOST_BEYOND}
    ip route add 10.9.0.0/24 via ${HOST_BEYOND}
    ip route add fd00::/16 via ${HOST_BEYOND6}
    mount -t tmpfs tmpfs /run
  `);
  await beyond.serve([":53"], join(folder, "dnsmasq.log"), "dnsmasq", `--conf-file=${join(folder, "dnsmasq.conf")}`);
  await beyond.serve([":80", ":81"], join(folder, "beyond.log"), PYTHON, program("serve.py"), "80", "81");
};

const openNeighbor = async (host: Namespace, neighbor: Namespace, folder: string): Promise<void> => {
  await connect(host, PORT, neighbor, "eth0");
  await neighbor.script(`
    ip link set eth0 up
    ip addr add ${NEIGHBOR}/24 dev eth0
    ip addr add ${NEIGHBOR6}/64 dev eth0 nodad
    ip route add default via ${HOST_BESIDE}
    ip route add default via ${HOST_BESIDE6}
  `);
  await neighbor.serve([":80", ":81"], join(folder, "neighbor.log"), PYTHON, program("serve.py"), "80", "81");
};

/** The tap of a VM, and the network on its kernel command line. */
interface Wire extends Pick<Guest, "tap" | "mac" | "gateway" | "gateway6"> {
  /** Addresses with prefix lengths. */
  readonly addresses: readonly [string, string];
}

const wireOf = (name: string, { interfaces: [link], kernelParams }: Runner): Wire => {
  const [said] = Object.values(networksOf(kernelParams));
  if (link === undefined || said === undefined) throw new Error(`${name} has no tap.`);
  const ofFamily = (key: string, isSix: boolean): string =>
    said[key]?.find((value) => value.includes(":") === isSix) ?? "";
  return {
    tap: link.id,
    mac: link.mac,
    addresses: [ofFamily("Network.Address", false), ofFamily("Network.Address", true)],
    gateway: ofFamily("Route.Gateway", false),
    gateway6: ofFamily("Route.Gateway", true),
  };
};

/** Running VMs that were removed from the configuration: one on the bridge, and one with a route. */
const gone: Readonly<Record<"bridged" | "routed", Wire & { readonly onHost: string }>> = {
  bridged: {
    tap: "microvm90",
    mac: "02:00:00:00:00:5b",
    addresses: ["192.168.83.90/24", "fd00:83::90/64"],
    gateway: "192.168.83.1",
    gateway6: "fd00:83::1",
    onHost: "ip link set microvm90 master microbr",
  },
  routed: {
    tap: "microvm91",
    mac: "02:00:00:00:00:5c",
    addresses: ["10.9.0.91/32", "fd00:9::91/128"],
    gateway: "10.9.0.1",
    gateway6: "fd00:9::1",
    onHost: `
      ip addr add 10.9.0.1/32 dev microvm91; ip addr add fd00:9::1/128 dev microvm91 nodad
      ip link set microvm91 up
      ip route add 10.9.0.91 dev microvm91; ip route add fd00:9::91 dev microvm91`,
  },
};

const openGuest = async (
  host: Namespace,
  name: string,
  number: number,
  { tap, mac, addresses: [address, address6], gateway, gateway6 }: Wire,
  folder: string,
): Promise<Guest> => {
  const space = await openNamespace();
  await connect(host, tap, space, "eth0");
  await space.script(`
    ip link set eth0 address ${mac}
    ip link set eth0 up
    ip addr add ${address} dev eth0
    ip addr add ${address6} dev eth0 nodad
    ip route add default via ${gateway} dev eth0 onlink
    ip route add default via ${gateway6} dev eth0 onlink
    echo "nameserver ${DNS}" >${join(folder, name)}
    mount --bind ${join(folder, name)} /etc/resolv.conf
  `);
  await host.script(`ip link set ${tap} up`);
  await space.serve([":80", ":81"], join(folder, `${name}.log`), PYTHON, program("serve.py"), "80", "81");
  return {
    name,
    number,
    space,
    tap,
    isBridged: !address.endsWith("/32"),
    mac,
    address: address.replace(/\/.*/, ""),
    address6: address6.replace(/\/.*/, ""),
    local: linkLocalOf(mac),
    gateway,
    gateway6,
    frames: await listen(space, join(folder, `${name}.frames`), "eth0"),
  };
};

/**
 * @param isOnRig true to evaluate the modules of NixOS, with its firewall
 * @throws Error with the logs if the lab does not start
 */
export const openLab = async (config: Config, isOnRig = false): Promise<Lab> => {
  const evaluated = await evaluateHost(emitFlake(config), "lab", isOnRig);
  const { policy } = evaluated;
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "resolv"));
  writeFileSync(join(folder, "resolver.py"), readLibrary()["resolver/resolver.py"]);
  const [network, neighbor] = await Promise.all([openHostNetwork(evaluated, folder), openNamespace()]);
  const { host, beyond } = network;
  const guests: Record<string, Guest> = {};
  const strangers: Record<string, Guest> = {};
  const close = async (): Promise<void> => {
    const spaces = [guests, strangers].flatMap((each) => Object.values(each)).map(({ space }) => space);
    await Promise.all([...spaces.map((space) => space.close()), network.close(), neighbor.close()]);
  };
  const resolverPid = join(folder, "resolver.pid");
  const load = async (rules: string): Promise<void> => {
    // If a limit refills during a test, the result depends on the speed of the machine.
    const rates = /rate over \d+ kbytes\/second/g;
    writeFileSync(
      join(folder, "policy.nft"),
      rules.replaceAll(rates, "rate over 1 kbytes/day").replace("timeout 10s", "timeout 1d"),
    );
    // With the privileges of its service.
    await host.script(`
      setpriv --no-new-privs --bounding-set=-all,+net_admin nft -f ${join(folder, "policy.nft")}
      if [ -e ${resolverPid} ]; then kill -HUP "$(cat ${resolverPid})"; fi`);
  };
  try {
    await openBeyond(beyond, folder);
    await openNeighbor(host, neighbor, folder);
    await host.script(`
      ip addr add ${HOST_IN_LAN}/24 dev up0
      ip addr add ${HOST_BEYOND6}/64 dev up0 nodad
      ip route add ${METADATA} via ${BEYOND}
      ip route add fd99::/64 dev up0
      echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
    `);
    await poll("the bridge", 100, async () => ((await succeeds(host, "ip link show microbr")) ? true : undefined));
    await host.script(`
      ip link add ${FOREIGN} type bridge
      ip link set ${FOREIGN} up
      echo 0 >/proc/sys/net/ipv6/conf/microbr/suppress_frag_ndisc
    `);
    for (const command of policy.bridges)
      await host.script(command.replace(/^-/, "").replaceAll(/\/[^\s"]*\/store\/[^\s/]+\/bin\//g, ""));
    await load(policy.rules);
    await host.run("nft", COUNT_QUESTIONS);
    if (policy.resolver !== null) {
      writeFileSync(
        join(folder, "resolver.json"),
        JSON.stringify({ ...(JSON.parse(policy.resolver) as object), libnftables: LIBNFTABLES }),
      );
      const resolver = [PYTHON, join(folder, "resolver.py"), join(folder, "resolver.json")].join(" ");
      host.start(join(folder, "resolver.log"), "sh", "-c", `echo $$ >${resolverPid}; exec ${resolver}`);
    }
    await host.serve([":8080", ":8022"], join(folder, "host.log"), PYTHON, program("serve.py"), "8080", "8022");
    await Promise.all(
      Object.entries(evaluated.runners).map(async ([name, runner], number) => {
        guests[name] = await openGuest(host, name, number, wireOf(name, runner), join(folder, "resolv"));
      }),
    );
    for (const [name, wire] of Object.entries(gone)) {
      strangers[name] = await openGuest(host, `gone-${name}`, 90, wire, join(folder, "resolv"));
      await host.script(wire.onHost);
    }
    // VMs know each other's MAC addresses, because ARP has other rules than IP.
    const { tap, mac, gateway: routedGateway } = gone.routed;
    const end = (await host.run("cat", `/sys/class/net/${tap}/address`)).trim();
    await host.script(`ip neigh replace ${strangers["routed"]?.address ?? ""} lladdr ${mac} nud permanent dev ${tap}`);
    await strangers["routed"]?.space.script(`ip neigh replace ${routedGateway} lladdr ${end} nud permanent dev eth0`);
    for (const { name, space, gateway, gateway6 } of Object.values(guests))
      for (const address of [gateway, gateway6])
        await poll(`the way from ${name} to ${address}`, 100, async () =>
          (await succeeds(space, `ping -c 1 -W 1 -q ${address}`)) ? true : undefined,
        );
    await host.script(`
      ${Object.entries(policy.sysctls)
        .filter(([key]) => key.includes("/microbr/"))
        .map(([key, value]) => `echo ${String(value)} >/proc/sys/${key}`)
        .join("\n")}
    `);
    return {
      host,
      beyond,
      neighbor,
      guests,
      gone: strangers,
      policy,
      bridgeMac: (await host.run("cat", "/sys/class/net/microbr/address")).trim(),
      frames: await listen(host, join(folder, "bridge.frames"), "microbr"),
      messages: await listen(host, join(folder, "messages"), "icmp"),
      messages6: await listen(host, join(folder, "messages6"), "icmp6"),
      datagrams: await listen(host, join(folder, "datagrams"), "udp"),
      datagrams6: await listen(host, join(folder, "datagrams6"), "udp6"),
      load,
      folder,
      close,
    };
  } catch (error) {
    const logs = tails(folder);
    await close();
    throw new Error(`${String(error)}\n${logs}`, { cause: error });
  }
};
