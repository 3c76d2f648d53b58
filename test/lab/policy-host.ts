/** A machine as a host with the evaluated units of the network policy, a DNS server, and a VM as a network namespace. */
import { ast, type Config, type Vm } from "microvm-emit";
import { type HostMachine, UNITS } from "./host-machine.js";
import type { PolicyUnits } from "./policy-units.js";

export const DNS = "203.0.113.53";
export const LISTED = "203.0.113.20";
export const GUEST = "10.7.0.2";
const MAC = "02:00:00:00:00:01";

/** A host with one VM, which may reach one name. */
export const configOf = (flushRuleset: boolean, vm: Vm = {}): Config => ({
  hosts: {
    lab: {
      stateVersion: "25.11",
      modules: [
        "./configuration.nix",
        ast.attrs({ networking: { nftables: { enable: true, flushRuleset, checkRuleset: false } } }),
      ],
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: { br0: { address: "10.7.0.1/24" }, br1: { address: "10.8.0.1/24" } },
      vms: {
        a: {
          index: 0,
          interfaces: [{ bridge: "br0" }],
          network: "allowlist",
          allow: ["listed.example:443"],
          nameservers: [DNS],
          ...vm,
        },
      },
    },
  },
});

/** A DNS server that answers every question with one address. */
const UPSTREAM = `
import socket
import dns.message, dns.rrset
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("${DNS}", 53))
while True:
    wire, client = server.recvfrom(512)
    query = dns.message.from_wire(wire)
    reply = dns.message.make_response(query)
    reply.answer = [dns.rrset.from_text(query.question[0].name, 300, "IN", "A", "${LISTED}")]
    server.sendto(reply.to_wire(), client)
`;

const ASK = `
import dns.message, dns.query
print(dns.query.udp(dns.message.make_query("listed.example", "A"), "${DNS}", timeout=30).answer[0][0])
`;

/** The VM: a namespace with one end of a veth pair instead of a tap. */
const NETWORK = `
  ip link add br0 type bridge
  ip link add microvm0 type veth peer name eth0
  ip link set microvm0 master br0
  ip link set microvm0 up
  ip link set br0 up
  ip addr add 10.7.0.1/24 dev br0
  ip addr add ${DNS}/32 dev lo
  ip netns add a
  ip link set eth0 netns a
  ip -n a link set eth0 address ${MAC}
  ip -n a link set eth0 up
  ip -n a addr add ${GUEST}/24 dev eth0
  ip -n a route add default via 10.7.0.1`;

export type Machine = Pick<HostMachine, "run" | "put" | "start">;

/** Prepares the network and the VM's programs. */
export const prepare = async ({ run, put }: Machine): Promise<void> => {
  // The tests restart units more often than the default limit.
  await put(`${UNITS}/service.d/often.conf`, "[Unit]\nStartLimitIntervalSec=0\n");
  await put("/run/upstream.py", UPSTREAM);
  await put("/run/ask.py", ASK);
  const bin = "/var/lib/microvms/a/current/bin";
  await put(`${bin}/microvm-run`, "#!/bin/sh\nexec sleep infinity\n", "0755");
  await put(`${bin}/microvm-shutdown`, '#!/bin/sh\nkill "$MAINPID"\n', "0755");
  await run(`
    getent group kvm >/dev/null || groupadd -r kvm
    getent passwd microvm >/dev/null || useradd -r -g kvm microvm
    ln -s current /var/lib/microvms/a/booted
    [ -e /usr/bin/nft ] || ln -s ../sbin/nft /usr/bin/nft
    ip link set lo up
    ${NETWORK}
    systemd-run -q --unit=upstream python3 /run/upstream.py
    until ss -Hlun "src ${DNS}" | grep -q .; do sleep 0.1; done`);
};

/** Replaces all units. */
export const install = async ({ run, put }: Machine, units: PolicyUnits): Promise<void> => {
  await run(`
    cd ${UNITS}
    systemctl stop 'microvm*' nftables || true
    rm -rf microvm* nftables*
    for package in ${units.packages.join(" ")}; do
      mkdir -p $package
      ln -sfn /usr/bin $package/bin
      ln -sfn /usr/lib/x86_64-linux-gnu $package/lib
    done`);
  for (const [path, text] of Object.entries(units.files))
    await put(path, text, text.startsWith("#!") ? "0755" : "0444");
  await run("systemctl daemon-reload");
};
