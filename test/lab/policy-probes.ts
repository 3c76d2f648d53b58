/** Probes of VMs, and the expected results with network policies. */
import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { BEYOND, HOST_BEYOND } from "./host-network.js";
import { DNS, DNS6, names, NEIGHBOR, NEIGHBOR6, PUBLISHED } from "./policy-config.js";
import {
  BEYOND6,
  countQuestions,
  flood,
  floodFragments,
  FOREIGN,
  FOREIGN_DNS,
  type Guest,
  HOST_BEYOND6,
  HOST_IN_LAN,
  LAN,
  LAN6,
  type Lab,
  LISTED,
  LISTED6,
  type Log,
  makeFrames,
  METADATA,
  NAMED,
  send,
  succeeds,
  upload,
} from "./policy-lab.js";
import { PYTHON } from "./requirements.js";

/** True if the probe of a VM succeeds; null if the probe does not apply, for example to the VM itself. */
export type Probe = (lab: Lab, guest: Guest) => Promise<boolean> | null;

/** Timeout of a probe in seconds. The lab has no delays, but a busy machine is slow. */
const timeLimit = new AsyncLocalStorage<"short" | "long">();
const atOnceS = (): number => (timeLimit.getStore() === "long" ? 5 : 0.4);

// --- Probes by a command in the VM, which succeeds if the destination is reachable ---

const web = (to: string): string => `curl -s -g -m ${String(atOnceS())} -o /dev/null "http://${to}/"`;
const big = (from: string): string => `curl -s -g -m ${String(2 * atOnceS())} -o /dev/null "http://${from}/big"`;
const ping = (to: string, ...more: readonly string[]): string =>
  [`ping -c 1 -W ${String(atOnceS())} -q`, ...more, to].join(" ");
const dig = (name: string, server: string, type: string): string =>
  `dig +short +time=${String(Math.ceil(atOnceS()))} +tries=1 @${server} ${name} ${type} | grep -v '^;' | tail -n 1`;
const byName = (name: string, server: string, type = "A"): string =>
  `address=$(${dig(name, server, type)}); test -n "$address" && ${web(type === "A" ? "$address" : "[$address]")}`;

const inGuest =
  (command: (guest: Guest) => string): Probe =>
  (_, guest) =>
    succeeds(guest.space, command(guest));

/** The VM with a name, unless it runs the probe itself. */
const other = (lab: Lab, name: string, guest: Guest): Guest | null => {
  const found = lab.guests[name];
  if (found === undefined) throw new Error(`There is no VM ${name}.`);
  return found === guest ? null : found;
};
const toGuest =
  (name: string, command: (to: Guest) => string): Probe =>
  (lab, guest) => {
    const to = other(lab, name, guest);
    return to === null ? null : succeeds(guest.space, command(to));
  };
const bridged =
  (probe: Probe): Probe =>
  (lab, guest) =>
    guest.isBridged ? probe(lab, guest) : null;

/** An address in the network of a VM that no machine has. */
const unusedIn = ({ address, number }: Guest): string => address.replace(/\.\d+$/, `.${String(77 + number)}`);
const unusedIn6 = ({ gateway6, number }: Guest): string => gateway6.replace(/::1$/, `::${String(77 + number)}`);

/** An address that only one probe of the VM adds to the host. */
const hostsNew6 = ({ gateway6, number }: Guest): string => gateway6.replace(/::1$/, `::ad:${String(number + 1)}`);

/** Sends 4,000 datagrams to the resolver of a host. */
const FLOOD = `
import socket, sys
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(4000):
    udp.sendto(b"", (sys.argv[1], 5380))
`;

// --- Probes by unusual frames and their effects ---

const quote = (text: string): string => JSON.stringify(text);
const ether = (source: string, to: string): string => `Ether(src=${quote(source)}, dst=${quote(to)})`;
const EVERYBODY = "ff:ff:ff:ff:ff:ff";

/** The VM that a VM impersonates. Each VM is impersonated by one other. */
const victimOf = ({ guests }: Lab, guest: Guest): Guest => {
  const ring = names.flatMap((name) => guests[name] ?? []).filter(({ isBridged }) => isBridged);
  const victim = ring[(ring.indexOf(guest) + 1) % ring.length];
  if (victim === undefined) throw new Error("There is no VM on a bridge.");
  return victim;
};

interface Frame {
  /** The frame as a scapy expression. */
  readonly make: (guest: Guest, lab: Lab) => string;
  /** A text that only the frame of this VM contains. */
  readonly mark: (guest: Guest) => string;
}

const textMark =
  (text: string): Frame["mark"] =>
  ({ number }) =>
    `lab ${text} ${String(number)}`;
const raw = (mark: string): string => `Raw(${quote(mark)})`;
/** Eight hexadecimal digits as two IPv6 groups. */
const prefixOf = ({ number }: Guest): string => `2001:db8:fffe:${(number + 1).toString(16)}`;

const datagram = (text: string, addresses: (guest: Guest, lab: Lab) => string): Frame => ({
  make: (guest, lab) =>
    `${ether(guest.mac, EVERYBODY)}/${addresses(guest, lab)}/UDP(sport=9, dport=9)/${raw(textMark(text)(guest))}`,
  mark: textMark(text),
});

/** A frame with an additional header after the link header. */
const behind = (between: string, { make, mark }: Frame): Frame => ({
  make: (guest, lab) => make(guest, lab).replace(/^(Ether\([^)]*\))\//, `$1/${between}/`),
  mark,
});
/** One fragment of an IPv6 frame. Each fragment contains eight bytes of the message. */
const fragment = (position: number, { make, mark }: Frame): Frame => ({
  make: (guest, lab) =>
    make(guest, lab).replace(
      /^(Ether\([^)]*\))\/(IPv6\([^)]*\))\/(.*)$/,
      `$1/fragment6($2/IPv6ExtHdrFragment(id=${String(guest.number + 1)})/$3, 56)[${String(position)}]`,
    ),
  mark,
});
const FRAGMENTS = [0, 1, 2, 3] as const;

