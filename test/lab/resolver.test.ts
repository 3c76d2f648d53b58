/**
 * Tests the resolver with the capability of its service, with addresses of VMs, upstream servers, and nftables rules
 * with its sets.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "microvm-emit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readLibrary } from "../../packages/emit/src/compile/flake/library.generated.js";
import { emitFlake, evaluateHost } from "./evaluated.js";
import { tail } from "./log.js";
import { connect, type Namespace, openNamespace } from "./namespace.js";
import { poll } from "./poll.js";
import { LIBNFTABLES, PYTHON, whatIsMissing } from "./requirements.js";

const missing = whatIsMissing();
if (missing !== undefined) console.error(`NOT TESTED: the resolver: ${missing}.`);

const FIRST = "192.168.83.6";
const FIRST_IPV6 = "fd83::6";
const SECOND = "192.168.83.7";
const THIRD = "192.168.83.8";
const STRANGER = "192.168.83.66";
const GATEWAY = "192.168.83.1";
const UPSTREAM = "203.0.113.53";
const OTHER_UPSTREAM = "203.0.113.54";
const ENDLESS = "203.0.113.55";
/** An address with no server. */
const SILENT = "203.0.113.99";

/** Records of the upstream servers: name, addresses, TTL. */
const RECORDS = [
  "listed.example,203.0.113.1,2001:db8:113::1,300",
  "unlisted.example,203.0.113.2,300",
  "a.wild.example,203.0.113.3,300",
  "b.a.wild.example,203.0.113.3,300",
  "wild.example,203.0.113.3,300",
  "target.cdn.example,203.0.113.4,20",
  "brief.example,203.0.113.5,0",
  "long.example,203.0.113.6,700000",
  "rebind.example,10.0.0.8,300",
  "rebind.example,203.0.113.7,300",
  "rebind6.example,::ffff:10.0.0.8,300",
  "intranet.example,10.0.0.5,300",
  "second.example,203.0.113.8,300",
  // The address of brief.example with a longer TTL.
  "steady.example,203.0.113.5,300",
  "fresh.example,203.0.113.9,300",
];

const https = [["tcp", 443]];
const allow = (name: string, ports: readonly (readonly (string | number)[])[] = https): object => ({ name, ports });
const first = {
  name: "emacsvm",
  upstream: [UPSTREAM],
  allow: [
    allow("Listed.Example", [...https, ["udp", 123]]),
    allow("*.wild.example"),
    ...["alias", "brief", "steady", "fresh", "long", "rebind", "rebind6", "missing", "text", "service", "svcb"].map(
      (name) => allow(`${name}.example`),
    ),
    ...["*.cached.example", "*.end.example"].map((name) => allow(name)),
    allow("intranet.example", [["tcp", 5432]]),
  ],
  addresses: ["10.0.0.5"],
};
const second = {
  name: "gotcpvm",
  upstream: [SILENT, OTHER_UPSTREAM],
  allow: [allow("second.example"), allow("intranet.example", [["tcp", 5432]])],
  addresses: [],
};
/** A VM whose upstream server returns new addresses for each question. */
const third = { name: "manyvm", upstream: [ENDLESS], allow: [allow("*.example")], addresses: [] };
const guests = { [FIRST]: first, [FIRST_IPV6]: first, [SECOND]: second, [THIRD]: third };

/** A config for real rules and resolver settings. */
const emitted: Config = {
  hosts: {
    lab: {
      stateVersion: "25.11",
      modules: ["./configuration.nix"],
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: { br0: { address: "10.7.0.1/24", ipv6: "fd07::1/64" } },
      vms: { a: { network: "allowlist", allow: ["example.org"], nameservers: ["9.9.9.9"] } },
    },
  },
};

const RULES = `
table inet microvm {
  set resolved4 {
    type ipv4_addr . ipv4_addr . inet_proto . inet_service
    flags timeout
  }
  set resolved6 {
    type ipv6_addr . ipv6_addr . inet_proto . inet_service
    flags timeout
  }
  chain dns {
    type nat hook prerouting priority dstnat
    iifname "vms" meta l4proto { tcp, udp } th dport 53 redirect to :5380
  }
  counter to_silent {
  }
  chain output {
    type filter hook output priority filter
    ip daddr ${SILENT} counter name to_silent
  }
  chain forward {
    type filter hook forward priority filter; policy drop
    ct state established,related accept
    ip saddr . ip daddr . meta l4proto . th dport @resolved4 accept
    ip6 saddr . ip6 daddr . meta l4proto . th dport @resolved6 accept
    reject with icmpx admin-prohibited
  }
}
`;

