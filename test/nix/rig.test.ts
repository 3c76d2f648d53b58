/**
 * Compares the table of hypervisors with the runners of microvm.nix: accepted settings evaluate, rejected settings
 * throw. Also tests the arguments of virtiofsd.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config, Vm } from "microvm-emit";
import { describe, expect, it } from "vitest";
import { asking, bare, cells } from "../../packages/microvm-model/test/matrix.js";
import { emittedFlat, hostModule } from "./emitted.js";
import { evaluateOnRig, rig } from "./rig.js";

if (rig === undefined) console.error("NOT TESTED: hypervisors on the modules of microvm.nix. Set MICROVM_EMIT_RIG.");
else console.error("NOT TESTED: graphics and the options of firecracker on the modules of microvm.nix.");

/** Stand-ins of hypervisors that the package set of the rig may lack. A runner contains only the path of its hypervisor. */
const hypervisors = `{ lib, pkgs, ... }: {
  microvm.vmHostPackages = pkgs // lib.genAttrs [ "alioth" "kvmtool" "stratovirt" ] (name: pkgs.\${name} or (pkgs.writeText name ""));
}`;

/** The flake of a VM, by default with a separate guest. `runner` has a runner for each hypervisor. */
const emitted = (vm: Vm): string => {
  const config: Config = {
    hosts: {
      h: {
        stateVersion: "25.05",
        modules: ["./host.nix"],
        user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
        bridges: { br0: { address: "10.7.0.1/24" } },
        // A second VM, so that the guest is shared.
        vms: {
          a: { guest: "own", modules: ["./hypervisors.nix"], ...vm },
          ...(vm.guest === "shared" && { twin: { modules: ["./hypervisors.nix"], ...vm, shares: [] } }),
        },
      },
    },
  };
  return emittedFlat(config, { "host.nix": hostModule, "hypervisors.nix": hypervisors });
};

/** Applies a function to `microvm.runner` of the guest. */
const evaluate = (folder: string, apply: string): Promise<unknown> =>
  evaluateOnRig(folder, "nixosConfigurations.h.config.microvm.vms.a.config.config.microvm.runner", apply);

/** Errors in the code of a runner, which `tryEval` does not catch. */
const isCrash = ({ what, name }: (typeof cells)[number]): boolean =>
  ((name === "crosvm" || name === "firecracker") && what === "no-socket") ||
  (name === "stratovirt" && what.startsWith("9p")) ||
  (name === "kvmtool" && what.startsWith("device-"));

/** Attributes that the package set of the rig lacks: `formats` for the configuration of firecracker, and graphics. */
const isBeyondRig = ({ what, name, mark }: (typeof cells)[number]): boolean =>
  what.startsWith("graphics") ||
  (name === "firecracker" && (mark !== "!" || ["user", "macvtap", "bridge"].includes(what)));

/** Settings of features that a hypervisor may not support. */
const isPart = (what: string): boolean => what === "9p-owners" || what === "device-qemu";

const rows = Object.entries(asking)
  .filter(([what]) => !isPart(what))
  .map(([what, [, settings]]) => {
    const row = cells.filter((cell) => cell.what === what && cell.name !== "vfkit" && !isBeyondRig(cell));
    // A config that no hypervisor supports completely is emitted for the hypervisor with the most support.
    const { name } = row.find(({ mark }) => mark === "+") ?? { name: "qemu" };
    return { what, row, vm: { ...bare, ...settings, hypervisor: name } as Vm };
  });

describe.skipIf(rig === undefined)("microvm.nix's runners", () => {
  it.each(rows.filter(({ row }) => row.length > 0))("support $what as in the table", async ({ row, vm }) => {
    const folder = emitted(vm);
    const tried = row.filter((cell) => !isCrash(cell));
    const names = tried.map(({ name }) => JSON.stringify(name)).join(" ");
    const seen = await evaluate(
      folder,
      `runners: builtins.listToAttrs (map (name: {
        inherit name;
        value = (builtins.tryEval runners.\${name}.drvPath).success;
      }) [ ${names} ])`,
    );
    expect(seen).toEqual(Object.fromEntries(tried.map(({ name, mark }) => [name, mark !== "!"])));
    for (const { name } of row.filter(isCrash))
      await expect(evaluate(folder, `runners: runners.${name}.drvPath`)).rejects.toThrow();
  });

  it("throw for vfkit on Linux", async () => {
    const folder = emitted({ ...bare, hypervisor: "qemu" } as Vm);
    await expect(evaluate(folder, "runners: runners.vfkit.drvPath")).rejects.toThrow(/vfkit only works on macOS/);
  });
});

describe.skipIf(rig === undefined)("microvm.nix's daemons", () => {
  /** The script that starts the daemon of each share of a VM, by tag. */
  const daemonsOf = async (guest: "shared" | "own", tags: readonly string[]): Promise<Record<string, string>> => {
    const shares = [
      { tag: "data", source: "/srv/data", readOnly: true },
      { tag: "kept", source: "/srv/kept", owners: "guest" as const },
    ];
    const folder = emitted({ guest, shares });
    const system = guest === "own" ? "config" : "evaluatedConfig";
    const drvs = (await evaluateOnRig(
      folder,
      `nixosConfigurations.h.config.microvm.vms.a.${system}.config.microvm.binScripts.virtiofsd-run`,
      "script: builtins.attrNames (builtins.getContext script)",
    )) as readonly string[];
    const read = (drv: string): string => readFileSync(join(String(rig), "store", drv), "utf8");
    const configuration = drvs
      .filter((drv) => drv.endsWith("virtiofsd-supervisord.conf.drv"))
      .map(read)
      .join("");
    const scriptOf = (tag: string): string => {
      const [drv] = new RegExp(`/nix/store/[a-z0-9]+-virtiofsd-${tag}\\.drv`).exec(configuration) ?? [];
      if (drv === undefined) throw new Error(`There is no daemon of ${tag}.`);
      return read(drv);
    };
    return Object.fromEntries(tags.map((tag) => [tag, scriptOf(tag)]));
  };

  it.each(["shared", "own"] as const)(
    "squash owners of writable shares, and serve other shares read-only (guest: %s)",
    async (guest) => {
      const daemons = await daemonsOf(guest, ["ro-store", "ssh-keys", "workspace", "data", "kept"]);
      const [uid, gid] = ["uid=squash-guest:0:1000", "gid=squash-guest:0:100"].map(
        (id) => `--translate-${id}:4294967295`,
      );
      const told = Object.entries(daemons).map(([tag, script]) => [
        tag,
        ["--readonly", "--posix-acl", uid, gid].filter((argument) => script.includes(String(argument))),
      ]);
      expect(Object.fromEntries(told)).toEqual({
        "ro-store": ["--readonly", "--posix-acl"],
        "ssh-keys": ["--readonly", "--posix-acl"],
        workspace: [uid, gid],
        data: ["--readonly", "--posix-acl"],
        kept: ["--posix-acl"],
      });
    },
  );
});
