/**
 * Compares VMs of a shared guest with the same VMs alone and with separate NixOS configurations; on the stand-ins, and
 * on the modules of NixOS if they are available.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { identityOf } from "@microvm-emit/model/internal";
import { type Config, emit, type Vm } from "microvm-emit";
import { describe, expect, it } from "vitest";
import { emittedFlat, hostModule } from "./emitted.js";
import { evalFlake, nixes } from "./harness.js";
import { evaluateOnRig, rig } from "./rig.js";

if (rig === undefined) console.error("NOT TESTED: shared guests on the modules of NixOS. Set MICROVM_EMIT_RIG.");

type Evaluate = (folder: string, attr: string, apply: string) => Promise<unknown>;

const onStandIns: Evaluate = (folder, attr, apply) => {
  const [nix] = nixes();
  if (nix === undefined) throw new Error("no nix");
  return evalFlake(`path:${folder}`, attr, { nix, apply });
};

const configOf = (vms: Readonly<Record<string, Vm>>): Config => ({
  hosts: {
    h: {
      stateVersion: "25.05",
      modules: ["./host.nix"],
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: { br0: { address: "10.7.0.1/24", ipv6: "fd00:7::1/64" } },
      vms,
    },
  },
});

const emitted = (vms: Readonly<Record<string, Vm>>): string => emittedFlat(configOf(vms), { "host.nix": hostModule });

/** Facts of each VM that must be equal for shared and separate guests. */
const facts = `host:
  let
    systemOf = vm: if (vm.evaluatedConfig or null) != null then vm.evaluatedConfig else vm.config;
    without = builtins.removeAttrs;
    # Modules that give a guest its name, network and mounts.
    bringers = [ "systemd-network-generator" "systemd-tmpfiles-setup" "systemd-tmpfiles-resetup" ];
    factsOf = name: vm:
      let
        inherit ((systemOf vm).config) microvm networking users environment systemd services;
        inherit (host.microvm-emit.dropIns.\${name}) Service;
      in
      {
        inherit (networking) hostName;
        inherit (microvm) hypervisor vcpu mem socket machineId credentialFiles;
        interfaces = map (i: { inherit (i) type id mac bridge tap; }) microvm.interfaces;
        shares = builtins.sort (a: b: a.tag < b.tag) (map (s: { inherit (s) tag source mountPoint proto readOnly socket cache posixAcl extraArgs; }) microvm.shares);
        volumes = map (v: { inherit (v) image mountPoint size fsType readOnly autoCreate; }) microvm.volumes;
        cid = microvm.vsock.cid;
        scripts = builtins.mapAttrs (_: builtins.unsafeDiscardStringContext) (without microvm.binScripts [ "virtiofsd-run" ]);
        served = builtins.attrNames microvm.binScripts;
        users = builtins.mapAttrs (_: user: { inherit (user) uid group home; keys = user.openssh.authorizedKeys.keys; }) { inherit (users.users) alice; };
        packages = map (package: package.name or "") environment.systemPackages;
        units = builtins.filter (unit: !(builtins.elem unit bringers)) (builtins.attrNames systemd.services);
        hostKeys = map (key: key.path) services.openssh.hostKeys;
        restarts = Service.X-RestartIfChanged;
        inherit (vm) autostart restartIfChanged;
        notifies = Service.Type;
      };
  in
  {
    vms = builtins.mapAttrs factsOf host.microvm.vms;
    inherit (host.microvm) autostart;
    folders = builtins.concatMap (state: builtins.attrNames state.directories)
      (builtins.attrValues (builtins.fromJSON host.environment.etc."microvm/state.json".text));
    units = builtins.filter (unit: builtins.match "(install-)?microvm.*" unit != null) (builtins.attrNames host.systemd.services);
    failed = map (a: a.message) (builtins.filter (a: !a.assertion) host.assertions);
  }`;

interface Facts {
  readonly vms: Readonly<Record<string, unknown>>;
  readonly autostart: readonly string[];
  readonly folders: readonly string[];
  readonly units: readonly string[];
  readonly failed: readonly string[];
}