/** The first lines of Python programs in the VM namespace. */
const ASKING = `
import socket, struct
import dns.message, dns.query
GATEWAY = ("${GATEWAY}", 53)
TIMESTAMP = 35  # SO_TIMESTAMPNS of <asm/socket.h>
def bound(address):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((address, 0))
    udp.settimeout(30)
    return udp
def connected(address):
    return socket.create_connection(GATEWAY, 30, (address, 0))
def is_answered(tcp):
    question = wire("unlisted.example", 0)
    try:
        tcp.sendall(struct.pack("!H", len(question)) + question)
        return tcp.recv(1) != b""
    except OSError:
        return False
def wire(name, number, flags=0x100):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", number, flags, 1, 0, 0, 0) + labels + b"\\0" + struct.pack("!2H", 1, 1)
def ask(source, name, rdtype="A"):
    return dns.query.udp(dns.message.make_query(name, rdtype), GATEWAY[0], 30, source=source)
def stamp(udp):
    _, [(_, _, time)], *_ = udp.recvmsg(4096, 256)
    return struct.unpack("qq", time)
`;

/** Answers the question n7.example with 64 addresses from 11.0.7.0. */
const ENDLESS_UPSTREAM = `
import socket
import dns.flags, dns.message, dns.rrset
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("${ENDLESS}", 53))
while True:
    wire, client = server.recvfrom(4096)
    query = dns.message.from_wire(wire)
    name = query.question[0].name
    reply = dns.message.make_response(query)
    number = name.labels[0][1:].decode()
    reply.answer = [dns.rrset.from_text(name, 300, "IN", "A", *[f"11.0.{number}.{last}" for last in range(64)])]
    server.sendto(reply.to_wire(), client)
`;

/** The first and last address of each reserved range. */
const refusedEnds = `
  0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.0 127.255.255.255 168.63.129.16
  169.254.0.0 169.254.169.254 169.254.255.255 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.255 192.88.99.0 192.88.99.255
  192.168.0.0 192.168.255.255 198.18.0.0 198.19.255.255 224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.255
  :: ::1 ::7f00:1 ::ffff:0.0.0.0 ::ffff:10.0.0.1 ::ffff:255.255.255.255 64:ff9b:: 64:ff9b::a00:1 64:ff9b::ffff:ffff
  64:ff9b:1:: 64:ff9b:1:ffff:ffff:ffff:ffff:ffff 100:: 100::ffff:ffff:ffff:ffff 1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
  2001:: 2001:0:ffff:ffff:ffff:ffff:f5ff:fffe 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff 2002:: 2002:a00:1::1
  2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff 4000:: 5f00:: 7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 8000:: fc00::
  fd00:ec2::254 fd20:ce::254 fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff fe80:: febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff
  fec0:: feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ff00:: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff`;
/** The addresses directly before and after these ranges. */
const publicEnds = `
  1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 168.63.129.15 168.63.129.17
  169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.88.98.255 192.88.100.0
  192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255
  2000:: 2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2001:200:: 2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2003::
  3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff`;
const ends = [refusedEnds, publicEnds]
  .flatMap((addresses) => addresses.trim().split(/\s+/))
  .map((address, at) => ({ address, name: `n${String(at)}.end.example`, isSix: address.includes(":") }));
const isRefused = ({ address }: (typeof ends)[number]): boolean => refusedEnds.split(/\s+/).includes(address);

const SERVER = `
import socket
server = socket.create_server(("::", 443), family=socket.AF_INET6, dualstack_ipv6=True)
while True:
    server.accept()[0].close()
`;
const PROBE = `
import socket, sys
socket.create_connection((sys.argv[2], 443), 2, (sys.argv[1], 0)).close()
`;

interface Reply {
  readonly status: string;
  /** The type and value of each record. */
  readonly answer: readonly string[];
  readonly text: string;
}

/** The timeout and remaining seconds of each element of a set. */
type Opened = ReadonlyMap<string, { readonly timeout: number; readonly expires: number }>;

