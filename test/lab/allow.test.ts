/**
 * `microvm-emit allow` and `net` on a host with systemd: the evaluated rules, units and resolver, the command, and VMs
 * that send packets.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "microvm-emit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "../nix/harness.js";
import { evaluatePolicyUnits, type PolicyUnits } from "./policy-units.js";
import { poll } from "./poll.js";
import { bootSystemdHost, type CommandEnd, HOST, type SystemdHost, whatSystemdMisses } from "./systemd-host.js";

const missing = whatSystemdMisses();
if (missing !== undefined) console.error(`NOT TESTED: microvm-emit allow, because ${missing}.`);

const DNS = "203.0.113.53";
/** Servers beyond the host, by the name that leads to them. */
const SERVERS = {
  "listed.example": "203.0.113.20",
  "more.example": "203.0.113.21",
  "brief.example": "203.0.113.22",
  "config.example": "203.0.113.23",
  "other.example": "203.0.113.24",
} as const;
const ADDRESS = "203.0.113.30";
const SECOND_ADDRESS = "203.0.113.31";
const THIRD_ADDRESS = "203.0.113.32";
const SIX = "2001:db8:113::30";

const VMS = { named: "10.7.0.2", closed: "10.7.0.3" } as const;
type Vm = keyof typeof VMS;

const host = {
  stateVersion: "25.11",
  user: {
    name: "alice",
    sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"],
  },
  modules: ["./configuration.nix"],
  bridges: { br0: { address: "10.7.0.1/24", ipv6: "fd07::1/64" } },
  vms: {
    named: { index: 0, network: "allowlist", allow: ["listed.example:80"], nameservers: [DNS] },
    closed: { index: 1, network: "none" },
  },
} as const;
const config: Config = { hosts: { lab: host } };

/** The same as a file, with its own layout and comments. */
const CONFIG = `import { defineConfig } from "microvm-emit";

// Our host.
export default defineConfig({
  hosts: {
    lab: {
      stateVersion: "25.11",
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"] },
      modules: ["./configuration.nix"],
      bridges: { br0: { address: "10.7.0.1/24", ipv6: "fd07::1/64" } },
      vms: {
        named: {
          index: 0,
          network: "allowlist",
          allow: [
            "listed.example:80", // for the build
          ],
          nameservers: ["${DNS}"],
        },
        closed: { index: 1, network: "none" },
      },
    },
  },
});
`;

/** The file that the emitted modules write. */
const facts = {
  host: "lab",
  stateDir: "/var/lib/microvms",
  bridges: ["br0"],
  vms: Object.fromEntries(
    Object.entries(VMS).map(([name, address], number) => [
      name,
      { addresses: [address], user: "alice", images: [], taps: [`microvm${String(number)}`] },
    ]),
  ),
};

/** Answers every question, also for IPv6, with the address of the name. */
const UPSTREAM = `
import socket
import dns.message, dns.rrset
names = ${JSON.stringify(SERVERS)}
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("${DNS}", 53))
while True:
    wire, client = server.recvfrom(512)
    query = dns.message.from_wire(wire)
    reply = dns.message.make_response(query)
    address = names.get(query.question[0].name.to_text(omit_final_dot=True))
    if address and query.question[0].rdtype == 1:
        reply.answer = [dns.rrset.from_text(query.question[0].name, 300, "IN", "A", address)]
    server.sendto(reply.to_wire(), client)
`;

const WEB = `
import socket
server = socket.create_server(("::", 80), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
while True:
    server.accept()[0].close()
`;

/** Connects to a name or an address: prints \`reached\`, or why not. */
const TRY = `
import socket, sys
import dns.message, dns.query, dns.rcode
to, port = sys.argv[1], int(sys.argv[2])
if not to[0].isdigit() and ":" not in to:
    reply = dns.query.udp(dns.message.make_query(to, "A"), "${DNS}", timeout=10)
    if not reply.answer:
        sys.exit(print(dns.rcode.to_text(reply.rcode())))
    to = reply.answer[0][0].address
try:
    socket.create_connection((to, port), 5).close()
    print("reached")
except OSError as error:
    print("refused")
`;

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

