/**
 * Tests the evaluated units of VMs on the host: hardening, limits, order and overrides. Also tests logins to guests.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ast, type Config, type Vm } from "microvm-emit";
import { describe, expect, it } from "vitest";
import { emittedFlat, hostModule } from "./emitted.js";
import { evalFlake, nixes, temporaryFolder } from "./harness.js";
import { guestConfig } from "./identity.js";
import { evaluateOnRig, rig } from "./rig.js";
import { type ServiceConfig, unitFile } from "./unit-file.js";

/** Maximum exposure of each unit, from 0 to 10. */
const most = {
  "microvm@": 4.1,
  "microvm-virtiofsd@": 5,
  "microvm-state@": 2.3,
  "microvm-secrets@": 1.9,
  "microvm-policy": 1.8,
  "microvm-resolver": 1.8,
} as const;

const canAnalyze = ((): boolean => {
  try {
    return execFileSync("systemd-analyze", ["--help"], { encoding: "utf8" }).includes("--offline");
  } catch {
    return false;
  }
})();
if (!canAnalyze) console.error("NOT TESTED: the exposure of units. It needs systemd-analyze 250 or later.");
if (rig === undefined) console.error("NOT TESTED: units of the host on the modules of NixOS. Set MICROVM_EMIT_RIG.");

type Evaluate = (flake: string, attr: string, apply: string) => Promise<unknown>;

const onStandIns: Evaluate = (flake, attr, apply) => {
  const [nix] = nixes();
  if (nix === undefined) throw new Error("no nix");
  return evalFlake(`path:${flake}`, attr, { nix, apply });
};
const withVms = (vms: Readonly<Record<string, Vm>>, module = "{ }"): string => {
  const config: Config = {
    hosts: {
      h: {
        stateVersion: "25.05",
        modules: ["./host.nix", "./module.nix"],
        user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
        bridges: { br0: { address: "10.7.0.1/24" } },
        vms,
      },
    },
  };
  return emittedFlat(config, { "host.nix": hostModule, "module.nix": module });
};

/** The exposure of a unit by systemd-analyze. */
const exposureOf = (name: string, text: string): number => {
  const file = join(temporaryFolder(), `${name}.service`);
  writeFileSync(file, text);
  const report = execFileSync("systemd-analyze", ["security", "--offline=yes", "--no-pager", file], {
    encoding: "utf8",
    stdio: "pipe",
  });
  const [, exposure] = /Overall exposure level for \S+: ([\d.]+)/.exec(report) ?? [];
  if (exposure === undefined) throw new Error(report);
  return Number(exposure);
};

const host = "nixosConfigurations.h.config";
const names = Object.keys(most) as (keyof typeof most)[];
const secretive: Vm = { secrets: { KEY: "/run/secrets/key" } };

/** The `serviceConfig` of services and of drop-ins for VMs; null for a missing unit. */
const servicesOf = (evaluate: Evaluate, flake: string, wanted: readonly string[]): Promise<unknown> =>
  evaluate(
    flake,
    host,
    `host: let
      valueOf = name: host.systemd.services.\${name}.serviceConfig or dropIns.\${name} or null;
      dropIns = builtins.listToAttrs (builtins.attrValues (builtins.mapAttrs
        (name: dropIn: { name = "microvm@\${name}"; value = dropIn.Service; }) host.microvm-emit.dropIns));
    in builtins.listToAttrs (map (name: { inherit name; value = valueOf name; }) [ ${wanted
      .map((name) => JSON.stringify(name))
      .join(" ")} ])`,
  );

