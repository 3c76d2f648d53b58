/** Tests that systemd-networkd does not change the network of a host when VMs start and stop. */
import { mkdirSync } from "node:fs";
import { ast, type Config, type Module } from "microvm-emit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../nix/harness.js";
import { rig } from "../nix/rig.js";
import { emitFlake, evaluateHost, type Host } from "./evaluated.js";
import { type HostNetwork, openHostNetwork } from "./host-network.js";
import { tails } from "./log.js";
import type { Namespace } from "./namespace.js";
import { poll } from "./poll.js";
import { whatIsMissing } from "./requirements.js";

const missing = whatIsMissing();
if (missing !== undefined) console.error(`NOT TESTED: the network of a host with VMs: ${missing}.`);

type HostConfig = Config["hosts"][string];

const hostOf = ({ bridges, vms }: Partial<HostConfig> = {}, ...modules: readonly Module[]): Config => ({
  hosts: {
    lab: {
      stateVersion: "26.05",
      modules: ["./configuration.nix", ...modules],
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: { microbr: { address: "192.168.83.1/24" }, ...bridges },
      vms: vms ?? { a: {}, b: {} },
    },
  },
});

const networkd = ast.attrs({ networking: { useNetworkd: true, useDHCP: false } });

/** Rules and routes of a VPN with a kill switch, as of wg-quick and NetBird. */
const VPN = `
  ip link add wg0 type veth peer name wg0peer
  ip addr add 10.100.0.2/32 dev wg0
  ip link set wg0 up; ip link set wg0peer up
  ip route add default dev wg0 table 51820
  ip rule add not fwmark 51820 table 51820 priority 100
  ip rule add table main suppress_prefixlength 0 priority 99
  ip route add 198.51.100.0/24 dev wg0
  ip nexthop add id 7 dev wg0`;

/** Creates a tap as at the start of a VM, and waits until it is in the bridge. */
const startVm = async (host: Namespace, tap: string): Promise<void> => {
  await host.script(`ip tuntap add ${tap} mode tap; ip link set ${tap} up`);
  await poll(`${tap} in the bridge`, 100, async () =>
    (await host.run("ip", "link", "show", tap)).includes("master microbr") ? true : undefined,
  );
};

const routing = async (host: Namespace): Promise<string> =>
  host.script(
    "ip rule; ip -6 rule; ip route show table 51820; ip route show dev wg0; ip nexthop; ip route get 8.8.8.8",
  );

describe.skipIf(missing !== undefined)("systemd-networkd", () => {
  let folder: string;
  let network: HostNetwork | undefined;

  beforeEach(({ onTestFailed }) => {
    folder = temporaryFolder();
    mkdirSync(folder, { recursive: true });
    onTestFailed(() => {
      console.error(tails(folder));
    });
  });
  afterEach(async () => {
    await network?.close();
  });

  const open = async (evaluated: Host, own: Readonly<Record<string, string>> = {}): Promise<Namespace> => {
    network = await openHostNetwork({ ...evaluated, units: { ...evaluated.units, ...own } }, folder);
    const { host } = network;
    await poll("the bridge", 100, () => host.run("ip", "link", "show", "microbr").catch(() => undefined));
    return host;
  };

  it("keeps foreign rules, routes and next hops when VMs start and stop", async () => {
    const host = await open(await evaluateHost(emitFlake(hostOf()), "lab", rig !== undefined));
    await host.script(VPN);
    const before = await routing(host);
    expect(before).toContain("dev wg0");
    for (const tap of ["microvm0", "microvm1"]) await startVm(host, tap);
    await host.script("ip link delete microvm0; ip link set up0 down; ip link set up0 up");
    await startVm(host, "microvm0");
    expect(await routing(host)).toBe(before);
  });

  it("attaches a tap despite matching files of the host, and the host is online without VMs", async () => {
    const own = hostOf({}, networkd);
    const all = "[Match]\nName=*\n\n[Network]\nAddress=10.66.0.1/24\n";
    const host = await open(await evaluateHost(emitFlake(own), "lab", rig !== undefined), {
      "00-all.network": all,
      "1.network": all,
    });
    await host.run("/lib/systemd/systemd-networkd-wait-online", "--timeout=60");
    expect(await host.run("ip", "-o", "addr", "show", "up0")).toContain("10.66.0.1");
    for (const tap of ["microvm0", "microvm1"]) await startVm(host, tap);
    for (const link of ["microbr", "microvm0", "microvm1"])
      expect(await host.run("ip", "-o", "-4", "addr", "show", link)).not.toContain("10.66.0.1");
  });

  it("does not manage links that match default files of systemd or files of the host", async () => {
    const host = await open(await evaluateHost(emitFlake(hostOf()), "lab", rig !== undefined), {
      "10-old.network": "[Match]\nName=old*\n\n[Network]\nAddress=10.66.0.1/24\n",
    });
    await host.script(`
      for link in ve-web old0; do ip link add $link type veth peer name peer-$link; ip link set $link up; ip link set peer-$link up; done
      ip addr add 10.231.136.1/32 dev ve-web`);
    await startVm(host, "microvm0");
    const addresses = await host.script("ip -o -4 addr show ve-web; ip -o -4 addr show old0");
    expect(addresses.match(/inet \S+/g)).toEqual(["inet 10.231.136.1/32"]);
  });

  it.each(["before", "after"])("keeps taps in an existing bridge that was created %s them", async (when) => {
    const bridges = { virbr0: { existing: true, address: "192.168.122.1/24" } };
    const vms = { a: { interfaces: [{ bridge: "virbr0" }] }, b: { interfaces: [{ bridge: "microbr" }] } };
    const evaluated = await evaluateHost(emitFlake(hostOf({ bridges, vms }, networkd)), "lab", rig !== undefined);
    const host = await open(evaluated, { "00-all.network": "[Match]\nName=*\n\n[Network]\nAddress=10.66.0.1/24\n" });
    /** Runs the udev rules for a new link. */
    const add = async (link: string, type: string): Promise<void> => {
      await host.script(
        `ip ${type.startsWith("mode") ? "tuntap" : "link"} add ${link} ${type}; ip link set ${link} up`,
      );
      for (const rule of evaluated.udev.split("\n")) {
        const [, kernel = ""] = /KERNEL=="([^"]*)"/.exec(rule) ?? [];
        if (!kernel.split("|").includes(link)) continue;
        for (const [, command = ""] of rule.matchAll(/RUN\+="[^"]*\/bin\/([^"]*)"/g))
          await host.script(`${command} || true`);
      }
    };
    const links: [string, string][] = [
      ["virbr0", "type bridge"],
      ["microvm0", "mode tap"],
    ];
    for (const [link, type] of when === "before" ? links : links.toReversed()) await add(link, type);
    await startVm(host, "microvm1");
    expect(await host.run("ip", "-d", "link", "show", "microvm0")).toMatch(/master virbr0 .* isolated on /s);
    expect(await host.script("ip -o -4 addr show microvm0; ip -o -4 addr show virbr0")).not.toContain("192.168.122");
  });
});