const drvPaths = `host: builtins.mapAttrs (name: vm:
  let system = if (vm.evaluatedConfig or null) != null then vm.evaluatedConfig else vm.config; in {
    guest = system.config.system.build.toplevel.drvPath;
    runner = system.config.microvm.declaredRunner.drvPath;
    triggers = builtins.length host.microvm-emit.dropIns.\${name}.Unit.X-Restart-Triggers;
  }) host.microvm.vms`;

interface Drv {
  readonly guest: string;
  readonly runner: string;
  readonly triggers: number;
}

/** Facts of each unit of a VM, except triggers, and restarts of its template. */
const units = `host:
  let
    inherit (host.systemd) services;
    templateOf = name: (services."\${builtins.head (builtins.split "@" name)}@" or { }).restartIfChanged or null;
    isOfVm = name: builtins.match "microvm.*@.+" name != null;
    factsOf = name: {
      template = templateOf name;
      says = { inherit (services.\${name}) serviceConfig requires after; unitConfig = builtins.removeAttrs services.\${name}.unitConfig [ "X-Restart-Triggers" ]; };
    };
  in
  builtins.listToAttrs (map (name: { inherit name; value = factsOf name; }) (builtins.filter isOfVm (builtins.attrNames services)))`;

/** The length of the kernel command line of each guest, and of the part that identifies the VM. */
const lengths = `host: builtins.mapAttrs (_: vm: {
  own = builtins.stringLength (toString (builtins.filter (p: builtins.match "systemd\\\\.(hostname|machine_id|set_credential_binary)=.*" p != null) vm.evaluatedConfig.config.microvm.kernelParams));
  all = builtins.stringLength (toString vm.evaluatedConfig.config.microvm.kernelParams);
}) host.microvm.vms`;

type Lengths = Readonly<Record<string, { readonly own: number; readonly all: number }>>;
type Units = Readonly<Record<string, { readonly template: boolean; readonly says: Readonly<Record<string, unknown>> }>>;
type Drvs = Readonly<Record<string, Drv>>;

/** All of these, since most of the time goes into one evaluation of the host. */
const everything = `host: { facts = (${facts}) host; lengths = (${lengths}) host; drvs = (${drvPaths}) host; units = (${units}) host; }`;

interface Everything {
  readonly facts: Facts;
  readonly lengths: Lengths;
  readonly drvs: Drvs;
  readonly units: Units;
}

const host = "nixosConfigurations.h.config";

/** Four VMs that share a guest, with different options that do not affect the guest. */
const vms: Readonly<Record<string, Vm>> = {
  plain: { index: 0 },
  small: { index: 1, vcpu: 1, memoryMiB: 512, autostart: true, restartIfChanged: true },
  shared: {
    index: 2,
    shares: [
      { tag: "docs", source: "/srv/docs", mountPoint: "/docs", readOnly: true },
      { tag: "data", source: "/srv/data" },
    ],
    environment: { PROJECT: "shared" },
    nameservers: ["9.9.9.9"],
  },
  disk: {
    index: 3,
    workspace: false,
    vsock: { cid: 99 },
    volumes: [{ image: "/vm/disk.img", mountPoint: "/var", sizeMiB: 1024 }],
    interfaces: [{}, { bridge: "br0", address: "10.7.0.77", ipv6: "fd00:7::77" }],
  },
};

const withEach = (change: (vm: Vm) => Vm): Readonly<Record<string, Vm>> =>
  Object.fromEntries(Object.entries(vms).map(([name, vm]) => [name, change(vm)]));

