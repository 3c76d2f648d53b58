/** Tests VMs and bridges of other modules on the same host: they keep working, and conflicts are reported. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "microvm-emit";
import { describe, expect, it } from "vitest";
import { emittedFlat, hostModule } from "./emitted.js";
import { evalFlake, nixes } from "./harness.js";
import { evaluateOnRig, rig } from "./rig.js";

if (rig === undefined) console.error("NOT TESTED: conflicts on the modules of NixOS. Set MICROVM_EMIT_RIG.");

const config: Config = {
  hosts: {
    h: {
      stateVersion: "25.05",
      modules: ["./configuration.nix", "./other.nix"],
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: { br0: { address: "10.7.0.1/24" } },
      vms: { a: { index: 0, hypervisor: "qemu", vsock: { cid: 77 } } },
    },
  },
};

/** A module with the VM `old`, which has a tap and the given definitions. */
const old = (said: string, tap = "microvm7", mac = "02:00:00:00:00:99"): string => `
  { lib, ... }: {
    microvm.vms.old.config = {
      system.stateVersion = "25.05";
      microvm.hypervisor = "qemu";
      microvm.interfaces = [ { type = "tap"; id = "${tap}"; mac = "${mac}"; } ];
      ${said}
    };
  }`;
const same = (kind: string, value: string): string =>
  `The VMs a and old have the same ${kind}: ${value}. Change it in old, or change the index of a in microvm-emit's config.`;
const twice = (subject: string, first: string, second: string): string =>
  `${subject} of the bridge br0 has several definitions: ${first}, ${second}. Keep one of them.`;

const OURS = "systemd.network.networks.0-20-br0";

const rows: readonly (readonly [other: string, module: string, refused: readonly string[]])[] = [
  ["nothing", "{ }", []],
  ["a VM with another tap, MAC and address", old(`systemd.network.networks.x.address = [ "10.9.0.2/24" ];`), []],
  ["a VM with the same tap", old("", "microvm0"), [same("tap", "microvm0")]],
  [
    "a VM with the same MAC",
    old("", "vm-old", "02:00:00:00:00:01".toUpperCase()),
    [same("MAC address", "02:00:00:00:00:01")],
  ],
  [
    "a VM with the same address, by networkd",
    old(`systemd.network.networks.x.address = [ "10.7.0.2/24" ];`),
    [same("address", "10.7.0.2")],
  ],
  [
    "a VM with the same address, in a section",
    old(`systemd.network.networks.x.addresses = [ { Address = "10.7.0.2/24"; } ];`),
    [same("address", "10.7.0.2")],
  ],
  [
    "a VM with the same address, by scripts",
    old(`networking.useNetworkd = lib.mkForce false;
         networking.interfaces.eth0.ipv4.addresses = [ { address = "10.7.0.2"; prefixLength = 24; } ];`),
    [same("address", "10.7.0.2")],
  ],
  ["a VM with the same CID", old("microvm.vsock.cid = 77;"), [same("vsock CID", "77")]],
  [
    "a VM with the same tap, MAC and CID",
    old("microvm.vsock.cid = 77;", "microvm0", "02:00:00:00:00:01"),
    [same("MAC address", "02:00:00:00:00:01"), same("tap", "microvm0"), same("vsock CID", "77")],
  ],
  [
    "the bridge's address",
    `{ systemd.network.networks."10-lan" = { matchConfig.Name = "eno1"; address = [ "10.7.0.1/16" ]; }; }`,
    [twice("The address 10.7.0.1", OURS, "systemd.network.networks.10-lan")],
  ],
  [
    "the bridge's address, by scripts",
    `{ networking.useNetworkd = false; networking.interfaces.eno1.ipv4.addresses = [ { address = "10.7.0.1"; prefixLength = 24; } ]; }`,
    [twice("The address 10.7.0.1", OURS, "networking.interfaces.eno1")],
  ],
  [
    "the bridge",
    `{ systemd.network.netdevs."10-br0".netdevConfig = { Kind = "bridge"; Name = "br0"; }; }`,
    [twice("The netdev", "systemd.network.netdevs.0-20-br0", "systemd.network.netdevs.10-br0")],
  ],
  [
    "the bridge, by scripts",
    `{ networking.useNetworkd = false; networking.bridges.br0.interfaces = [ ]; }`,
    [twice("The netdev", "systemd.network.netdevs.0-20-br0", "networking.bridges.br0")],
  ],
  ["another bridge", `{ networking.bridges.br7.interfaces = [ ]; }`, []],
];

const APPLY = `host: {
  refused = map ({ message, ... }: message) (
    builtins.filter ({ assertion, message, ... }: !assertion && builtins.match "The .*" message != null) host.config.assertions
  );
  known = builtins.match ".*set known \\\\{ type ifname; elements = \\\\{ ([^}]*) }.*" host.config.environment.etc."microvm/policy.nft".text;
  drops = builtins.match ".*(iifname \\"microvm\\\\*\\").*" host.config.environment.etc."microvm/policy.nft".text != null;
}`;

interface Seen {
  readonly refused: readonly string[];
  readonly known: readonly [string];
  readonly drops: boolean;
}

const [nix] = nixes();
const evaluators = [
  {
    on: "stand-ins",
    tried: /./,
    isThere: true,
    evaluate: (folder: string, attr: string) => {
      if (nix === undefined) throw new Error("no nix");
      return evalFlake(`path:${folder}`, attr, { nix, apply: APPLY });
    },
  },
  {
    on: "NixOS's own modules",
    tried: /by scripts$|all of the same$/,
    isThere: rig !== undefined,
    evaluate: (folder: string, attr: string) => evaluateOnRig(folder, attr, APPLY),
  },
];

describe.each(evaluators)("on $on, assertions of a host beside", ({ tried, isThere, evaluate }) => {
  const seen = async (module: string): Promise<Seen> => {
    const folder = emittedFlat(config, { "configuration.nix": hostModule });
    writeFileSync(join(folder, "other.nix"), module);
    return (await evaluate(folder, "nixosConfigurations.h")) as Seen;
  };

  it.skipIf(!isThere).each(rows.filter(([other]) => tried.test(other)))(
    "%s report each value that both define",
    async (_, module, refused) => {
      expect([...(await seen(module)).refused].sort()).toEqual([...refused].sort());
    },
  );

  it.skipIf(!isThere)("taps of VMs of other modules are unchanged", async () => {
    const { known, drops } = await seen(old(""));
    expect(known[0]).toBe('"microvm0", "microvm7"');
    expect(drops).toBe(true);
  });
});
