/** VMs are known by name on their host: to ssh, in /etc/hosts and to microvm-emit's commands. */
import type { Config } from "microvm-emit";
import { describe, expect, it } from "vitest";
import { parseFacts, plannedFacts } from "../../packages/emit/src/vm/facts.js";
import { plan } from "../../packages/emit/src/emit.js";
import { emitted, emittedFlat, hostModule } from "./emitted.js";
import { evalFlake, nixes } from "./harness.js";
import { evaluateOnRig, rig } from "./rig.js";

if (rig === undefined) console.error("NOT TESTED: names of VMs on the modules of NixOS. Set MICROVM_EMIT_RIG.");

const config: Config = {
  hosts: {
    h: {
      stateVersion: "25.11",
      modules: ["./host.nix"],
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: { br0: { address: "10.7.0.1/24" } },
      vms: {
        a: { agent: "claude-code", workspace: "~/work" },
        // Two VMs that share a guest.
        b: { workspace: { repo: "~/src/b" } },
        c: { workspace: false, sshHostKeys: false },
        h: { workspace: { repo: "~/src/h" } },
      },
    },
  },
};

const FACTS = `config: {
  facts = config.environment.etc."microvm/vms.json".text;
  ssh = config.programs.ssh.extraConfig;
  inherit (config.networking) hosts;
}`;

interface Names {
  readonly facts: string;
  readonly ssh: string;
  readonly hosts: Readonly<Record<string, readonly string[]>>;
}

const attribute = "nixosConfigurations.h.config";
const ways: readonly (readonly [string, boolean, () => Promise<unknown>])[] = [
  ...nixes().map(
    (nix) =>
      [
        `the options of the tests, ${nix.version}`,
        true,
        () => evalFlake(emitted(config, { "host.nix": hostModule }), attribute, { nix, apply: FACTS }),
      ] as const,
  ),
  [
    "the modules of NixOS",
    rig !== undefined,
    () => evaluateOnRig(emittedFlat(config, { "host.nix": hostModule }), attribute, FACTS),
  ],
];

describe.each(ways)("with %s", (_, canRun, evaluate) => {
  it.skipIf(!canRun)("a host has the facts of its plan, and a name and a known key for each VM", async () => {
    const { facts, ssh, hosts } = (await evaluate()) as Names;
    const planned = plan(config);
    if (planned._tag === "Left") throw new Error(JSON.stringify(planned.left));
    const [host] = planned.right.plan.hosts;
    if (host === undefined) throw new Error("The plan has no host.");
    expect(parseFacts(facts)).toEqual(plannedFacts(host));
    expect(plannedFacts(host).vms.get("a")).toMatchObject({
      addresses: ["10.7.0.2"],
      user: "alice",
      workspace: "/home/alice/work",
      agent: "claude --dangerously-skip-permissions",
      sshHostKeys: "/var/lib/microvm-host-keys/a",
      images: ["var.img"],
    });

    const blocks = new Map(
      ssh
        .split(/^Host /m)
        .slice(1)
        .map((block) => [block.split("\n")[0], block.split("\n").slice(1)] as const),
    );
    // A VM with the name of its host does not replace the host.
    expect([...blocks.keys()]).toEqual(["a", "b", "c", "*"]);
    expect(blocks.get("a")).toEqual([
      "  HostName 10.7.0.2",
      "  User alice",
      "  HostKeyAlias a",
      "  UserKnownHostsFile /run/microvm-known-hosts/a",
      "  StrictHostKeyChecking yes",
      "  ForwardAgent no",
      "  ForwardX11 no",
      "",
    ]);
    expect(blocks.get("c")?.join("\n")).not.toContain("KnownHosts");
    expect(blocks.get("*")?.join("")).toBe("");
    expect(["10.7.0.2", "10.7.0.3", "10.7.0.4", "10.7.0.5"].map((address) => hosts[address])).toEqual([
      ["a"],
      ["b"],
      ["c"],
      undefined,
    ]);
  });
});
