/** A `.network` file of the host matches a tap as a LAN link, and the VM runs a DHCP server. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "microvm-emit";
import { describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "../nix/harness.js";
import { emitFlake, evaluateHost } from "./evaluated.js";
import { openHostNetwork } from "./host-network.js";
import { tails } from "./log.js";
import { connect, type Namespace, openNamespace } from "./namespace.js";
import { poll } from "./poll.js";
import { whatHooksMiss, whatIsMissing } from "./requirements.js";

const missing = whatIsMissing() ?? whatHooksMiss;
if (missing !== undefined) console.error(`NOT TESTED: taps that match LAN files of the host: ${missing}.`);

const config: Config = {
  hosts: {
    lab: {
      stateVersion: "26.05",
      modules: ["./configuration.nix"],
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: { br0: { address: "10.7.0.1/24", nat: { externalInterface: "up0" } } },
      routed: { address: "10.8.0.1/24" },
      vms: {
        bridged: { index: 0, interfaces: [{ bridge: "br0" }] },
        routed: { index: 1, interfaces: [{ routed: true }] },
      },
    },
  },
};

/** The name sorts before our files. */
const LAN_FILE = {
  "0-0-lan.network":
    "[Match]\nType=ether\nName=microvm*\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n",
};

const OFFERED = "10.66.0.";
const DHCP_SERVER = `
port=0
no-daemon
user=root
log-dhcp
no-ping
dhcp-authoritative
dhcp-range=${OFFERED}50,${OFFERED}60,1h
`;

const loads = [
  { rules: "of the policy and of taps", leases: false },
  { rules: "of the policy alone", leases: true },
];

/** Long enough for a busy machine. */
vi.setConfig({ testTimeout: 600_000 });

describe.skipIf(missing !== undefined)("a host with a file that matches taps as LAN links", () => {
  it.concurrent.each(loads)("gets a DHCP lease from a VM with rules $rules: $leases", async ({ leases }) => {
    const evaluated = await evaluateHost(emitFlake(config), "lab", false);
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const units = { ...evaluated.units, ...LAN_FILE };
    const network = await openHostNetwork({ ...evaluated, units }, folder);
    const { host } = network;
    const guests: Namespace[] = [];
    try {
      const { rules, tapRules } = evaluated.policy;
      if (tapRules === null) throw new Error("There are no rules of taps.");
      writeFileSync(join(folder, "rules.nft"), leases ? rules : rules + tapRules);
      await host.run("nft", "-f", join(folder, "rules.nft"));
      const serve = async (vm: string): Promise<void> => {
        const [link] = evaluated.runners[vm]?.interfaces ?? [];
        if (link === undefined) throw new Error(`${vm} has no tap.`);
        const guest = await openNamespace();
        guests.push(guest);
        await connect(host, link.id, guest, "eth0");
        const log = join(folder, `${vm}.log`);
        writeFileSync(log, "");
        await guest.script(`
          ip link set eth0 address ${link.mac}; ip addr add ${OFFERED}1/24 dev eth0; ip link set eth0 up
          mount -t tmpfs tmpfs /run; mkdir -p /var/lib/misc; mount -t tmpfs tmpfs /var/lib/misc`);
        guest.start(log, "dnsmasq", `--conf-file=${join(folder, "dhcp.conf")}`);
        const said = (what: string): number => readFileSync(log, "utf8").split(what).length - 1;
        const isLeased = async (): Promise<boolean> =>
          (await host.run("ip", "-4", "-o", "addr", "show", "dev", link.id)).includes(OFFERED);
        // The host repeats its request, because it does not receive the offer.
        await poll("a lease, or two offers", 240, async () =>
          (await isLeased()) || said("DHCPOFFER(") >= 2 ? true : undefined,
        );
        expect([vm, await isLeased(), said("DHCPREQUEST(") > 0]).toEqual([vm, leases, leases]);
      };
      writeFileSync(join(folder, "dhcp.conf"), DHCP_SERVER);
      await Promise.all(["bridged", "routed"].map(serve));
    } catch (error) {
      throw new Error(`${String(error)}\n${tails(folder)}`, { cause: error });
    } finally {
      await Promise.all([network.close(), ...guests.map((guest) => guest.close())]);
    }
  });
});
