/** Tests shares and volumes that modules of a guest need: in the initrd, as the root, in the folder of the VM. */
import type { Config, Vm } from "microvm-emit";
import { beforeAll, describe, expect, it } from "vitest";
import { emittedFlat, hostModule } from "./emitted.js";
import { evalFlake, nixes } from "./harness.js";
import { evaluateOnRig, rig } from "./rig.js";

if (rig === undefined) console.error("NOT TESTED: shares and volumes on the modules of NixOS. Set MICROVM_EMIT_RIG.");

const user = { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] };

const facts = `vms: builtins.mapAttrs (_: vm:
  let
    guest = (if (vm.evaluatedConfig or null) != null then vm.evaluatedConfig else vm.config).config;
    failed = map (assertion: assertion.message) (builtins.filter (assertion: !assertion.assertion) guest.assertions);
  in
  {
    inherit failed;
    whole = failed != [ ] || guest.system.build.toplevel.drvPath != "";
    mounts = builtins.mapAttrs (_: mount: [ (if mount.device == null then "" else mount.device) mount.fsType mount.neededForBoot ]) guest.fileSystems;
    shares = builtins.listToAttrs (map (share: { name = share.tag; value = share.source; }) guest.microvm.shares);
  }) vms`;

interface Facts {
  readonly failed: readonly string[];
  readonly whole: boolean;
  readonly mounts: Readonly<Record<string, readonly [device: string, fsType: string, neededForBoot: boolean]>>;
  readonly shares: Readonly<Record<string, string>>;
}

const persist = { tag: "persist", source: "/srv/persist", mountPoint: "/persist" };

/** Guests by test case. */
const vms = {
  marked: { shares: [{ ...persist, neededForBoot: true }], modules: ["./persist.nix"] },
  unmarked: { shares: [persist], modules: ["./persist.nix"] },
  // Has the same guest as `unmarked`.
  twin: { shares: [persist], modules: ["./persist.nix"] },
  own: { guest: "own", shares: [persist], modules: ["./persist.nix"] },
  immutable: { modules: ["./immutable.nix"] },
  rooted: { volumes: [{ image: "root.img", mountPoint: "/", sizeMiB: 8192 }] },
  labelled: {
    volumes: [
      { image: "root.img", mountPoint: "/", sizeMiB: 8192, label: "root" },
      { image: "data.img", mountPoint: "/data", sizeMiB: 8192, neededForBoot: true },
    ],
  },
  kept: {
    volumes: [
      { image: "root.img", mountPoint: "/", sizeMiB: 8192 },
      { image: "store.img", mountPoint: "/nix/.rw-store", sizeMiB: 8192 },
      { image: "late.img", mountPoint: "/late", sizeMiB: 64 },
    ],
  },
  relative: { shares: [{ tag: "home", source: "home", mountPoint: "/home" }] },
} satisfies Readonly<Record<string, Vm>>;

const config: Config = {
  hosts: {
    h: { stateVersion: "25.05", modules: ["./host.nix"], user, bridges: { br0: { address: "10.7.0.1/24" } }, vms },
  },
};

describe.each([
  ["stand-ins", false],
  ["NixOS's own modules", true],
])("on %s, a guest", (_, onRig) => {
  describe.skipIf(onRig && rig === undefined)("", () => {
    let guests: Readonly<Record<keyof typeof vms, Facts>>;
    beforeAll(async () => {
      const flake = emittedFlat(config, {
        "host.nix": hostModule,
        "persist.nix": '{ fileSystems."/persist".neededForBoot = true; }',
        "immutable.nix": "{ users.mutableUsers = false; }",
      });
      const attr = "nixosConfigurations.h.config.microvm.vms";
      const [nix] = nixes();
      if (nix === undefined) throw new Error("no nix");
      guests = (await (onRig
        ? evaluateOnRig(flake, attr, facts)
        : evalFlake(`path:${flake}`, attr, { nix, apply: facts }))) as typeof guests;
    }, 600_000);

    it.each(["marked", "own"] as const)("mounts a share in the initrd when a module needs it (%s)", (name) => {
      const { failed, whole, mounts } = guests[name];
      expect({ failed, whole, persist: mounts["/persist"] }).toEqual({
        failed: [],
        whole: true,
        persist: ["persist", "virtiofs", true],
      });
    });

    it("fails an assertion for a file system without a device, with the setting for a share", () => {
      expect(guests.unmarked.failed).toEqual([
        expect.stringMatching(
          /^`fileSystems\."\/persist"` has no device\. In microvm-emit's config, set `neededForBoot: true` if it is a share/,
        ),
      ]);
    });

    it("needs no password when users are immutable", () => {
      const { failed, whole } = guests.immutable;
      expect({ failed, whole }).toEqual({ failed: [], whole: true });
    });

    it.each([
      ["rooted", "/dev/vda"],
      ["labelled", "/dev/disk/by-label/root"],
    ] as const)("has its root on a volume, and the store overlay in memory (%s)", (name, device) => {
      const { failed, whole, mounts } = guests[name];
      expect({ failed, whole, root: mounts["/"]?.slice(0, 2), overlay: mounts["/nix/.rw-store"] }).toEqual({
        failed: [],
        whole: true,
        root: [device, "ext4"],
        overlay: ["tmpfs", "tmpfs", true],
      });
    });

    it("has the store overlay on a volume when one is mounted there", () => {
      const { failed, whole, mounts } = guests.kept;
      expect({ failed, whole, overlay: mounts["/nix/.rw-store"] }).toEqual({
        failed: [],
        whole: true,
        overlay: ["/dev/vdb", "ext4", true],
      });
    });

    it("mounts other volumes after the initrd", () => {
      expect(guests.kept.mounts["/late"]).toEqual(["/dev/vdc", "ext4", false]);
    });

    it("mounts a volume in the initrd", () => {
      expect(guests.labelled.mounts["/data"]).toEqual(["/dev/vdb", "ext4", true]);
    });

    it("has a share in the folder of the VM", () => {
      const { failed, whole, shares } = guests.relative;
      expect({ failed, whole, home: shares["home"] }).toEqual({
        failed: [],
        whole: true,
        home: "/var/lib/microvms/relative/home",
      });
    });
  });
});