const simpleFrames = {
  broadcast: datagram("broadcast", ({ address }) => `IP(src=${quote(address)}, dst="192.168.83.255")`),
  anothers: datagram(
    "anothers",
    (guest, lab) => `IP(src=${quote(victimOf(lab, guest).address)}, dst="192.168.83.255")`,
  ),
  anothers6: datagram("anothers6", (guest, lab) => `IPv6(src=${quote(victimOf(lab, guest).address6)}, dst="ff02::1")`),
  offer: {
    make: (guest) =>
      `${ether(guest.mac, EVERYBODY)}/IP(src=${quote(guest.address)}, dst="255.255.255.255")/UDP(sport=67, dport=68)/BOOTP(op=2, sname=${quote(textMark("offer")(guest))})/DHCP(options=[("message-type", "offer"), "end"])`,
    mark: textMark("offer"),
  },
  renewal: {
    make: (guest, lab) =>
      `${ether(guest.mac, lab.bridgeMac)}/IP(src=${quote(guest.address)}, dst=${quote(guest.gateway)})/UDP(sport=68, dport=67)/BOOTP(op=1, ciaddr=${quote(guest.address)}, sname=${quote(textMark("renewal")(guest))})/DHCP(options=[("message-type", "request"), "end"])`,
    mark: textMark("renewal"),
  },
  router: {
    make: (guest) =>
      `${ether(guest.mac, "33:33:00:00:00:01")}/IPv6(src=${quote(guest.local)}, dst="ff02::1", hlim=255)/ICMPv6ND_RA(routerlifetime=0)/ICMPv6NDOptPrefixInfo(prefix=${quote(`${prefixOf(guest)}::`)})`,
    mark: (guest) => prefixOf(guest),
  },
  mac: {
    make: (guest, lab) =>
      `${ether(victimOf(lab, guest).mac, EVERYBODY)}/ARP(op=1, hwsrc=${quote(guest.mac)}, psrc=${quote(guest.address)}, pdst=${quote(guest.gateway)})`,
    mark: textMark("mac"),
  },
  // Link-local multicast, which bridges do not forward and rules do not see.
  linkLocal: {
    make: (guest, lab) => `${ether(victimOf(lab, guest).mac, "01:80:c2:00:00:0e")}/${raw(textMark("link")(guest))}`,
    mark: textMark("link"),
  },
  linkLocal3: {
    make: (guest, lab) => `${ether(victimOf(lab, guest).mac, "01:80:c2:00:00:03")}/${raw(textMark("link3")(guest))}`,
    mark: textMark("link3"),
  },
  arp: {
    make: (guest, lab) =>
      `${ether(guest.mac, EVERYBODY)}/ARP(op=1, hwsrc=${quote(guest.mac)}, psrc=${quote(victimOf(lab, guest).address)}, pdst=${quote(guest.gateway)})`,
    mark: textMark("arp"),
  },
  neighbor: {
    make: (guest, lab) =>
      `${ether(guest.mac, lab.bridgeMac)}/IPv6(src=${quote(guest.address6)}, dst=${quote(guest.gateway6)}, hlim=255)/ICMPv6ND_NA(R=0, S=1, O=1, tgt=${quote(victimOf(lab, guest).address6)})/ICMPv6NDOptDstLLAddr(lladdr=${quote(guest.mac)})`,
    mark: textMark("neighbor"),
  },
  duplicate: {
    make: (guest) =>
      `${ether(guest.mac, "33:33:ff:00:00:01")}/IPv6(src="::", dst="ff02::1:ff00:1", hlim=255)/ICMPv6ND_NS(tgt=${quote(guest.address6)})/ICMPv6NDOptUnknown(type=14, data=${quote(`lab d${String(guest.number)}`)})`,
    mark: ({ number }) => `lab d${String(number)}`,
  },
  claim: {
    make: (guest) =>
      `${ether(guest.mac, "33:33:ff:ad:00:01")}/IPv6(src="::", dst="ff02::1:ffad:${hostsNew6(guest).replace(/^.*:/, "")}", hlim=255)/ICMPv6ND_NS(tgt=${quote(hostsNew6(guest))})`,
    mark: textMark("claim"),
  },
  nobodysArp: {
    make: (guest) =>
      `${ether(guest.mac, EVERYBODY)}/ARP(op=1, hwsrc=${quote(guest.mac)}, psrc=${quote(unusedIn(guest))}, pdst=${quote(guest.gateway)})`,
    mark: textMark("nobodysArp"),
  },
  echo: {
    make: (guest) =>
      `${ether(guest.mac, EVERYBODY)}/IP(src=${quote(guest.address)}, dst=${quote(guest.gateway)})/ICMP()/${raw(textMark("echo")(guest))}`,
    mark: textMark("echo"),
  },
  echo6: {
    make: (guest) =>
      `${ether(guest.mac, EVERYBODY)}/IPv6(src=${quote(guest.address6)}, dst=${quote(guest.gateway6)})/ICMPv6EchoRequest(data=${quote(textMark("echo6")(guest))})`,
    mark: textMark("echo6"),
  },
  // A multicast query, which makes the sender the querier (RFC 2236, RFC 2710).
  querier: {
    make: (guest) =>
      `${ether(guest.mac, "01:00:5e:00:00:01")}/IP(src=${quote(guest.address)}, dst="224.0.0.1", ttl=1, proto=2, options=[IPOption_Router_Alert()])/Raw(b"\\x11\\x64\\xee\\x9b\\0\\0\\0\\0")`,
    mark: textMark("querier"),
  },
  querier6: {
    make: (guest) =>
      `${ether(guest.mac, "33:33:00:00:00:01")}/IPv6(src=${quote(guest.local)}, dst="ff02::1", hlim=1)/IPv6ExtHdrHopByHop(options=[RouterAlert()])/ICMPv6MLQuery(mrd=10000)`,
    mark: textMark("querier6"),
  },
  advertise6: {
    make: (guest) =>
      `${ether(guest.mac, "33:33:00:01:00:02")}/IPv6(src=${quote(guest.local)}, dst="ff02::1")/UDP(sport=547, dport=546)/${raw(textMark("advertise6")(guest))}`,
    mark: textMark("advertise6"),
  },
} as const satisfies Readonly<Record<string, Frame>>;
type SimpleName = keyof typeof simpleFrames;

