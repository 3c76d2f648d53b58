/** VMs that left the configuration, and the folders of renamed ones. */
import type { Config } from "microvm-emit";
import { describe, expect, it } from "vitest";
import { emitted, emittedFlat, hostModule } from "./emitted.js";
import { evalFlake, nixes } from "./harness.js";
import { evaluateOnRig, rig } from "./rig.js";

if (rig === undefined) console.error("NOT TESTED: removed VMs on the modules of NixOS. Set MICROVM_EMIT_RIG.");

const config: Config = {
  hosts: {
    h: {
      stateVersion: "25.11",
      modules: ["./host.nix"],
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: { br0: { address: "10.7.0.1/24" } },
      vms: {
        new: { renamedFrom: "old", agent: "claude-code", agentState: "own" },
        // The folders do not have the name of the VM.
        moved: { renamedFrom: "former", workspace: "/srv/moved", sshHostKeys: false },
        other: {},
      },
    },
  },
};

const FACTS = `config: {
  settings = builtins.fromJSON config.environment.etc."microvm/retire.json".text;
  inherit (config.systemd.services.microvm-retire) wantedBy;
  inherit (config.systemd.services.microvm-retire) before;
  inherit (config.systemd.services.microvm-install) requires;
  failed = map (assertion: assertion.message) (builtins.filter (assertion: !assertion.assertion) config.assertions);
}`;

const files = (module: string): Readonly<Record<string, string>> => ({ "host.nix": module });
const attribute = "nixosConfigurations.h.config";
const evaluations: readonly (readonly [string, boolean, (module: string) => Promise<unknown>])[] = [
  ...nixes().map(
    (nix) =>
      [
        `the options of the tests, ${nix.version}`,
        true,
        (module: string) => evalFlake(emitted(config, files(module)), attribute, { nix, apply: FACTS }),
      ] as const,
  ),
  [
    "the modules of NixOS",
    rig !== undefined,
    (module: string) => evaluateOnRig(emittedFlat(config, files(module)), attribute, FACTS),
  ],
];

describe.each(evaluations)("with %s", (_, canRun, evaluate) => {
  it.skipIf(!canRun)("a host stops removed VMs, and moves the folders of renamed ones", async () => {
    expect(await evaluate(hostModule)).toEqual({
      settings: {
        vms: ["moved", "new", "other"],
        declared: ["moved", "new", "other"],
        renamed: {
          new: {
            before: "old",
            folders: [
              "/var/lib/microvms",
              "/var/lib/microvm-host-keys",
              "/home/alice/microvm",
              "/home/alice/claude-microvm-vms",
            ],
            exposed: [],
          },
          moved: { before: "former", folders: ["/var/lib/microvms"], exposed: [] },
        },
      },
      before: ["microvm-install.service"],
      wantedBy: ["multi-user.target"],
      requires: ["microvm-retire.service"],
      failed: [],
    });
  });

  it.skipIf(!canRun)("a former name that is still a VM is an error", async () => {
    const module = hostModule.replace("{", "{ microvm.vms.old.config = { };");
    const { failed } = (await evaluate(module)) as { readonly failed: readonly string[] };
    expect(failed.join("\n")).toContain("The former name of the VM new, old, is still a VM");
  });
});