describe.skipIf(missing !== undefined)("the resolver", () => {
  const folder = mkdtempSync(join(tmpdir(), "microvm-emit-resolver-"));
  const file = (name: string): string => join(folder, name);
  const log = (): string => readFileSync(file("resolver.log"), "utf8");
  const spaces: Namespace[] = [];
  let host: Namespace, vms: Namespace, beyond: Namespace, ruled: Namespace;
  let config: { readonly listen: readonly string[]; readonly private: readonly string[]; readonly guests: object };
  let emittedConfig: typeof config;

  /** Asks any address on port 53. The rules redirect all of them. */
  const ask = async (source: string, ...question: readonly string[]): Promise<Reply> => {
    const server = source.includes(":") ? "2001:db8:113::53" : "198.51.100.1";
    const options = ["+tries=3", "+timeout=5", "-b", source, `@${server}`];
    const text = await vms.run("dig", ...options, ...question).catch(String);
    const lines = text.split("\n").filter((line) => /\sIN\s/.test(line) && !line.startsWith(";"));
    return {
      status: /status: (\w+)/.exec(text)?.[1] ?? "none",
      answer: lines.map((line) => line.split(/\s+/).slice(3).join(" ")),
      text,
    };
  };

  const opened = async (set: "resolved4" | "resolved6" = "resolved4"): Promise<Opened> => {
    const listed = JSON.parse(await host.run("nft", "-j", "list", "set", "inet", "microvm", set)) as {
      nftables: { set?: { elem?: { elem: { val: { concat: string[] }; timeout: number; expires: number } }[] } }[];
    };
    const elements = listed.nftables.flatMap((one) => one.set?.elem ?? []);
    return new Map(elements.map(({ elem: { val, ...times } }) => [val.concat.join(" "), times]));
  };

  /** True if a TCP connection from an address of a VM succeeds. */
  const reaches = (source: string, address: string): Promise<boolean> =>
    vms.run("python3", "-c", PROBE, source, address).then(
      () => true,
      () => false,
    );

  const write = (config: object): void => {
    writeFileSync(file("config.json"), JSON.stringify(config));
  };
  /** Runs a Python program in the VM namespace, with a socket and a function to create questions. */
  const runInVms = async (body: string): Promise<string> => {
    writeFileSync(file("program.py"), `${ASKING}\n${body.replaceAll(/^ {6}/gm, "")}`);
    return (await vms.run(PYTHON, file("program.py"))).trim();
  };
  let marks = 0;
  /** The number of transactions of the resolver so far. */
  const countTransactions = async (): Promise<number> => {
    // nft reports transactions in order, so all earlier ones are before the mark.
    const mark = `mark${String((marks += 1))}`;
    const before = await poll("nft monitor", 10, async () => {
      await host.script(`nft add table inet ${mark}; nft delete table inet ${mark}`);
      const [before = "", ...after] = readFileSync(file("nft.log"), "utf8").split(`add table inet ${mark}\n`);
      return after.length > 0 ? before : undefined;
    });
    return before.match(/ by process \d+ \((?!nft\))/g)?.length ?? 0;
  };
  const countAsked = (question: string): number =>
    readFileSync(file("upstream.log"), "utf8").split(` query[${question} from `).length - 1;
  const askedOfSilent = async (): Promise<number> =>
    Number(/packets (\d+)/.exec(await host.run("nft", "list", "counter", "inet", "microvm", "to_silent"))?.[1]);
  const signal = (name: string): Promise<string> => host.script(`kill -${name} $(cat ${file("resolver.pid")})`);
  const reload = (): Promise<string> => signal("HUP");
  const emptySets = (): Promise<string> => host.script(`nft delete table inet microvm; nft -f ${file("rules.nft")}`);

  const startUpstream = async (): Promise<void> => {
    const settings = [
      ...[
        "no-resolv",
        "no-hosts",
        "bind-interfaces",
        "user=root",
        "edns-packet-max=1232",
        "pid-file=/run/dnsmasq.pid",
        "log-queries",
        `log-facility=${file("upstream.log")}`,
      ],
      ...[`listen-address=${UPSTREAM}`, `listen-address=${OTHER_UPSTREAM}`, "local=/example/"],
      ...RECORDS.map((record) => `host-record=${record}`),
      ...ends.map(({ name, address }) => `host-record=${name},${address},300`),
      "local-ttl=300",
      "address=/cached.example/203.0.113.9",
      "cname=alias.example,target.cdn.example,20",
      ...Array.from({ length: 20 }, (_, line) => `txt-record=text.example,"${String(line).padEnd(200, "x")}"`),
      ...Array.from({ length: 4 }, (_, line) => `txt-record=service.example,"${String(line).padEnd(200, "x")}"`),
      "srv-host=service.example,listed.example,443",
      // 1 . ipv4hint=203.0.113.44
      "dns-rr=svcb.example,65,0001000004000 4cb00712c".replaceAll(" ", ""),
    ];
    writeFileSync(file("dnsmasq.conf"), settings.join("\n"));
    await beyond.script(`mount -t tmpfs tmpfs /run; dnsmasq --conf-file=${file("dnsmasq.conf")}`);
  };

  beforeAll(async () => {
    chmodSync(folder, 0o755);
    const spacesOpened = Promise.all([openNamespace(), openNamespace(), openNamespace(), openNamespace()]);
    const { policy } = await evaluateHost(emitFlake(emitted), "lab", false);
    [host, vms, beyond, ruled] = await spacesOpened;
    spaces.push(host, vms, beyond, ruled);
    // The configuration of the service, with the VMs of this lab.
    emittedConfig = JSON.parse(policy.resolver ?? "{}") as typeof config;
    config = { ...emittedConfig, ...{ libnftables: LIBNFTABLES, guests } };
    writeFileSync(file("policy.nft"), policy.rules);
    await ruled.run("nft", "-f", file("policy.nft"));
    await connect(host, "vms", vms, "eth0");
    await connect(host, "out", beyond, "lan");
    writeFileSync(file("rules.nft"), RULES);
    await host.script(`
      ip addr add ${GATEWAY}/24 dev vms; ip addr add fd83::1/64 dev vms nodad; ip link set vms up
      ip addr add 203.0.113.200/24 dev out; ip addr add 2001:db8:113::200/64 dev out nodad; ip link set out up
      echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
      ip route add default via 203.0.113.53
      nft -f ${file("rules.nft")}
    `);
    await vms.script(`
      for address in ${FIRST} ${SECOND} ${THIRD} ${STRANGER}; do ip addr add $address/24 dev eth0; done
      ip addr add ${FIRST_IPV6}/64 dev eth0 nodad; ip link set eth0 up
      ip route add default via ${GATEWAY}; ip route add default via fd83::1
    `);
    await beyond.script(`
      for last in 1 2 3 4 5 6 7 8 9 53 54 55 99; do ip addr add 203.0.113.$last/24 dev lan; done
      ip addr add 2001:db8:113::1/64 dev lan nodad; ip link set lan up
      ip route add 192.168.83.0/24 via 203.0.113.200; ip route add fd83::/64 via 2001:db8:113::200
    `);
    await startUpstream();
    await beyond.serve([":443"], file("server.log"), "python3", "-c", SERVER);
    await beyond.serve([`${ENDLESS}:53`], file("endless.log"), PYTHON, "-c", ENDLESS_UPSTREAM);

    writeFileSync(file("resolver.py"), readLibrary()["resolver/resolver.py"]);
    host.start(file("nft.log"), "nft", "monitor");
    write(config);
    const caps = ["--inh-caps=-all,+net_admin", "--ambient-caps=-all,+net_admin", "--bounding-set=-all,+net_admin"];
    const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", ...caps];
    const start = ["setpriv", ...nobody, PYTHON, file("resolver.py"), file("config.json")].join(" ");
    // The shell is necessary because nsenter stops when its child stops.
    host.start(file("resolver.log"), "sh", "-c", `${start} & echo $! >${file("resolver.pid")}; wait`);
    await poll("the resolver", 100, async () => {
      const { status } = await ask(FIRST, "unlisted.example", "+timeout=1");
      return status === "NXDOMAIN" ? status : undefined;
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${tail(file("resolver.log"), 20)}`);
    });
  });

  afterAll(async () => {
    await Promise.all(spaces.map((space) => space.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  it("gets all settings from the flake", () => {
    expect(emittedConfig).toEqual({
      listen: ["0.0.0.0", "::"],
      port: 5380,
      libnftables: expect.stringMatching(/^\/.*\/lib\/libnftables\.so\.1$/) as string,
      granted: "/run/microvm-policy/granted.json",
      private: config.private,
      guests: expect.any(Object) as object,
    });
  });

  it("opens the ports of an allowed name for the VM until shortly after the TTL", async () => {
    expect(await reaches(FIRST, "203.0.113.1")).toBe(false);
    expect(await ask(FIRST, "listed.example")).toMatchObject({ status: "NOERROR", answer: ["A 203.0.113.1"] });
    const elements = await opened();
    expect(elements.get(`${FIRST} 203.0.113.1 tcp 443`)?.timeout).toBe(330);
    expect(elements.get(`${FIRST} 203.0.113.1 udp 123`)?.timeout).toBe(330);
    expect([...elements.keys()].filter((element) => element.includes("203.0.113.1 "))).toHaveLength(2);
    expect(await reaches(FIRST, "203.0.113.1")).toBe(true);
  });

  it("does not open the name for another VM", async () => {
    await ask(FIRST, "listed.example");
    expect(await ask(SECOND, "listed.example")).toMatchObject({ status: "NXDOMAIN", answer: [] });
    expect([...(await opened()).keys()].filter((element) => element.startsWith(`${SECOND} 203.0.113.1 `))).toEqual([]);
    expect(await reaches(SECOND, "203.0.113.1")).toBe(false);
  });

  it("answers NXDOMAIN with a reason for an unlisted name, without an upstream question", async () => {
    const reply = await ask(FIRST, "unlisted.example");
    expect(reply).toMatchObject({ status: "NXDOMAIN", answer: [] });
    expect(reply.text).toContain("EDE: 15 (Blocked): (emacsvm asked for unlisted.example, which is not in its");
    expect(await ask(FIRST, "unlisted.example", "AAAA", "+noedns")).toMatchObject({ status: "NXDOMAIN", answer: [] });
    expect(await ask(FIRST, "sub.listed.example")).toMatchObject({ status: "NXDOMAIN" });
    expect(await reaches(FIRST, "203.0.113.2")).toBe(false);
    const line = "microvm-emit: emacsvm asked for unlisted.example, which is not in its allowlist\n";
    expect(log().split(line)).toHaveLength(2);
    await ask(FIRST, "listed.example");
    const asked = readFileSync(file("upstream.log"), "utf8");
    expect(asked).toContain("listed.example from 203.0.113.200");
    expect(asked).not.toContain("unlisted.example");
  });

  it("allows subdomains of a wildcard, but not the domain itself", async () => {
    expect(await ask(FIRST, "a.wild.example")).toMatchObject({ answer: ["A 203.0.113.3"] });
    expect(await ask(FIRST, "b.A.WILD.example")).toMatchObject({ answer: ["A 203.0.113.3"] });
    expect(await ask(FIRST, "wild.example")).toMatchObject({ status: "NXDOMAIN" });
    expect(await ask(FIRST, "notwild.example")).toMatchObject({ status: "NXDOMAIN" });
  });

  it("follows a CNAME from an allowed name to an unlisted name", async () => {
    const { answer } = await ask(FIRST, "alias.example");
    expect(answer).toEqual(["CNAME target.cdn.example.", "A 203.0.113.4"]);
    expect((await opened()).get(`${FIRST} 203.0.113.4 tcp 443`)?.timeout).toBe(90);
    expect(await ask(FIRST, "target.cdn.example")).toMatchObject({ status: "NXDOMAIN" });
  });

  it("opens an address for at least a minute and at most an hour", async () => {
    await ask(FIRST, "brief.example");
    const { text } = await ask(FIRST, "long.example");
    expect(text).toMatch(/^long\.example\.\s+3600\s/m);
    const elements = await opened();
    expect(elements.get(`${FIRST} 203.0.113.5 tcp 443`)?.timeout).toBe(90);
    expect(elements.get(`${FIRST} 203.0.113.6 tcp 443`)?.timeout).toBe(3630);
  });

  it("extends an open address when another answer has a longer TTL", async () => {
    await ask(FIRST, "brief.example");
    expect((await opened()).get(`${FIRST} 203.0.113.5 tcp 443`)?.timeout).toBe(90);
    await ask(FIRST, "steady.example");
    expect((await opened()).get(`${FIRST} 203.0.113.5 tcp 443`)?.timeout).toBe(330);
    await ask(FIRST, "brief.example");
    expect((await opened()).get(`${FIRST} 203.0.113.5 tcp 443`)?.timeout).toBe(330);
  });

  it("asks upstream and changes the rules once per TTL", async () => {
    await ask(FIRST, "listed.example");
    const [changes, asked] = [await countTransactions(), countAsked("A] listed.example")];
    for (const type of ["A", "A", "A"]) expect((await ask(FIRST, "listed.example", type)).status).toBe("NOERROR");
    expect([await countTransactions(), countAsked("A] listed.example")]).toEqual([changes, asked]);
    // An answer with TTL 0 is not cached, but its address is open for a minute.
    await ask(FIRST, "brief.example");
    const [again, brief] = [await countTransactions(), countAsked("A] brief.example")];
    await ask(FIRST, "brief.example");
    expect([await countTransactions(), countAsked("A] brief.example")]).toEqual([again, brief + 1]);
    await ask(FIRST, "count.cached.example");
    expect(await countTransactions()).toBe(again + 1);
  });

  it("caches 1,024 answers per VM, and drops the oldest", async () => {
    const ask1025 = `
      for number in range(1025):
          ask("${FIRST}", f"n{number}.cached.example")
      ask("${FIRST}", "n1024.cached.example")
      ask("${FIRST}", "n0.cached.example")`;
    await runInVms(ask1025);
    expect(countAsked("A] n1024.cached.example")).toBe(1);
    expect(countAsked("A] n0.cached.example")).toBe(2);
  });

  it("removes unlisted private addresses from answers, and does not open private addresses", async () => {
    expect(await ask(FIRST, "rebind.example")).toMatchObject({ status: "NOERROR", answer: ["A 203.0.113.7"] });
    expect(await ask(FIRST, "rebind6.example", "AAAA")).toMatchObject({ status: "NOERROR", answer: [] });
    expect(await ask(FIRST, "intranet.example")).toMatchObject({ answer: ["A 10.0.0.5"] });
    expect(await ask(SECOND, "intranet.example")).toMatchObject({ status: "NOERROR", answer: [] });
    const elements = [...(await opened()).keys(), ...(await opened("resolved6")).keys()];
    expect(elements.filter((element) => / (10\.|::ffff)/.test(element))).toEqual([]);
    expect(log()).toContain("gotcpvm asked for intranet.example: its private address 10.0.0.5 is not in the allowlist");
  });

  it("blocks the first and last address of each private range, and opens the adjacent addresses, as the rules do", async () => {
    const answered = JSON.parse(
      await runInVms(`
      import json
      names = json.loads(${JSON.stringify(JSON.stringify(ends.map(({ name, isSix }) => [name, isSix])))})
      print(json.dumps([len(ask("${FIRST}", name, "AAAA" if six else "A").answer) for name, six in names]))`),
    ) as readonly number[];
    const inRules = await Promise.all(
      ends.map(({ address, isSix }) =>
        ruled.run("nft", "get", "element", "inet", "microvm", `private${isSix ? "6" : "4"}`, `{ ${address} }`).then(
          () => true,
          () => false,
        ),
      ),
    );
    const seen = ends.map(({ address }, at) => ({ address, resolver: answered[at] === 0, rules: inRules[at] }));
    const expected = ends.map((end) => ({ address: end.address, resolver: isRefused(end), rules: isRefused(end) }));
    expect(seen).toEqual(expected);
  });

  it("opens IPv6 addresses for the IPv6 address of the VM, even if its IPv4 address asked", async () => {
    expect(await ask(FIRST, "listed.example", "AAAA")).toMatchObject({ answer: ["AAAA 2001:db8:113::1"] });
    expect([...(await opened("resolved6")).keys()]).toContain(`${FIRST_IPV6} 2001:db8:113::1 tcp 443`);
    expect(await reaches(FIRST_IPV6, "2001:db8:113::1")).toBe(true);
    expect(await ask(FIRST_IPV6, "listed.example")).toMatchObject({ answer: ["A 203.0.113.1"] });
    expect(await ask(SECOND, "second.example", "AAAA")).toMatchObject({ status: "NOERROR", answer: [] });
  });

  it("forwards other records except those with addresses and ports", async () => {
    expect(await ask(FIRST, "service.example", "SRV")).toMatchObject({ answer: ["SRV 0 0 443 listed.example."] });
    expect(await ask(FIRST, "missing.example")).toMatchObject({ status: "NXDOMAIN" });
    const asUpstreamHasIt = await beyond.run("dig", "+short", `@${UPSTREAM}`, "svcb.example", "HTTPS");
    expect(asUpstreamHasIt).toContain("203.0.113.44");
    expect(await ask(FIRST, "svcb.example", "HTTPS")).toMatchObject({ status: "NOERROR", answer: [] });
    expect(await ask(FIRST, "listed.example", "ANY", "+notcp")).toMatchObject({ status: "REFUSED" });
    expect(await ask(FIRST, "listed.example", "CH", "TXT")).toMatchObject({ status: "REFUSED" });
    expect(await ask(FIRST, "listed.example", "+opcode=NOTIFY")).toMatchObject({ status: "NOTIMP" });
  });

  it("answers over TCP, and uses TCP upstream for long answers", async () => {
    expect(await ask(FIRST, "listed.example", "+tcp")).toMatchObject({ answer: ["A 203.0.113.1"] });
    const truncated = await ask(FIRST, "text.example", "TXT", "+ignore");
    expect(truncated).toMatchObject({ status: "NOERROR", answer: [] });
    expect(truncated.text).toMatch(/flags: [^;]*\btc\b/);
    expect((await ask(FIRST, "text.example", "TXT")).answer).toHaveLength(20);
  });

  it("asks another upstream server when one is silent, and keeps running when all are silent", async () => {
    expect(await ask(SECOND, "second.example")).toMatchObject({ answer: ["A 203.0.113.8"] });
    expect([...(await opened()).keys()]).toContain(`${SECOND} 203.0.113.8 tcp 443`);
    await beyond.script("kill $(cat /run/dnsmasq.pid)");
    const [dead, meanwhile] = await Promise.all([ask(FIRST, "text.example", "TXT"), ask(SECOND, "unlisted.example")]);
    expect(dead).toMatchObject({ status: "SERVFAIL" });
    expect(meanwhile).toMatchObject({ status: "NXDOMAIN" });
    expect(await ask(FIRST, "listed.example")).toMatchObject({ status: "NOERROR" });
    await startUpstream();
    expect((await ask(FIRST, "text.example", "TXT")).answer).toHaveLength(20);
  });

  it("moves a silent server to the end of the list", async () => {
    await reload();
    await poll("the order of the file", 100, async () => {
      const before = await askedOfSilent();
      await ask(SECOND, "second.example", "TXT");
      return (await askedOfSilent()) > before || undefined;
    });
    const before = await askedOfSilent();
    expect(await ask(SECOND, "second.example", "MX")).toMatchObject({ status: "NOERROR" });
    expect(await askedOfSilent()).toBe(before);
  });

  it("sends datagrams of at most 1,232 bytes and the limit of the VM", async () => {
    const isCut = async (name: string, size: number): Promise<boolean> =>
      /flags: [^;]*\btc\b/.test((await ask(FIRST, name, "TXT", "+ignore", `+bufsize=${String(size)}`)).text);
    expect(await Promise.all([512, 1232].map((size) => isCut("service.example", size)))).toEqual([true, false]);
    expect(await isCut("text.example", 8192)).toBe(true);
  });

  it("does not answer packets that are answers", async () => {
    const first = await runInVms(`
      udp = bound("${FIRST}")
      for number, flags in enumerate((0x8100, 0x0100)):
          udp.sendto(wire("unlisted.example", number, flags), GATEWAY)
      print(udp.recv(4096)[1])`);
    expect(first).toBe("1");
  });

  it("closes connections of a VM above 8", async () => {
    const seen = await runInVms(`
      held = [connected("${FIRST}") for _ in range(8)]
      print(is_answered(held[7]), connected("${FIRST}").recv(1) == b"", is_answered(connected("${SECOND}")))
      held.pop(0).close()
      while not is_answered(connected("${FIRST}")):
          pass`);
    expect(seen).toBe("True True True");
  });

  it("opens at most 4,096 addresses for a VM", async () => {
    // 64 answers of 64 addresses each. The next new answer is above the limit; answers with open addresses still work.
    const codes = await runInVms(`
      print(*[ask("${THIRD}", f"n{number}.example").rcode() for number in (*range(65), 0)])`);
    expect(codes).toBe([...Array.from({ length: 64 }, () => 0), 2, 0].join(" "));
    expect([...(await opened()).keys()].filter((element) => element.startsWith(`${THIRD} `))).toHaveLength(4096);
  });

  it("logs at most 100 lines per VM", async () => {
    await runInVms(`
      for number in range(150):
          ask("${SECOND}", f"n{number}.unlisted.example")`);
    const lines = log()
      .split("\n")
      .filter((line) => line.includes("gotcpvm") && !line.includes(" found "));
    expect(lines).toHaveLength(100);
    expect(lines.at(-1)).toContain("reached its limit of log lines");
  });

  it("survives malformed packets, and does not answer unknown addresses", async () => {
    const garbage = `
      import os, socket, struct
      udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      udp.bind(("${FIRST}", 0))
      question = struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + b"\\6listed\\7example\\0" + struct.pack("!2H", 1, 1)
      for size in range(200):
          udp.sendto(os.urandom(size), ("${GATEWAY}", 53))
          udp.sendto(question[: size % len(question)], ("${GATEWAY}", 53))
          at = size % len(question)
          udp.sendto(question[:at] + os.urandom(1) + question[at + 1 :], ("${GATEWAY}", 53))
      for packet in b"", b"\\0", b"\\0\\5ab", b"\\xff\\xff" + os.urandom(300), b"\\0\\x0c" + os.urandom(12):
          with socket.create_connection(("${GATEWAY}", 53), source_address=("${FIRST}", 0)) as tcp:
              tcp.sendall(packet)
    `;
    writeFileSync(file("garbage.py"), garbage.replaceAll(/^ {6}/gm, ""));
    await vms.run("python3", file("garbage.py"));
    expect(await ask(FIRST, "listed.example")).toMatchObject({ status: "NOERROR" });
    expect(await ask(FIRST, "listed.example", "+tcp")).toMatchObject({ status: "NOERROR" });
    expect(await ask(STRANGER, "listed.example", "+tries=1", "+timeout=1")).toMatchObject({ status: "none" });
    expect(log()).not.toContain("Traceback");
  });

  it("handles 8 questions of a VM at the same time, and answers other VMs meanwhile", async () => {
    write({ ...config, guests: { ...guests, [SECOND]: { ...second, upstream: [SILENT] } } });
    await reload();
    const [before, start] = [await askedOfSilent(), Date.now()];
    await runInVms(`
      udp = bound("${SECOND}")
      for number in range(250):
          udp.sendto(wire("second.example", number), GATEWAY)`);
    await poll("questions", 100, async () => (await askedOfSilent()) - before >= 8 || undefined);
    expect(await ask(FIRST, "text.example", "TXT")).toMatchObject({ status: "NOERROR" });
    // The timeout of a server is 2 seconds. Count before measuring time, so that a delay cannot fail the test.
    const asked = (await askedOfSilent()) - before;
    const rounds = 1 + Math.floor((Date.now() - start) / 2000);
    expect(asked).toBeLessThanOrEqual(8 * rounds);
    write(config);
    await reload();
    await poll(
      "an answer",
      100,
      async () => (await ask(SECOND, "unlisted.example")).status === "NXDOMAIN" || undefined,
    );
  });

  it("queues 64 questions per VM, and answers VMs in turn while one sends 2,000 datagrams", async () => {
    // All datagrams wait in the socket until the resolver continues.
    await signal("STOP");
    const seen = runInVms(`
      loud, quiet = bound("${SECOND}"), bound("${FIRST}")
      for udp in loud, quiet:
          udp.setsockopt(socket.SOL_SOCKET, TIMESTAMP, 1)
      for number in range(100):
          loud.sendto(wire("unlisted.example", number), GATEWAY)
      for number in range(2000):
          loud.sendto(b"", GATEWAY)
      quiet.sendto(wire("unlisted.example", 0), GATEWAY)
      print("sent", flush=True)
      answered = stamp(quiet)
      print(sum(stamp(loud) < answered for _ in range(64)) < 20)
      loud.sendto(wire("unlisted.example", 7, 0x2100), GATEWAY)
      print(loud.recv(4096)[2:4].hex())`);
    await poll("datagrams", 100, async () => {
      const waiting = await host.run("ss", "-lunmH", "sport", "=", ":5380");
      return Number(/skmem:\(r(\d+)/.exec(waiting)?.[1]) > 1_000_000 || undefined;
    }).finally(() => signal("CONT"));
    // 64 of 100 questions were kept. The next packet has another opcode as an end mark.
    expect(await seen).toBe("sent\nTrue\na184");
  });

  it("restores open addresses after a reload of the rules", async () => {
    await ask(FIRST, "listed.example");
    await ask(SECOND, "second.example");
    const before = [...(await opened()).keys()].sort();
    await emptySets();
    expect(await reaches(FIRST, "203.0.113.1")).toBe(false);
    await reload();
    await poll("the sets", 100, async () => (await opened()).size === before.length || undefined);
    expect([...(await opened()).keys()].sort()).toEqual(before);
    expect((await opened()).get(`${FIRST} 203.0.113.1 tcp 443`)?.timeout).toBeLessThanOrEqual(330);
    expect(await reaches(FIRST, "203.0.113.1")).toBe(true);
  });

  it("closes names that were removed from its file on reload, and ignores an invalid file", async () => {
    await ask(FIRST, "listed.example");
    await ask(FIRST, "a.wild.example");
    write({ ...config, guests: { [FIRST]: { ...first, allow: [allow("*.wild.example", [["tcp", 80]])] } } });
    await reload();
    const left = await poll("fewer elements", 100, async () => {
      const elements = [...(await opened()).keys()];
      return elements.length === 1 ? elements : undefined;
    });
    expect(left).toEqual([`${FIRST} 203.0.113.3 tcp 80`]);
    expect(await ask(FIRST, "listed.example")).toMatchObject({ status: "NXDOMAIN" });
    expect(await reaches(FIRST, "203.0.113.1")).toBe(false);

    writeFileSync(file("config.json"), "{");
    await reload();
    await poll("the error", 100, () => log().includes("is invalid") || undefined);
    expect(await ask(FIRST, "a.wild.example")).toMatchObject({ status: "NOERROR" });
    write(config);
    await reload();
    await poll("the name", 100, async () => (await ask(FIRST, "listed.example")).status === "NOERROR" || undefined);
  });

  it("answers SERVFAIL when it cannot open an address", async () => {
    await host.script("nft delete table inet microvm");
    // Asks the resolver directly, because the redirect rule is gone.
    const direct = await vms.run("dig", "-b", FIRST, "-p", "5380", `@${GATEWAY}`, "fresh.example");
    expect(direct).toContain("status: SERVFAIL");
    await host.script(`nft -f ${file("rules.nft")}`);
    expect(await ask(FIRST, "fresh.example")).toMatchObject({ status: "NOERROR" });
    expect([...(await opened()).keys()]).toEqual([`${FIRST} 203.0.113.9 tcp 443`]);
    expect(log()).toMatch(/nftables: .*No such file or directory/);
  });
});