/** VLAN 0, which the host treats as untagged. */
const tags = {
  Q: "Dot1Q(vlan=0)",
  Ad: "Dot1AD(vlan=0)",
  QQ: "Dot1Q(vlan=0)/Dot1Q(vlan=0)",
  AdQ: "Dot1AD(vlan=0)/Dot1Q(vlan=0)",
} as const;
const OPTIONS = "IPv6ExtHdrDestOpt(options=[PadN(optdata=b'\\0\\0\\0\\0')])";
const taggedNames = (name: SimpleName): readonly FrameName[] =>
  Object.keys(tags).map((tag) => `${name}${tag as keyof typeof tags}` as const);

const fragmentName = (position: number) => `fragment${position}` as const;

type FrameName = SimpleName | `${SimpleName}${keyof typeof tags}` | ReturnType<typeof fragmentName> | "neighborOptions";
const frames: Readonly<Record<string, Frame>> = {
  ...simpleFrames,
  ...Object.fromEntries(
    Object.entries<Frame>(simpleFrames).flatMap(([name, frame]) =>
      Object.entries(tags).map(([tag, between]) => [`${name}${tag}`, behind(between, frame)]),
    ),
  ),
  ...Object.fromEntries(
    FRAGMENTS.map((position) => [fragmentName(position), fragment(position, simpleFrames.neighbor)]),
  ),
  neighborOptions: {
    ...simpleFrames.neighbor,
    make: (guest, lab) => simpleFrames.neighbor.make(guest, lab).replace("/ICMPv6ND_NA", `/${OPTIONS}/ICMPv6ND_NA`),
  },
};

const made = new WeakMap<Lab, Readonly<Record<string, string>>>();

/** The frame of a VM in hexadecimal. All frames of a lab are created together, because scapy starts slowly. */
const frameOf = (lab: Lab, guest: Guest, name: FrameName): string => {
  const expressions = (): Readonly<Record<string, string>> =>
    Object.fromEntries(
      Object.values(lab.guests).flatMap((each) =>
        Object.entries(frames).map(([frame, { make }]) => [`${each.name} ${frame}`, make(each, lab)] as const),
      ),
    );
  const all = made.get(lab) ?? makeFrames(expressions());
  made.set(lab, all);
  const frame = all[`${guest.name} ${name}`];
  if (frame === undefined) throw new Error(`No frame ${name} of ${guest.name}.`);
  return frame;
};

const bytesOf = (mark: string): string =>
  mark.startsWith("lab ")
    ? Buffer.from(mark).toString("hex")
    : mark
        .split(":")
        .map((group) => group.padStart(4, "0"))
        .join("");

const sendAll = (lab: Lab, guest: Guest, names: readonly FrameName[]): Promise<void> =>
  send(guest, ...names.map((name) => frameOf(lab, guest, name)));

/** Sends frames with one mark, and succeeds if one is received. */
const heard =
  (names: FrameName | readonly FrameName[], log: (lab: Lab, guest: Guest) => Log | null): Probe =>
  (lab, guest) => {
    const listener = log(lab, guest);
    const [name, ...others] = [names].flat();
    const frame = name === undefined ? undefined : frames[name];
    return listener === null || name === undefined || frame === undefined
      ? null
      : heardBy(listener, bytesOf(frame.mark(guest)), () => sendAll(lab, guest, [name, ...others]));
  };
/** Adds an address to the host, and succeeds if the VM makes the host believe that it has the address (RFC 4862). */
const claimed: Probe = async (lab, guest) => {
  const is = async (flag: string): Promise<boolean> =>
    (await lab.host.script(`ip -6 addr show dev microbr ${flag} to ${hostsNew6(guest)}`)) !== "";
  await lab.host.script(`ip -6 addr add ${hostsNew6(guest)}/128 dev microbr`);
  while ((await is("tentative")) && !(await is("dadfailed"))) await sendAll(lab, guest, ["claim"]);
  const isGivenUp = await is("dadfailed");
  await lab.host.script(`ip -6 addr del ${hostsNew6(guest)}/128 dev microbr`);
  return isGivenUp;
};
/** Pings the gateway from an address that no VM has. */
const asNobody =
  (family: 4 | 6): Probe =>
  (lab, guest) => {
    const [address, length, gateway, log] =
      family === 4
        ? ([unusedIn(guest), 24, guest.gateway, lab.messages] as const)
        : ([unusedIn6(guest), "64", guest.gateway6, lab.messages6] as const);
    const mark = bytesOf(textMark(`nobody${String(family)}`)(guest));
    return succeeds(guest.space, `ip addr replace ${address}/${String(length)} dev eth0 nodad`).then(() =>
      heardBy(log, mark, () =>
        succeeds(
          guest.space,
          `${ping(gateway, "-I", address, "-p", mark)}; ip addr del ${address}/${String(length)} dev eth0`,
        ),
      ),
    );
  };

/** Pings the host from the external network with the address of a VM. */
const fromBeyond =
  (family: 4 | 6): Probe =>
  ({ beyond, messages, messages6 }, guest) => {
    const [address, host, log] =
      family === 4
        ? ([guest.address, HOST_BEYOND, messages] as const)
        : ([guest.address6, HOST_BEYOND6, messages6] as const);
    const mark = bytesOf(textMark(`beyond${String(family)}`)(guest));
    return heardBy(log, mark, () =>
      succeeds(
        beyond,
        `ip addr add ${address} dev lo; ${ping(host, "-I", address, "-p", mark)}; ip addr del ${address} dev lo`,
      ),
    );
  };