describe.skipIf(missing !== undefined)("microvm-emit allow", () => {
  let lab: SystemdHost;
  let units: PolicyUnits;

  const tries = (vm: Vm, to: string, port = 80): Promise<string> =>
    lab.run(`ip netns exec ${vm} python3 /run/try.py ${to} ${String(port)}`);
  /** Waits until a reload, which is not waited for, has an effect. */
  const becomes = (vm: Vm, to: string, result: string): Promise<true> =>
    poll(`${vm} at ${to}: ${result}`, 30, async () => (await tries(vm, to)) === result || undefined);
  const succeeds = (end: CommandEnd): CommandEnd => {
    expect(end).toMatchObject({ exitCode: 0, stderr: "" });
    return end;
  };
  const allow = (...args: readonly string[]): CommandEnd => lab.emit("alice", ["allow", ...args]);
  /** The rules without elements of sets, and the sets that the command changes. */
  const ruleset = (): Promise<string> =>
    lab.run(
      "nft --terse list table inet microvm; cat /run/microvm-policy/granted.json || true; nft list set inet microvm granted4 | grep -o '10[.]7[^ ]* [.] [^ ]*' || true",
    );
  /** Imitates switch-to-configuration with an unchanged system. */
  const switchHost = (): Promise<string> =>
    lab.run(
      `mkdir -p /run/nixos; rm -f /run/nixos/*; ${units.onSwitch} if [ -s /run/nixos/activation-reload-list ]; then systemctl reload $(sort -u /run/nixos/activation-reload-list); fi`,
    );

  beforeAll(async () => {
    const key = join(temporaryFolder(), "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    [lab, units] = await Promise.all([bootSystemdHost(), evaluatePolicyUnits(config, false)]);
    for (const path of units.packages)
      await lab.run(`mkdir -p ${path}; ln -sfn /usr/bin ${path}/bin; ln -sfn /usr/lib/x86_64-linux-gnu ${path}/lib`);
    for (const [path, text] of Object.entries(units.files))
      await lab.put(path, text, text.startsWith("#!") ? "0755" : "0444");
    await lab.run(
      "mkdir -p /run/current-system/sw/bin; ln -s /usr/bin/microvm-grant /run/current-system/sw/bin; [ -e /usr/bin/nft ] || ln -s ../sbin/nft /usr/bin/nft",
    );
    await lab.put("/etc/microvm/vms.json", JSON.stringify(facts));
    await lab.put("/home/alice/project/microvm.config.ts", CONFIG);
    await lab.put("/home/alice/project/configuration.nix", "{ }\n");
    await lab.put("/run/upstream.py", UPSTREAM);
    await lab.put("/run/web.py", WEB);
    await lab.put("/run/try.py", TRY);
    const servers = [DNS, ...Object.values(SERVERS), ADDRESS, SECOND_ADDRESS, THIRD_ADDRESS];
    await lab.run(`
      echo '127.0.0.1 vm' >>/etc/hosts
      chown -R alice: /home/alice/project
      ip netns add beyond
      ip link add up0 type veth peer name lan netns beyond
      ip link set up0 up; ip addr add 203.0.113.2/24 dev up0; ip addr add 2001:db8:113::2/64 dev up0 nodad
      ip -n beyond link set lo up; ip -n beyond link set lan up
      ${servers.map((address) => `ip -n beyond addr add ${address}/24 dev lan`).join("; ")}
      ip -n beyond addr add ${SIX}/64 dev lan nodad
      ip -n beyond route add default via 203.0.113.2; ip -n beyond route add default via 2001:db8:113::2
      echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
      ip link add br0 type bridge; ip link set br0 up; ip addr add 10.7.0.1/24 dev br0; ip addr add fd07::1/64 dev br0 nodad
      ${Object.keys(VMS)
        .map(
          (name, number) => `
      ip netns add ${name}
      ip link add microvm${String(number)} type veth peer name eth0 netns ${name}
      ip link set microvm${String(number)} master br0 up
      ip -n ${name} link set eth0 address 02:00:00:00:00:0${String(number + 1)}
      ip -n ${name} link set eth0 up
      ip -n ${name} addr add 10.7.0.${String(number + 2)}/24 dev eth0
      ip -n ${name} addr add fd07::${String(number + 2)}/64 dev eth0 nodad
      ip -n ${name} route add default via 10.7.0.1; ip -n ${name} route add default via fd07::1`,
        )
        .join("")}
      systemd-run -q --unit=upstream -p NetworkNamespacePath=/run/netns/beyond python3 /run/upstream.py
      systemd-run -q --unit=web -p NetworkNamespacePath=/run/netns/beyond python3 /run/web.py
      for port in 53 80; do until ip netns exec beyond ss -Hltun "sport = :$port" | grep -q .; do sleep 0.1; done; done
      systemctl daemon-reload`);
    await lab.start("microvm-policy microvm-resolver");
    const [secret, known] = [readFileSync(key, "utf8"), readFileSync(`${key}.pub`, "utf8")];
    await lab.put("/root/.ssh/authorized_keys", known, "0600");
    await lab.run("ssh-keygen -A; systemctl reset-failed ssh || true; systemctl start ssh");
    const shown = await lab.run("cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub");
    await lab.outside.script(`
      mkdir -p ${lab.folder}/ssh /root/.ssh
      cp ${key} ${lab.folder}/ssh/id_ed25519
      echo '${HOST} ${shown}' >${lab.folder}/ssh/known_hosts
      chmod -R go= ${lab.folder}/ssh
      mount --bind ${lab.folder}/ssh /root/.ssh`);
    expect(secret).toContain("PRIVATE KEY");
  });
  afterAll(() => (lab as SystemdHost | undefined)?.close());

  it("starts from the policies of the config", async () => {
    expect(await tries("named", "listed.example")).toBe("reached");
    expect(await tries("named", "more.example")).toBe("NXDOMAIN");
    for (const vm of ["named", "closed"] as const) expect(await tries(vm, ADDRESS)).toBe("refused");
  });

  it("opens an address for one VM and one port, for a time", async () => {
    const begin = Date.now();
    const end = succeeds(allow("closed", `${ADDRESS}:80`, "--for", "1h"));
    console.log(`allow --for: ${String(Date.now() - begin)} ms, with the start of the command`);
    expect(end.stdout).toBe(`open     ${ADDRESS}:80 for closed on lab\n`);
    expect(await tries("closed", ADDRESS)).toBe("reached");
    expect(await tries("closed", ADDRESS, 81)).toBe("refused");
    expect(await tries("closed", SECOND_ADDRESS)).toBe("refused");
    expect(await tries("named", ADDRESS)).toBe("refused");
    succeeds(allow("closed", `[${SIX}]:80`, "--for", "1h"));
    expect(await tries("closed", SIX)).toBe("reached");
    const ms = await lab.run(
      "a=$(date +%s%N); microvm-grant add --seconds 3600 -- closed 203.0.113.99=tcp/80; b=$(date +%s%N); echo $(((b - a) / 1000000))",
    );
    console.log(`the host's part of it: ${ms} ms`);
  });

  it("opens a name for a time, and no other name", async () => {
    succeeds(allow("named", "more.example:80", "--for", "1h"));
    await becomes("named", "more.example", "reached");
    expect(await tries("named", "other.example")).toBe("NXDOMAIN");
    expect(await tries("named", SERVERS["other.example"])).toBe("refused");
    const refused = allow("closed", "more.example", "--for", "1h");
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining("closed has no allowlist")]);
  });

  it("keeps them over reloads of the rules and restarts of the resolver", async () => {
    for (const command of ["reload microvm-policy", "restart microvm-resolver", "reload microvm-resolver"]) {
      await lab.run(`systemctl ${command}`);
      await becomes("named", "more.example", "reached");
      await becomes("closed", ADDRESS, "reached");
    }
  });

  it("closes them by itself when the time is over, and at once with 0", async () => {
    succeeds(allow("named", "brief.example:80", "--for", "20s"));
    succeeds(allow("closed", `${SECOND_ADDRESS}:80`, "--for", "20s"));
    await becomes("named", "brief.example", "reached");
    expect(await tries("closed", SECOND_ADDRESS)).toBe("reached");
    await becomes("named", "brief.example", "NXDOMAIN");
    await becomes("named", SERVERS["brief.example"], "refused");
    await becomes("closed", SECOND_ADDRESS, "refused");
    succeeds(allow("named", "more.example:80", "--for", "0"));
    await becomes("named", "more.example", "NXDOMAIN");
    await becomes("named", SERVERS["more.example"], "refused");
    expect(await tries("named", "listed.example")).toBe("reached");
  });

  it("edits the config and opens its entry until the next switch", async () => {
    const file = "/home/alice/project/microvm.config.ts";
    const begin = Date.now();
    const end = succeeds(allow("named", "config.example:80", "-c", file));
    console.log(`allow with the edit and the flake: ${String(Date.now() - begin)} ms`);
    expect(end.stdout).toMatch(/^open {5}on lab until its next switch, which applies the config\nedited {3}/);
    succeeds(allow("named", `${THIRD_ADDRESS}:80`, "-c", file));
    expect(await lab.run(`cat ${file}`)).toBe(
      CONFIG.replace(
        "// for the build\n",
        `// for the build\n            "config.example:80",\n            "${THIRD_ADDRESS}:80",\n`,
      ).trimEnd(),
    );
    await becomes("named", "config.example", "reached");
    expect(await tries("named", THIRD_ADDRESS)).toBe("reached");
    await lab.run("systemctl reload microvm-policy");
    await becomes("named", "config.example", "reached");
    // The deployed system is still the old one, so the switch closes them. Grants with a time stay.
    await switchHost();
    await becomes("named", "config.example", "NXDOMAIN");
    await becomes("named", THIRD_ADDRESS, "refused");
    await becomes("closed", ADDRESS, "reached");
  });

  it("works over ssh from another machine", async () => {
    const end = lab.emitBeside(lab.folder, [
      "allow",
      "closed",
      `${SECOND_ADDRESS}:80`,
      "--for",
      "1h",
      "--host-ssh",
      `root@${HOST}`,
    ]);
    expect(end).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await tries("closed", SECOND_ADDRESS)).toBe("reached");
    succeeds(allow("closed", `${SECOND_ADDRESS}:80`, "--for", "0"));
  });

  it("net shows connections, names, open destinations and refusals", async () => {
    // The switch began new counts.
    for (const to of ["listed.example", "other.example"]) await tries("named", to);
    await tries("closed", ADDRESS);
    await lab.run("journalctl --sync");
    const end = succeeds(lab.emit("alice", ["net", "--json"]));
    const [only] = (JSON.parse(end.stdout) as { readonly hosts: readonly Record<string, readonly object[]>[] }).hosts;
    expect(only?.["allowed"]).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          vm: "named",
          target: SERVERS["listed.example"],
          port: 80,
          names: ["listed.example"],
        }),
        expect.objectContaining({ vm: "closed", target: ADDRESS, protocol: "tcp", port: 80, names: [] }),
      ]),
    );
    expect(only?.["granted"]).toContainEqual(
      expect.objectContaining({
        vm: "closed",
        target: ADDRESS,
        ports: ["tcp/80"],
        seconds: expect.any(Number) as number,
      }),
    );
    expect(only?.["refused"]).toContainEqual(
      expect.objectContaining({ vm: "named", target: "other.example", setting: 'allow: ["other.example"]' }),
    );
    const { stdout } = succeeds(lab.emit("alice", ["net", "closed"]));
    expect(stdout).toMatch(/^lab\nVM +connected to +connections +name\nclosed +tcp /);
    expect(stdout).not.toContain("listed.example");
  });

  it("net -f shows new connections as they happen", async () => {
    await lab.run(
      "systemd-run -q --unit=follow --uid=alice -p WorkingDirectory=/home/alice -p StandardOutput=truncate:/run/follow.log -E PATH=/usr/bin:/usr/sbin " +
        `${process.execPath} ${join(import.meta.dirname, "../../packages/emit/dist/bin/microvm-emit.js")} net -f`,
    );
    await poll("the connection", 60, async () => {
      await tries("named", "listed.example");
      return (
        /named {2}connected tcp 203\.0\.113\.20:80 {2}\d+ times {2}listed\.example/.test(
          await lab.run("cat /run/follow.log"),
        ) || undefined
      );
    });
    await tries("named", "unheard.example");
    await poll(
      "the refusal",
      60,
      async () => /named {2}refused {2}unheard\.example/.test(await lab.run("cat /run/follow.log")) || undefined,
    );
    await lab.run("systemctl stop follow");
  });

  it("refuses hostile words without a change", async () => {
    const before = await ruleset();
    for (const words of [
      ["closed", "203.0.113.9; flush ruleset"],
      ["closed", "203.0.113.9 } ; flush ruleset"],
      ["closed", "a.example\nflush ruleset"],
      ["closed", '"; touch /tmp/pwned; "'],
      ["closed", "$(touch /tmp/pwned)"],
      ["closed; flush ruleset", "203.0.113.9"],
      ["--help=x", "203.0.113.9"],
      ["closed", "169.254.169.254"],
      ["closed", "10.7.0.2"],
      ["closed", "0.0.0.0/0"],
    ]) {
      const end = allow("--for", "1h", "--", ...words);
      expect([words, end.exitCode]).not.toEqual([words, 0]);
      // The program of the host checks again.
      const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}=tcp/80'`).join(" ");
      await expect(lab.run(`microvm-grant add -- ${quoted}`)).rejects.toThrow();
    }
    expect(await ruleset()).toBe(before);
    await expect(lab.run("test -e /tmp/pwned")).rejects.toThrow();
  });

  it("gives a guest no access to the program, and no grant by DNS", async () => {
    const granted = await lab.run("cat /run/microvm-policy/granted.json");
    expect(await tries("named", "10.7.0.1", 22)).toBe("refused");
    expect(await tries("closed", "10.7.0.1", 22)).toBe("refused");
    const flood = `
import os, random, socket
chance = random.Random(3)
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for size in range(150):
    udp.sendto(chance.randbytes(size), ("${DNS}", 53))
    udp.sendto(b'[{"vm": "closed", "to": "0.0.0.0", "ports": [["tcp", 80]], "until": null}]', ("10.7.0.1", 5380))
`;
    await lab.put("/run/flood.py", flood);
    for (const vm of ["named", "closed"]) await lab.run(`ip netns exec ${vm} python3 /run/flood.py`);
    expect(await lab.run("cat /run/microvm-policy/granted.json")).toBe(granted);
    expect(await tries("named", "listed.example")).toBe("reached");
    expect(await tries("closed", SECOND_ADDRESS)).toBe("refused");
  });
});