it("docs/isolation-details.md contains the exposure of all units", () => {
  const page = readFileSync(new URL("../../docs/isolation-details.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `(microvm[a-z-]*@?)` +\| +([\d.]+) +\|/gm)];
  expect(Object.fromEntries(rows.map(([, name = "", score]) => [name, Number(score)]))).toEqual(most);
});

describe.each([
  { modules: "the stand-ins", evaluate: onStandIns, isThere: true },
  { modules: "NixOS's own modules", evaluate: evaluateOnRig, isThere: rig !== undefined },
])("on $modules, units of VMs on the host", ({ modules, evaluate, isThere }) => {
  it.skipIf(!isThere || !canAnalyze)("do not exceed their maximum exposure", async () => {
    const flake = withVms({ a: { ...secretive, network: "allowlist" } });
    const texts = (
      modules === "the stand-ins"
        ? Object.fromEntries(
            Object.entries((await servicesOf(evaluate, flake, names)) as Readonly<Record<string, ServiceConfig>>).map(
              ([name, service]) => [name, unitFile({ ExecStart: "/bin/true", ...service })],
            ),
          )
        : await evaluate(
            flake,
            `${host}.systemd.units`,
            `units: builtins.mapAttrs (name: _: builtins.unsafeDiscardStringContext units."\${name}.service".text) { ${names
              .map((name) => `"${name}" = null;`)
              .join(" ")} }`,
          )
    ) as Readonly<Record<keyof typeof most, string>>;
    const seen = names.map((name) => ({ unit: name, exposure: exposureOf(name, texts[name]), most: most[name] }));
    console.table(seen);
    expect(seen.filter((row) => row.exposure > row.most)).toEqual([]);
  });

  it.skipIf(!isThere)("are in microvm.slice, and have the limits of the config", async () => {
    const limits = { cpuPercent: 250, memoryMiB: 6144, ioWeight: 20, tasks: 512 };
    const flake = withVms({ a: { limits }, b: {} });
    const services = (await servicesOf(evaluate, flake, [
      "microvm@",
      "microvm-virtiofsd@",
      "microvm@a",
      "microvm@b",
    ])) as Readonly<Record<string, ServiceConfig>>;
    const share = { Slice: "microvm.slice", CPUWeight: 100, IOWeight: 100 };
    expect(services["microvm@"]).toMatchObject({ ...share, TasksMax: 4096 });
    expect(services["microvm-virtiofsd@"]).toMatchObject(share);
    // The settings of the VM in its drop-in, without those of microvm.nix.
    const {
      "X-RestartIfChanged": _,
      Type: __,
      Environment: ___,
      ExecStartPre: ____,
      ...own
    } = services["microvm@a"] ?? {};
    expect(own).toEqual({ CPUQuota: "250%", MemoryMax: "6144M", IOWeight: 20, TasksMax: 512 });
    expect(Object.keys(services["microvm@b"] ?? {})).not.toContain("TasksMax");
    expect(await evaluate(flake, `${host}.systemd.slices.microvm.sliceConfig`, "slice: slice")).toEqual({
      CPUWeight: 100,
      IOWeight: 100,
    });
  });

  it.skipIf(!isThere)("let a hypervisor gain privileges when its VM needs them", async () => {
    const confined = async (vms: Readonly<Record<string, Vm>>): Promise<readonly unknown[]> => {
      const { "microvm@": unit = {} } = (await servicesOf(evaluate, withVms(vms), ["microvm@"])) as Readonly<
        Record<string, ServiceConfig>
      >;
      return [unit["NoNewPrivileges"] ?? false, unit["CapabilityBoundingSet"] ?? "all", unit["ProtectSystem"]];
    };
    const qemu: Vm = { hypervisor: "qemu", vcpu: 1 };
    expect(await confined({ a: {}, b: { ...qemu, network: "open", interfaces: [{ type: "user" }] } })).toEqual([
      true,
      "",
      "full",
    ]);
    expect(await confined({ a: {}, b: { ...qemu, network: "open", interfaces: [{ type: "bridge" }] } })).toEqual([
      false,
      "all",
      "full",
    ]);
    const both: Vm = { ...qemu, network: "open", interfaces: [{ type: "bridge" }, { type: "user" }] };
    expect(await confined({ a: {}, b: both })).toEqual([false, "all", "full"]);
    expect(await confined({ a: {}, b: { ...qemu, runAs: "alice" } })).toEqual([false, "all", "full"]);
  });

  it.skipIf(!isThere)("start in order with their requirements", async () => {
    const flake = withVms({ a: { workspace: "/srv/a", agent: false, sshHostKeys: false, network: "none" } });
    const seen = await evaluate(
      flake,
      host,
      `host: let
        inherit (host.systemd) services;
        has = wanted: given: builtins.filter (unit: builtins.elem unit given) wanted;
        state = [ "microvm-state@%i.service" ];
        policy = [ "microvm-policy.service" ];
      in {
        before = services."microvm-state@".before;
        restart = services."microvm-state@".restartIfChanged;
        requires = map (name: has (state ++ policy) services.\${name}.requires) [ "microvm@" "microvm-virtiofsd@" ];
        after = has policy services."microvm@".after;
        mounts = host.microvm-emit.dropIns.a.Unit.RequiresMountsFor;
      }`,
    );
    expect(seen).toEqual({
      before: ["microvm-virtiofsd@%i.service", "microvm@%i.service"],
      restart: false,
      requires: [["microvm-state@%i.service", "microvm-policy.service"], ["microvm-state@%i.service"]],
      after: ["microvm-policy.service"],
      mounts: ["/srv/a"],
    });
  });

  it.skipIf(!isThere)("prepare images, and the guest grows their filesystems", async () => {
    const image = (mountPoint: string, more: object = {}): object => ({ mountPoint, sizeMiB: 64, ...more });
    const volumes = [
      image("/var", { image: "var.img" }),
      image("/fat", { image: "fat.img", fsType: "vfat", label: "DATA" }),
      image("/old", { image: "/srv/old.img", autoCreate: false, sizeMiB: undefined }),
      image("/nix/.rw-store", { image: "rw.img", fsType: "xfs" }),
    ];
    const flake = withVms({ a: { volumes, writableStoreOverlay: "/nix/.rw-store" } as Vm });
    const before = (await evaluate(
      flake,
      `${host}.microvm-emit.dropIns.a.Service.ExecStartPre`,
      "lines: map builtins.unsafeDiscardStringContext lines",
    )) as readonly string[];
    expect(
      before.map((line) => line.replace(/^(-?)\S+\/bin\/bash \S+image\.sh /, "$1").replace(/"\S*\/bin\//, '"')),
    ).toEqual([
      "-renew rw.img",
      "-grow var.img 64",
      "-grow fat.img 64",
      "-grow rw.img 64",
      'create var.img 64 "mkfs.ext4"',
      'create fat.img 64 "mkfs.vfat" "-n" "DATA"',
      'create rw.img 64 "mkfs.xfs"',
    ]);
    expect(
      await evaluate(
        flake,
        `${host}.microvm.vms.a`,
        `vm: builtins.mapAttrs (_: mount: mount.autoResize) (builtins.intersectAttrs { "/var" = 1; "/fat" = 1; "/old" = 1; "/nix/.rw-store" = 1; } (${guestConfig} vm).fileSystems)`,
      ),
    ).toEqual({ "/var": true, "/fat": false, "/old": true, "/nix/.rw-store": true });
  });

  it.skipIf(!isThere)("protect the runner of a running VM from the garbage collector", async () => {
    const { "microvm@": unit = {} } = (await servicesOf(evaluate, withVms({ a: {} }), ["microvm@"])) as Readonly<
      Record<string, ServiceConfig>
    >;
    const [nix] = nixes();
    const root = temporaryFolder();
    const nixStore = (...args: readonly string[]): string =>
      execFileSync("nix-store", ["--store", `local?root=${root}`, ...args], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
    expect(nix).toBeDefined();
    writeFileSync(join(root, "runner"), "what was started");
    const runner = nixStore("--add", join(root, "runner"));
    const isKept = (): boolean => {
      nixStore("--gc");
      return existsSync(join(root, runner));
    };
    mkdirSync(join(root, "var/lib/microvms/a"), { recursive: true });
    symlinkSync(runner, join(root, "var/lib/microvms/a/current"));
    /** Runs the command as systemd does, with paths in the folder. */
    const run = (setting: string): void => {
      const command =
        [unit[setting] ?? []]
          .flat()
          .map(String)
          .find((line) => line.includes("gcroots")) ?? "exit 1";
      const here = command
        .replace(/^-\+/, "")
        .replaceAll("%i", "a")
        .replaceAll("$$", "$")
        .replaceAll(/\/[^\s"(]*\/[a-z0-9]{32}-[^\s"/]+\/bin\//g, "")
        .replaceAll(/(?=\/(nix\/var|var\/lib)\/)/g, root);
      execFileSync("sh", ["-c", here.replace(/-c "(.*)"$/, "-c '$1'")]);
    };
    run("ExecStartPre");
    expect(isKept()).toBe(true);
    // The host switches to another system while the VM runs.
    rmSync(join(root, "var/lib/microvms/a/current"));
    expect(isKept()).toBe(true);
    run("ExecStopPost");
    expect(isKept()).toBe(false);
  });

  it.skipIf(!isThere)("can be overridden by modules of the host", async () => {
    const module = `{ systemd.services."microvm@".serviceConfig = { NoNewPrivileges = false; TasksMax = 99; }; systemd.slices.microvm.sliceConfig.CPUWeight = 20; }`;
    const flake = withVms({ a: {} }, module);
    const services = await servicesOf(evaluate, flake, ["microvm@"]);
    expect(services).toMatchObject({ "microvm@": { NoNewPrivileges: false, TasksMax: 99 } });
    expect(await evaluate(flake, `${host}.systemd.slices.microvm.sliceConfig.CPUWeight`, "weight: weight")).toBe(20);
  });

  it.skipIf(!isThere)("have drop-ins with the settings of microvm.nix", async () => {
    const flake = withVms({ a: { restartIfChanged: true, workspace: "/srv/a", agent: false, sshHostKeys: false } });
    const dropIn = await evaluate(
      flake,
      `${host}.microvm-emit.dropIns.a`,
      `{ Unit, Service }: {
        names = builtins.mapAttrs (_: builtins.attrNames) { inherit Unit Service; };
        triggers = builtins.length Unit.X-Restart-Triggers;
        inherit (Service) Type X-RestartIfChanged;
      }`,
    );
    expect(dropIn).toEqual({
      names: {
        Unit: ["RequiresMountsFor", "X-Restart-Triggers"],
        Service: ["ExecStartPre", "Type", "X-RestartIfChanged"],
      },
      triggers: 2,
      Type: "notify",
      "X-RestartIfChanged": ["", true],
    });
  });

  it.skipIf(!isThere)("keep their template when a module of the host changes the unit of one VM", async () => {
    const changed = ["microvm@a", "microvm-virtiofsd@a", "microvm-state@a"];
    const module = `{ systemd.services = builtins.listToAttrs (map (name: { inherit name; value.serviceConfig.Nice = 5; }) [ ${changed
      .map((name) => `"${name}"`)
      .join(" ")} ]); }`;
    const kinds = await evaluate(
      withVms({ a: {} }, module),
      `${host}.systemd.services`,
      `services: map (name: { inherit (services.\${name}) overrideStrategy path; inherit (services.\${name}.serviceConfig) Nice; }) [ ${changed
        .map((name) => `"${name}"`)
        .join(" ")} ]`,
    );
    expect(kinds).toEqual(changed.map(() => ({ overrideStrategy: "asDropin", path: [], Nice: 5 })));
  });

  it.skipIf(!isThere)("do not exist on a host without VMs", async () => {
    const flake = withVms({ a: { limits: { tasks: 9 } } }, "{ microvm.host.enable = false; }");
    expect(await servicesOf(evaluate, flake, ["microvm@", "microvm@a"])).toEqual({
      "microvm@": null,
      "microvm@a": null,
    });
  });

  describe("guests", () => {
    const loginsOf = async (vm: Vm): Promise<unknown> =>
      evaluate(
        withVms({ a: vm }),
        `${host}.microvm.vms.a`,
        `vm: let
          guest = ${guestConfig} vm;
          alice = guest.users.users.alice;
        in {
          ssh = { inherit (guest.services.openssh.settings) PasswordAuthentication KbdInteractiveAuthentication PermitRootLogin; };
          inherit (guest.security.sudo) enable execWheelOnly wheelNeedsPassword;
          groups = alice.extraGroups;
          passwords = builtins.filter (password: password != null) (builtins.concatMap (user: [
            user.password user.hashedPassword user.hashedPasswordFile user.initialPassword user.initialHashedPassword
          ]) [ alice guest.users.users.root ]);
        }`,
      );
    const keysAlone = { PasswordAuthentication: false, KbdInteractiveAuthentication: false, PermitRootLogin: "no" };
    const closed = {
      ssh: keysAlone,
      enable: true,
      execWheelOnly: true,
      wheelNeedsPassword: true,
      groups: [],
      passwords: [],
    };
    const module = (options: Record<string, ast.NixInput>): Vm => ({ modules: [ast.attrs(options)] });

    it.skipIf(!isThere)("accept only keys, and users cannot become root by default", async () => {
      expect(await loginsOf({})).toEqual(closed);
    });

    it.skipIf(!isThere)("accept a key of root over vsock when it is enabled", async () => {
      const ssh = { ...keysAlone, PermitRootLogin: "prohibit-password" };
      expect(await loginsOf({ vsock: { ssh: true } })).toEqual({ ...closed, ssh });
    });

    it.skipIf(!isThere)("let the main user become root with `sudo: true`", async () => {
      expect(await loginsOf({ sudo: true })).toEqual({ ...closed, groups: ["wheel"], wheelNeedsPassword: false });
    });

    it.skipIf(!isThere)("can be overridden by their modules", async () => {
      const ssh = { PasswordAuthentication: true, KbdInteractiveAuthentication: true, PermitRootLogin: "yes" };
      const changed = module({
        services: { openssh: { settings: ssh } },
        security: { sudo: { enable: false, execWheelOnly: false } },
      });
      expect(await loginsOf(changed)).toEqual({ ...closed, ssh, enable: false, execWheelOnly: false });
    });
  });
});

it("units for VMs start at boot, with the settings of their VMs", async () => {
  const flake = withVms({
    a: { index: 2, network: "allowlist", allow: ["a.example:80", "b.example", "9.9.9.9"], nameservers: ["9.9.9.10"] },
    b: { network: "allowlist", agent: "claude-code", agentState: "copy", keys: { anthropic: "/run/keys/b" } },
  });
  const facts = (await onStandIns(
    flake,
    host,
    `host: let named = builtins.mapAttrs (_: unit: unit.wantedBy) (builtins.intersectAttrs
      { microvm-policy = 1; microvm-resolver = 1; microvm-gateway = 1; microvm-gateway-keys = 1; } host.systemd.services);
      guest = (${guestConfig}) host.microvm.vms.b;
    in {
      services = named;
      types = builtins.mapAttrs (name: _: host.systemd.services.\${name}.serviceConfig.Type)
        (builtins.removeAttrs named [ "microvm-gateway" ]);
      paths = builtins.mapAttrs (_: unit: unit.wantedBy) host.systemd.paths;
      timers = builtins.mapAttrs (_: unit: unit.wantedBy) host.systemd.timers;
      resolver = builtins.fromJSON (builtins.unsafeDiscardStringContext host.environment.etc."microvm/resolver.json".text);
      copy = { inherit (guest.systemd.services.agent-state) wantedBy serviceConfig; };
    }`,
  )) as Readonly<Record<string, unknown>> & { readonly resolver: Readonly<Record<string, unknown>> };
  expect(facts).toMatchObject({
    services: { "microvm-policy": ["multi-user.target"], "microvm-resolver": ["multi-user.target"] },
    // The type decides when a unit is ready, and so when the next one starts.
    types: {
      "microvm-policy": "oneshot",
      "microvm-resolver": "notify",
      "microvm-gateway-keys": "oneshot",
    },
    paths: { "microvm-gateway-keys": ["multi-user.target"] },
    timers: { "microvm-gateway-keys": ["timers.target"] },
    copy: { wantedBy: ["multi-user.target"], serviceConfig: { Type: "oneshot", RemainAfterExit: true, User: "alice" } },
  });
  expect(facts.resolver).toMatchObject({
    listen: ["0.0.0.0", "::"],
    port: 5380,
    guests: {
      "10.7.0.4": {
        name: "a",
        upstream: ["9.9.9.10"],
        allow: [
          { name: "a.example", ports: [["tcp", "80"]] },
          {
            name: "b.example",
            ports: [
              ["tcp", "80"],
              ["tcp", "443"],
              ["udp", "443"],
            ],
          },
        ],
        addresses: ["9.9.9.9"],
      },
    },
  });
});