/** True if frames are received after an action. */
const heardBy = async (log: Log, mark: string, act: () => Promise<unknown>): Promise<boolean> => {
  const before = log().length;
  await act();
  return seenAtOnce(() => log().slice(before).includes(mark));
};
/** True if a condition becomes true in time. */
const seenAtOnce = async (isSo: () => boolean | Promise<boolean>): Promise<boolean> => {
  const end = Date.now() + 1000 * atOnceS();
  do {
    if (await isSo()) return true;
    await sleep(50);
  } while (Date.now() < end);
  return isSo();
};
const byGuest =
  (name: string) =>
  (lab: Lab, guest: Guest): Log | null =>
    other(lab, name, guest)?.frames ?? null;

/** Sends frames, and succeeds if the host then uses the sender instead of its victim. */
const taken =
  (names: FrameName | readonly FrameName[], what: (victim: Guest) => string, sign: (guest: Guest) => string): Probe =>
  async (lab, guest) => {
    const victim = victimOf(lab, guest);
    await succeeds(lab.host, `${ping(victim.address)}; ${ping(victim.address6)}`);
    await sendAll(lab, guest, [names].flat());
    const isTaken = await seenAtOnce(async () => (await lab.host.script(what(victim))).includes(sign(guest)));
    await lab.host.script(
      `ip neigh flush to ${victim.address} dev microbr; ip -6 neigh flush to ${victim.address6} dev microbr`,
    );
    await succeeds(victim.space, ping(victim.gateway));
    return isTaken;
  };

/** Sends a multicast query to a bridge, and succeeds if the bridge then sends all multicast to the sender. */
const asksFor =
  (name: FrameName): Probe =>
  async (lab, guest) => {
    await sendAll(lab, guest, [name]);
    return seenAtOnce(async () =>
      (await lab.host.script("bridge -d mdb show dev microbr"))
        .split("\n")
        .some((line) => line.startsWith("router ports") && line.split(/\s+/).includes(guest.tap)),
    );
  };

/** Runs a probe, and succeeds if the host recorded the refused packet. */
const noted =
  (command: (guest: Guest) => string, family: "4" | "6", element: (guest: Guest) => string): Probe =>
  async ({ host }, guest) => {
    await succeeds(guest.space, command(guest));
    return succeeds(host, `nft list set inet microvm refused${family} | grep -q "${element(guest)} "`);
  };

/** Opens a port of an address for the VM, as `microvm-emit allow` does, while a command runs in the VM. */
const granted =
  (family: "4" | "6", to: string, command: () => string): Probe =>
  async ({ host }, guest) => {
    const own = family === "4" ? guest.address : guest.address6;
    const change = (verb: string): Promise<boolean> =>
      succeeds(host, `nft ${verb} element inet microvm granted${family} '{ ${own} . ${to} . tcp . 81 }'`);
    await change("add");
    const reached = await succeeds(guest.space, command());
    await change("delete");
    return reached;
  };

/** Opens more connections to one server than a VM can have of new servers at once. */
const CONNECTIONS = 120;
const CONNECT = `
import socket, sys
for _ in range(${String(CONNECTIONS)}):
    socket.create_connection((sys.argv[1], 80), 5).close()
`;
const counted =
  (family: "4" | "6", to: string): Probe =>
  async ({ host }, guest) => {
    await succeeds(guest.space, `timeout 60 ${PYTHON} -c '${CONNECT}' ${to}`);
    const own = family === "4" ? guest.address : guest.address6;
    const list = await host.run("sh", "-c", `nft list set inet microvm admitted${family} || true`);
    const [, packets] = new RegExp(`${own} \\. ${to} \\. tcp \\. 80 counter packets (\\d+) `).exec(list) ?? [];
    return Number(packets) >= CONNECTIONS;
  };

/** Runs a probe in the removed VMs. The results are in the columns `none` and `routed`. */
const goneOf = ({ gone }: Lab, name: string): Guest | undefined =>
  ({ none: gone["bridged"], routed: gone["routed"] })[name];
const byGone =
  (command: (guest: Guest) => string): Probe =>
  (lab, { name }) => {
    const guest = goneOf(lab, name);
    return guest === undefined ? null : succeeds(guest.space, command(guest));
  };

/** Runs a probe in the VM in the LAN of a bridge port. The result is in the column `open`. */
const byVisitor =
  (probe: (lab: Lab, visitor: Guest) => Promise<boolean>): Probe =>
  (lab, { name }) => {
    const { visitor } = lab.guests;
    if (visitor === undefined) throw new Error("There is no VM in the LAN.");
    return name === "open" ? probe(lab, visitor) : null;
  };

/** Runs a probe in the VM for limits. The result is in the column `internet`. */
const byLimited =
  (probe: (lab: Lab, limited: Guest) => Promise<boolean>): Probe =>
  (lab, { name }) => {
    const { limited } = lab.guests;
    if (limited === undefined) throw new Error("There is no VM with limits.");
    return name === "internet" ? probe(lab, limited) : null;
  };

/** The number of misplaced taps, and the last signal to networkd. */
const misplacedTaps = new WeakMap<Lab, { count: number; signal: Promise<unknown> }>();

/** Runs a probe while a tap is outside its bridge, with networkd paused, which would attach the tap again. */
const misplaced =
  (place: "nomaster" | `master ${string}`, probe: Probe): Probe =>
  (lab, guest) => {
    if (!guest.isBridged) return null;
    const taps = misplacedTaps.get(lab) ?? { count: 0, signal: Promise.resolve() };
    misplacedTaps.set(lab, taps);
    // Probes of several VMs overlap, so each signal waits for the one before.
    const signal = async (name: "STOP" | "CONT"): Promise<void> => {
      taps.signal = taps.signal.then(() => lab.host.script(`kill -${name} $(pidof systemd-networkd)`));
      await taps.signal;
    };
    const move = (to: string): Promise<string> => lab.host.script(`ip link set ${guest.tap} ${to}`);
    return (async () => {
      taps.count += 1;
      if (taps.count === 1) await signal("STOP");
      else await taps.signal;
      await move(place);
      const isReached = await probe(lab, guest);
      await move("master microbr");
      taps.count -= 1;
      if (taps.count === 0) await signal("CONT");
      return isReached === true;
    })();
  };