describe.each([
  { modules: "the stand-ins", evaluate: onStandIns, isThere: true },
  { modules: "NixOS's own modules", evaluate: evaluateOnRig, isThere: rig !== undefined },
])("on $modules, VMs of a shared guest", ({ evaluate, isThere }) => {
  const factsOf = async (given: Readonly<Record<string, Vm>>): Promise<Facts> =>
    (await evaluate(emitted(given), host, facts)) as Facts;
  const drvsOf = async (given: Readonly<Record<string, Vm>>): Promise<Drvs> =>
    (await evaluate(emitted(given), host, drvPaths)) as Drvs;
  let evaluated: Promise<Everything> | undefined;
  const together = (): Promise<Everything> =>
    (evaluated ??= evaluate(emitted(vms), host, everything) as Promise<Everything>);

  it.skipIf(!isThere)("and their host are the same as with separate guests", async () => {
    const [shared, own] = [(await together()).facts, await factsOf(withEach((vm) => ({ ...vm, guest: "own" })))];
    expect(shared).toEqual(own);
    expect(shared.failed).toEqual([]);
    expect(Object.keys(shared.vms)).toEqual(Object.keys(vms).sort());
    expect(shared.autostart).toEqual(["small"]);
    expect(shared.folders).toEqual(expect.arrayContaining(["/srv/docs", "/var/lib/microvm-host-keys/plain"]));
  });

  it.skipIf(!isThere)("are the same as each VM alone in its guest", async () => {
    const shared = (await together()).facts;
    for (const [name, vm] of Object.entries(vms))
      expect((await factsOf({ [name]: vm })).vms[name]).toEqual(shared.vms[name]);
  });

  it.skipIf(!isThere)("have as many characters on the kernel command line as in their plan", async () => {
    const found = (await together()).lengths;
    const result = emit(configOf(vms));
    if (result._tag === "Left") throw new Error(JSON.stringify(result.left));
    for (const vm of result.right.plan.hosts.flatMap((one) => one.vms)) {
      expect(found[vm.name]?.own, vm.name).toBe(identityOf(vm).length);
      // The length of the NixOS parameters and the space before them.
      expect(found[vm.name]?.all, vm.name).toBeLessThanOrEqual(identityOf(vm).length + 260);
    }
  });

  it.skipIf(!isThere)("have one system, and separate runners that do not depend on other VMs", async () => {
    const before = (await together()).drvs;
    expect(new Set(Object.values(before).map(({ guest }) => guest)).size).toBe(1);
    expect(new Set(Object.values(before).map(({ runner }) => runner)).size).toBe(4);
    const { plain = {}, ...others } = vms;
    const changes = {
      "a new VM": { ...vms, another: { index: 9 } },
      "the first one gone": others,
      "the first one renamed": { ...others, renamed: plain },
      "the first one smaller": { ...vms, plain: { ...plain, memoryMiB: 256 } },
    };
    for (const [what, changed] of Object.entries(changes)) {
      const after = await drvsOf(changed);
      for (const name of Object.keys(others)) expect(after[name], what).toEqual(before[name]);
      for (const { guest } of Object.values(after)) expect(guest, what).toBe(before["plain"]?.guest);
      expect(
        Object.values(after).map(({ runner }) => runner),
        what,
      ).not.toEqual(Object.values(before).map(({ runner }) => runner));
    }
    // The system of the guest in microvm.nix, and the runner.
    expect(Object.values(before).map(({ triggers }) => triggers)).toEqual([2, 2, 2, 2]);
  });

  it.skipIf(!isThere)("have all units of microvm.nix except those that repeat their template", async () => {
    const full = emitted(vms);
    const file = join(full, "microvm-emit/vm/microvm-host.nix");
    const text = readFileSync(file, "utf8");
    const whole = text.replace("service != redundant", "true");
    expect(whole).not.toBe(text);
    writeFileSync(file, whole);
    const [kept, all] = [(await together()).units, (await evaluate(full, host, units)) as Units];
    const without = Object.entries(all).filter(([name]) => kept[name] === undefined);
    const names = ["microvm-pci-devices", "microvm-tap-interfaces", "microvm-virtiofsd"];
    expect(without.map(([name]) => name).sort()).toEqual(
      names.flatMap((unit) => ["disk", "plain", "shared"].map((vm) => `${unit}@${vm}`)),
    );
    for (const [, { template, says }] of without) {
      expect(template).toBe(false);
      expect(says).toEqual({
        serviceConfig: { "X-RestartIfChanged": ["", false] },
        unitConfig: {},
        requires: [],
        after: [],
      });
    }
    for (const [name, unit] of Object.entries(kept)) expect(unit, name).toEqual(all[name]);
  });
});