/** The connection limit of a VM. */
const connectionsIn = ({ policy }: Lab): number => {
  const [, most] = /ct count over (\d+)/.exec(policy.rules) ?? [];
  if (most === undefined) throw new Error("There is no limit of connections.");
  return Number(most);
};

const forgetConnections = ({ host }: Lab, { address }: Guest): Promise<string> =>
  host.script(`conntrack -D -s ${address} 2>&1 || true`);

const connectTooOften = async (lab: Lab, guest: Guest): Promise<void> => {
  await forgetConnections(lab, guest);
  await flood(guest, guest.gateway, connectionsIn(lab) + 100);
};

const hexOf = (address: string): string =>
  address
    .split(".")
    .map((byte) => Number(byte).toString(16).padStart(2, "0"))
    .join("");

/** Asks for the MAC address of the gateway, and succeeds if it gets an answer. */
const answeredByArp: Probe = (_, guest) => {
  const answer = hexOf(guest.gateway) + guest.mac.replaceAll(":", "") + hexOf(guest.address);
  return heardBy(guest.frames, answer, () =>
    succeeds(guest.space, `busybox arping -c 1 -w 1 -I eth0 ${guest.gateway}`),
  );
};

/** The host pings a VM over its tap, with a route. */
const pingedByTap: Probe = ({ host }, guest) => {
  const mark = bytesOf(textMark("tap")(guest));
  const on = `to ${guest.address} dev ${guest.tap}`;
  return heardBy(guest.frames, mark, () =>
    succeeds(
      host,
      `ip neigh replace ${on} lladdr ${guest.mac}; ip route add ${guest.address} dev ${guest.tap}
      ${ping(guest.address, "-I", guest.gateway, "-p", mark)}
      ip route del ${guest.address} dev ${guest.tap}; ip neigh del ${on}`,
    ),
  );
};

export interface Row {
  readonly what: string;
  readonly probe: Probe;
  /** Expected results in the order of `names`: `y` succeeds, `-` fails, `.` does not apply. */
  readonly expected: string;
}

const row = (what: string, expected: string, probe: Probe): Row => ({ what, probe, expected });

/** In the order of `names`: internet, reaching, list, other, none, open, routed. */
export const rows: readonly Row[] = [
  row(
    "gateway: ping",
    "y y y y y y y",
    inGuest(({ gateway }) => `ip neigh flush dev eth0; ${ping(gateway)}`),
  ),
  row(
    "gateway: ping by IPv6",
    "y y y y y y y",
    inGuest(({ gateway6 }) => `ip -6 neigh flush dev eth0; ${ping(gateway6)}`),
  ),
  row(
    "gateway: ping in fragments",
    "y y y y y y y",
    inGuest(({ gateway }) => ping(gateway, "-s 3000")),
  ),
  row(
    "gateway: duplicate address detection by IPv6",
    "y y y y y y y",
    heard("duplicate", ({ messages6 }) => messages6),
  ),
  row("gateway: a claim to its address, by IPv6", "- - - - - y .", bridged(claimed)),
  row(
    "gateway: a lease",
    "y y y y y y .",
    bridged(inGuest(() => "busybox udhcpc -f -q -n -t 1 -T 1 -i eth0 -s /bin/true")),
  ),
  row("gateway: the same lease again", "y y y y y y .", bridged(heard("renewal", ({ datagrams }) => datagrams))),
  row("gateway: from an unassigned address", "- - - - - y -", asNobody(4)),
  row("gateway: from an unassigned IPv6 address", "- - - - - y -", asNobody(6)),
  row(
    "gateway: from an unassigned MAC",
    "- - - - - y -",
    inGuest(
      ({ gateway, gateway6, mac, number }) =>
        `ip link set eth0 address 02:00:00:00:77:0${String(number)}; ${ping(gateway)}; status=$?; ip link set eth0 address ${mac}; ip route replace default via ${gateway} dev eth0 onlink; ip route replace default via ${gateway6} dev eth0 onlink; exit $status`,
    ),
  ),

  row(
    "internet",
    "y y - - - y y",
    inGuest(() => web(BEYOND)),
  ),
  row(
    "internet: by IPv6",
    "y y - - - y y",
    inGuest(() => web(`[${BEYOND6}]`)),
  ),
  row(
    "internet: a download faster than the limit",
    "- . . . . . .",
    byLimited((_, { space }) => succeeds(space, big(BEYOND))),
  ),
  row(
    "internet: a download faster than the limit, by IPv6",
    "- . . . . . .",
    byLimited((_, { space }) => succeeds(space, big(`[${BEYOND6}]`))),
  ),
  row(
    "internet: an upload faster than the limit",
    "- . . . . . .",
    byLimited((_, { space }) => succeeds(space, upload(BEYOND, 2 * atOnceS()))),
  ),
  row(
    "internet: an upload faster than the limit, by IPv6",
    "- . . . . . .",
    byLimited((_, { space }) => succeeds(space, upload(BEYOND6, 2 * atOnceS()))),
  ),
  row(
    "name: listed",
    "y y y - - y y",
    inGuest(() => byName("listed.example", DNS)),
  ),
  row(
    "name: listed, by IPv6",
    "y y y - - y y",
    inGuest(() => byName("listed.example", DNS6, "AAAA")),
  ),
  row(
    "name: listed for another VM",
    "y y - y - y y",
    inGuest(() => byName("other.example", DNS)),
  ),
  row(
    "name: unlisted",
    "y y - - - y y",
    inGuest(() => byName("unlisted.example", DNS)),
  ),
  row("name: an address resolved for another VM", "y y y - - y y", (lab, guest) =>
    (async () => {
      const asking = lab.guests["list"];
      if (asking === undefined) throw new Error("There is no VM with a list.");
      await asking.space.script(dig("listed.example", DNS, "A"));
      return succeeds(guest.space, web(NAMED.listed));
    })(),
  ),
  row(
    "name: from a foreign DNS server",
    "y y - - - y y",
    inGuest(() => `test -n "$(${dig("unlisted.example", FOREIGN_DNS, "A")})"`),
  ),
  row(
    "listed address",
    "y y y - - y y",
    inGuest(() => web(LISTED)),
  ),
  row(
    "listed address: IPv6",
    "y y y - - y y",
    inGuest(() => web(`[${LISTED6}]`)),
  ),
  row(
    "granted address",
    "y y y y y y y",
    granted("4", LISTED, () => web(`${LISTED}:81`)),
  ),
  row(
    "granted address: IPv6",
    "y y y y y y y",
    granted("6", LISTED6, () => web(`[${LISTED6}]:81`)),
  ),

  row(
    "LAN: an allowed port",
    "y - - - - y -",
    inGuest(() => web(`${LAN}:80`)),
  ),
  row(
    "LAN: an allowed port by IPv6",
    "y - - - - y -",
    inGuest(() => web(`[${LAN6}]:80`)),
  ),
  row(
    "LAN: another port",
    "- - - - - y -",
    inGuest(() => web(`${LAN}:81`)),
  ),
  row(
    "LAN: another port by IPv6",
    "- - - - - y -",
    inGuest(() => web(`[${LAN6}]:81`)),
  ),
  row(
    "LAN: ping in fragments",
    "- - - - - y -",
    inGuest(() => ping(LAN, "-s 3000")),
  ),
  row(
    "LAN of a bridge: an allowed port",
    "y - - - - y -",
    inGuest(() => web(`${NEIGHBOR}:80`)),
  ),
  row(
    "LAN of a bridge: another port",
    "- - - - - y -",
    inGuest(() => web(`${NEIGHBOR}:81`)),
  ),
  row(
    "LAN of a bridge: by IPv6",
    "- - - - - y -",
    inGuest(() => web(`[${NEIGHBOR6}]:80`)),
  ),
  row(
    "LAN of a bridge: a VM in it, at an allowed port",
    "y - - - - y -",
    toGuest("visitor", ({ address }) => web(address)),
  ),
  row(
    "LAN of a bridge: a VM in it, by IPv6",
    "- - - - - y -",
    toGuest("visitor", ({ address6 }) => web(`[${address6}]`)),
  ),
  row(
    "LAN of a bridge: from a VM in it",
    ". . . . . y .",
    byVisitor((_, { space }) => succeeds(space, `${web(NEIGHBOR)} && ${web(`[${NEIGHBOR6}]`)}`)),
  ),
  row(
    "LAN of a bridge: a VM in it, from the LAN",
    ". . . . . y .",
    byVisitor(({ neighbor }, { address, address6 }) =>
      succeeds(neighbor, `${web(address)} && ${web(`[${address6}]`)}`),
    ),
  ),
  row(
    "metadata of a cloud",
    "- - - - - y -",
    inGuest(() => web(METADATA)),
  ),

  row(
    "host: a port",
    "- y - - - y -",
    inGuest(({ gateway }) => web(`${gateway}:8080`)),
  ),
  row(
    "host: a port by IPv6",
    "- y - - - y -",
    inGuest(({ gateway6 }) => web(`[${gateway6}]:8080`)),
  ),
  row(
    "host: another port",
    "- - - - - y -",
    inGuest(({ gateway }) => web(`${gateway}:8022`)),
  ),
  row(
    "host: another port by IPv6",
    "- - - - - y -",
    inGuest(({ gateway6 }) => web(`[${gateway6}]:8022`)),
  ),
  row(
    "host: another port at its address in the LAN",
    "- - - - - y -",
    inGuest(() => web(`${HOST_IN_LAN}:8022`)),
  ),
  row("host: an offer of DHCP", "- - - - - y .", bridged(heard("offer", (lab) => lab.frames))),
  row(
    "host: an advertisement of DHCPv6",
    "- - - - - y -",
    heard("advertise6", ({ datagrams6 }) => datagrams6),
  ),
  row(
    "host: router advertisement",
    "- - - - - y -",
    heard("router", ({ messages6 }) => messages6),
  ),

  row(
    "VM internet",
    ". y - y - - -",
    toGuest("internet", ({ address }) => web(address)),
  ),
  row(
    "VM internet: ping",
    ". y - - - - -",
    toGuest("internet", ({ address }) => ping(address)),
  ),
  row(
    "VM internet: another port",
    ". y - - - - -",
    toGuest("internet", ({ address }) => web(`${address}:81`)),
  ),
  row(
    "VM internet: by IPv6",
    ". - - - - - -",
    toGuest("internet", ({ address6 }) => web(`[${address6}]`)),
  ),
  row(
    "VM internet: by its link-local address",
    ". - - - - - .",
    bridged(toGuest("internet", ({ local }) => web(`[${local}%25eth0]`))),
  ),
  row("VM internet: a frame", ". - - - - - .", bridged(heard("broadcast", byGuest("internet")))),
  row("VM internet: an offer of DHCP", ". - - - - - .", bridged(heard("offer", byGuest("internet")))),
  row("VM internet: router advertisement", ". - - - - - .", bridged(heard("router", byGuest("internet")))),
  row(
    "VM none",
    "- - - - . - -",
    toGuest("none", ({ address }) => web(address)),
  ),
  row(
    "VM none: through the gateway in both directions",
    "- - - - . - .",
    bridged((lab, guest) => {
      const to = other(lab, "none", guest);
      if (to === null) return null;
      return (async () => {
        await to.space.script(`ip route replace ${guest.address}/32 via ${to.gateway}`);
        const there = `ip route replace ${to.address}/32 via ${guest.gateway}`;
        return succeeds(
          guest.space,
          `${there}; ${web(to.address)}; status=$?; ip route flush ${to.address}/32; exit $status`,
        );
      })();
    }),
  ),
  row(
    "VM open",
    "- - - - - . -",
    toGuest("open", ({ address }) => web(address)),
  ),
  row("VM open: a frame", "- - - - - . .", bridged(heard("broadcast", byGuest("open")))),
  row(
    "VM routed",
    "- - - - - - .",
    toGuest("routed", ({ address }) => web(address)),
  ),

  row("reached from the host", "y y y y y y y", ({ host }, { address }) => succeeds(host, web(address))),
  row("reached from the host: by IPv6", "y y y y y y y", ({ host }, { address6 }) =>
    succeeds(host, web(`[${address6}]`)),
  ),
  row("reached from beyond", "- - - - - y -", ({ beyond }, { address }) => succeeds(beyond, web(address))),
  row("reached from beyond: by IPv6", "- - - - - y -", ({ beyond }, { address6 }) =>
    succeeds(beyond, web(`[${address6}]`)),
  ),
  row("reached from the LAN of a bridge", "- - - - - y -", ({ neighbor }, { address }) =>
    succeeds(neighbor, web(address)),
  ),
  row("reached from a VM in the LAN of a bridge", "- - - - - y -", ({ guests }, { address }) =>
    guests["visitor"] === undefined ? null : succeeds(guests["visitor"].space, web(address)),
  ),
  row("reached from beyond: at a published port", ". . . . y . .", ({ beyond }, { name }) =>
    name === "none" ? succeeds(beyond, web(`${HOST_BEYOND}:${String(PUBLISHED)}`)) : null,
  ),

  row(
    "impersonation: by MAC",
    "- - - - - - .",
    bridged(
      taken(
        "mac",
        ({ mac }) => `bridge fdb show br microbr | grep ${mac} || true`,
        ({ tap }) => `dev ${tap} `,
      ),
    ),
  ),
  ...(["linkLocal", "linkLocal3"] as const).map((name) =>
    row(
      `impersonation: by a frame to the bridge's own addresses${name === "linkLocal" ? "" : ", a second one"}`,
      "- - - - - - .",
      bridged(
        taken(
          name,
          ({ mac }) => `bridge fdb show br microbr | grep ${mac} || true`,
          ({ tap }) => `dev ${tap} `,
        ),
      ),
    ),
  ),
  row(
    "impersonation: by ARP",
    "- - - - - - .",
    bridged(
      taken(
        "arp",
        ({ address }) => `ip neigh show ${address}`,
        ({ mac }) => mac,
      ),
    ),
  ),
  row(
    "impersonation: by IPv6",
    "- - - - - - .",
    bridged(
      taken(
        "neighbor",
        ({ address6 }) => `ip -6 neigh show ${address6}`,
        ({ mac }) => mac,
      ),
    ),
  ),
  row(
    "impersonation: by IPv6, after extension headers",
    "- - - - - - .",
    bridged(
      taken(
        "neighborOptions",
        ({ address6 }) => `ip -6 neigh show ${address6}`,
        ({ mac }) => mac,
      ),
    ),
  ),
  row(
    "always refused: impersonation by IPv6 in fragments",
    "- - - - - - .",
    bridged(
      taken(
        FRAGMENTS.map(fragmentName),
        ({ address6 }) => `ip -6 neigh show ${address6}`,
        ({ mac }) => mac,
      ),
    ),
  ),
  row(
    "always refused: impersonation by ARP with a VLAN tag",
    "- - - - - - .",
    bridged(
      taken(
        taggedNames("arp"),
        ({ address }) => `ip neigh show ${address}`,
        ({ mac }) => mac,
      ),
    ),
  ),
  row(
    "always refused: impersonation by IPv6 with a VLAN tag",
    "- - - - - - .",
    bridged(
      taken(
        taggedNames("neighbor"),
        ({ address6 }) => `ip -6 neigh show ${address6}`,
        ({ mac }) => mac,
      ),
    ),
  ),
  row(
    "always refused: a ping with a VLAN tag",
    "- - - - - - .",
    bridged(heard(taggedNames("echo"), ({ messages }) => messages)),
  ),
  row(
    "always refused: a ping by IPv6 with a VLAN tag",
    "- - - - - - .",
    bridged(heard(taggedNames("echo6"), ({ messages6 }) => messages6)),
  ),
  row(
    "always refused: duplicate address detection with a VLAN tag",
    "- - - - - - .",
    bridged(heard(taggedNames("duplicate"), ({ messages6 }) => messages6)),
  ),
  row(
    "always refused: router advertisement with a VLAN tag",
    "- - - - - - .",
    bridged(heard(taggedNames("router"), ({ messages6 }) => messages6)),
  ),
  row(
    "always refused: an offer of DHCP with a VLAN tag",
    "- - - - - - .",
    bridged(heard(taggedNames("offer"), (lab) => lab.frames)),
  ),
  row(
    "always refused: an advertisement of DHCPv6 with a VLAN tag",
    "- - - - - - .",
    bridged(heard(taggedNames("advertise6"), ({ datagrams6 }) => datagrams6)),
  ),
  row(
    "always refused: from the address of another VM with a VLAN tag",
    "- - - - - - .",
    bridged(heard(taggedNames("anothers"), (lab) => lab.frames)),
  ),
  row(
    "always refused: from the IPv6 address of another VM with a VLAN tag",
    "- - - - - - .",
    bridged(heard(taggedNames("anothers6"), (lab) => lab.frames)),
  ),
  row("always refused: a multicast query as the bridge's querier", "- - - - - - .", bridged(asksFor("querier"))),
  row(
    "always refused: a multicast query as the bridge's querier, by IPv6",
    "- - - - - - .",
    bridged(asksFor("querier6")),
  ),
  row("gateway: from an unassigned address, in ARP", "- - - - - y -", async (lab, guest) => {
    const entry = `to ${unusedIn(guest)} dev ${guest.isBridged ? "microbr" : guest.tap}`;
    await lab.host.script(`ip neigh flush ${entry}`);
    await sendAll(lab, guest, ["nobodysArp"]);
    return seenAtOnce(async () => (await lab.host.script(`ip neigh show ${entry}`)).includes(guest.mac));
  }),
  row("from beyond, with its address", "- - - - - y -", fromBeyond(4)),
  row("from beyond, with its IPv6 address", "- - - - - y -", fromBeyond(6)),
  row("from the address of another VM", "- - - - - - .", bridged(heard("anothers", (lab) => lab.frames))),
  row("from the IPv6 address of another VM", "- - - - - - .", bridged(heard("anothers6", (lab) => lab.frames))),

  row(
    "refused: the destination is recorded",
    "- - y y y - -",
    noted(
      () => web(`${BEYOND}:81`),
      "4",
      ({ address }) => `${address} . ${BEYOND} . tcp . 81`,
    ),
  ),
  row(
    "refused: the destination is recorded, by IPv6",
    "- - y y y - -",
    noted(
      () => web(`[${BEYOND6}]:81`),
      "6",
      ({ address6 }) => `${address6} . ${BEYOND6} . tcp . 81`,
    ),
  ),

  row("admitted: connections are counted", "y y - - - - y", counted("4", BEYOND)),
  row("admitted: connections are counted, by IPv6", "y y - - - - y", counted("6", BEYOND6)),

  row("host: 4,000 DNS questions at once", "- - - - - y -", async (lab, guest) => {
    const before = await countQuestions(lab, guest);
    await guest.space.run(PYTHON, "-c", FLOOD, guest.gateway);
    return (await countQuestions(lab, guest)) - before > 2000;
  }),

  row(
    "gone VM: internet",
    ". . . . - . -",
    byGone(() => web(BEYOND)),
  ),
  row(
    "gone VM: a port of the host",
    ". . . . - . -",
    byGone(({ gateway }) => web(`${gateway}:8022`)),
  ),
  row("gone VM: an ARP reply", ". . . . - . -", (lab, { name }) => {
    const guest = goneOf(lab, name);
    return guest === undefined ? null : answeredByArp(lab, guest);
  }),

  row(
    "outside of its bridge: a ping",
    "- - - - - - .",
    misplaced(
      "nomaster",
      heard("echo", ({ messages }) => messages),
    ),
  ),
  row(
    "outside of its bridge: a ping by IPv6",
    "- - - - - - .",
    misplaced(
      "nomaster",
      heard("echo6", ({ messages6 }) => messages6),
    ),
  ),
  row(
    "outside of its bridge: router advertisement",
    "- - - - - - .",
    misplaced(
      "nomaster",
      heard("router", ({ messages6 }) => messages6),
    ),
  ),
  row("outside of its bridge: an ARP reply", "- - - - - - .", misplaced("nomaster", answeredByArp)),
  row("outside of its bridge: a ping from the host", "- - - - - - .", misplaced("nomaster", pingedByTap)),
  row(
    "in another bridge: a ping",
    "- - - - - y .",
    misplaced(
      `master ${FOREIGN}`,
      heard("echo", ({ messages }) => messages),
    ),
  ),
  row(
    "in another bridge: a ping by IPv6",
    "- - - - - y .",
    misplaced(
      `master ${FOREIGN}`,
      heard("echo6", ({ messages6 }) => messages6),
    ),
  ),

  ...(["own", "own6", "0.0.0.0", "::"] as const).map((from) => {
    const isSix = from.endsWith("6") || from === "::";
    const isOwn = from.startsWith("own");
    return row(
      `fragments: no room for other VMs${isSix ? ", by IPv6" : ""}${isOwn ? "" : ", from the unspecified address"}`,
      "- . . . . . .",
      byLimited(async (lab, limited) => {
        const { internet } = lab.guests;
        if (internet === undefined) throw new Error("There is no other VM.");
        const gateway = isSix ? limited.gateway6 : limited.gateway;
        const source = isOwn ? (isSix ? limited.address6 : limited.address) : from;
        await floodFragments(limited, source, gateway, lab);
        return !(await succeeds(internet.space, `ping -c 1 -W 20 -q -s 3000 ${gateway}`));
      }),
    );
  }),

  // Last, because it uses up the limit.
  row(
    "host: more connections than a VM may have",
    "- . . . . . .",
    byLimited(async (lab, limited) => {
      const most = connectionsIn(lab);
      await connectTooOften(lab, limited);
      return (await lab.host.script(`conntrack -L -s ${limited.address} 2>&1`)).split("src=").length / 2 > most + 1;
    }),
  ),
  row(
    "host: a ping after these are closed",
    "- . . . . . .",
    byLimited(async (lab, limited) => {
      await connectTooOften(lab, limited);
      await forgetConnections(lab, limited);
      return succeeds(limited.space, ping(limited.gateway));
    }),
  ),
];

/** Time for repetitions of a probe until it has the expected result, because a busy machine is slow. */
const PATIENCE_MS = 120_000;

/**
 * The result of a probe: `y`, `-` or `.`. A probe that should succeed is repeated until it does. A probe that should
 * fail must fail twice in a row, and can succeed at most once.
 */
export const settle = async (probe: Probe, lab: Lab, guest: Guest, wanted: string | undefined): Promise<string> => {
  const end = Date.now() + PATIENCE_MS;
  for (let [reached, failed] = [0, 0]; ;) {
    const tried = timeLimit.run(wanted === "y" ? "long" : "short", () => probe(lab, guest));
    if (tried === null) return ".";
    if (await tried) [reached, failed] = [reached + 1, 0];
    else failed += 1;
    if (reached > (wanted === "y" ? 0 : 1)) return "y";
    if (failed > 1 && (wanted !== "y" || Date.now() > end)) return "-";
  }
};

/** The results of all VMs. They run the probe at the same time. */
export const observe = async (lab: Lab, { probe, expected }: Pick<Row, "probe" | "expected">): Promise<string> => {
  const wanted = expected.split(" ");
  const marks = await Promise.all(
    names.map((name, position) => {
      const guest = lab.guests[name];
      if (guest === undefined) throw new Error(`There is no VM ${name}.`);
      return settle(probe, lab, guest, wanted[position]);
    }),
  );
  return marks.join(" ");
};
