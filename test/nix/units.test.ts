/**
 * The units that VMs have on the host, as they are evaluated: how exposed they are, what they may take, and that modules may
 * change it; and who is let into guests, and as whom.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ast, type Config, emit, render, type Vm } from "microvm-emit";
import { describe, expect, it } from "vitest";
import { hostModule } from "./emitted.js";
import { evalFlake, nixes, temporaryFolder } from "./harness.js";
import { guestConfig } from "./identity.js";
import { evaluateOnRig, rig } from "./rig.js";
import { type ServiceConfig, unitFile } from "./unit-file.js";

/** By unit, how exposed it may be at most, of 10. */
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
if (!canAnalyze)
  console.error("NOT TESTED: how exposed the host's units are, for want of a systemd-analyze of 250 or later.");
if (rig === undefined) console.error("NOT TESTED: the host's units on NixOS's own modules: set MICROVM_EMIT_RIG.");

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
  const result = emit(config, { configFile: "microvm.config.ts" });
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left, null, 2));
  const folder = temporaryFolder();
  const files = [
    ...render(result.right.files),
    { path: "host.nix", text: hostModule },
    { path: "module.nix", text: module },
  ];
  for (const { path, text } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
};

/** The exposure that systemd-analyze computes of a unit's text. */
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

/** The `serviceConfig` of services of the host, nothing for one that there is not. */
const servicesOf = (evaluate: Evaluate, flake: string, wanted: readonly string[]): Promise<unknown> =>
  evaluate(
    flake,
    `${host}.systemd.services`,
    `services: builtins.listToAttrs (map (name: { inherit name; value = services.\${name}.serviceConfig or null; }) [ ${wanted
      .map((name) => JSON.stringify(name))
      .join(" ")} ])`,
  );

it("are in docs/isolation.md with how exposed they may be", () => {
  const page = readFileSync(new URL("../../docs/isolation.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `(microvm[a-z-]*@?)` +\| +([\d.]+) +\|/gm)];
  expect(Object.fromEntries(rows.map(([, name = "", score]) => [name, Number(score)]))).toEqual(most);
});

describe.each([
  { modules: "the stand-ins", evaluate: onStandIns, isThere: true },
  { modules: "NixOS's own modules", evaluate: evaluateOnRig, isThere: rig !== undefined },
])("on $modules, units of VMs on the host", ({ modules, evaluate, isThere }) => {
  it.skipIf(!isThere || !canAnalyze)("are no more exposed than they have to be", async () => {
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

  it.skipIf(!isThere)("are in a slice of their own, with limits where the config says some", async () => {
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
    // What is a VM's own in its drop-in; the rest is microvm.nix's.
    const { "X-RestartIfChanged": _, Type: __, Environment: ___, ...own } = services["microvm@a"] ?? {};
    expect(own).toEqual({ CPUQuota: "250%", MemoryMax: "6144M", IOWeight: 20, TasksMax: 512 });
    expect(Object.keys(services["microvm@b"] ?? {})).not.toContain("TasksMax");
    expect(await evaluate(flake, `${host}.systemd.slices.microvm.sliceConfig`, "slice: slice")).toEqual({
      CPUWeight: 100,
      IOWeight: 100,
    });
  });

  it.skipIf(!isThere)("leave a hypervisor the means to gain what its VM takes", async () => {
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
    expect(await confined({ a: {}, b: { ...qemu, runAs: "alice" } })).toEqual([false, "all", "full"]);
  });

  it.skipIf(!isThere)("are what modules of the host make of them", async () => {
    const module = `{ systemd.services."microvm@".serviceConfig = { NoNewPrivileges = false; TasksMax = 99; }; systemd.slices.microvm.sliceConfig.CPUWeight = 20; }`;
    const flake = withVms({ a: {} }, module);
    const services = await servicesOf(evaluate, flake, ["microvm@"]);
    expect(services).toMatchObject({ "microvm@": { NoNewPrivileges: false, TasksMax: 99 } });
    expect(await evaluate(flake, `${host}.systemd.slices.microvm.sliceConfig.CPUWeight`, "weight: weight")).toBe(20);
  });

  it.skipIf(!isThere)("are not there on a host that runs no VMs", async () => {
    const flake = withVms({ a: { limits: { tasks: 9 } } }, "{ microvm.host.enable = false; }");
    expect(await servicesOf(evaluate, flake, ["microvm@", "microvm@a"])).toEqual({
      "microvm@": null,
      "microvm@a": null,
    });
  });

  describe("and their guests", () => {
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

    it.skipIf(!isThere)("let in by key alone, and make nobody root", async () => {
      expect(await loginsOf({})).toEqual(closed);
    });

    it.skipIf(!isThere)("let root in by key over vsock where that is asked for", async () => {
      const ssh = { ...keysAlone, PermitRootLogin: "prohibit-password" };
      expect(await loginsOf({ vsock: { ssh: true } })).toEqual({ ...closed, ssh });
    });

    it.skipIf(!isThere)("make the main user root with `sudo`", async () => {
      expect(await loginsOf({ sudo: true })).toEqual({ ...closed, groups: ["wheel"], wheelNeedsPassword: false });
    });

    it.skipIf(!isThere)("are what their modules make of them", async () => {
      const ssh = { PasswordAuthentication: true, KbdInteractiveAuthentication: true, PermitRootLogin: "yes" };
      const changed = module({
        services: { openssh: { settings: ssh } },
        security: { sudo: { enable: false, execWheelOnly: false } },
      });
      expect(await loginsOf(changed)).toEqual({ ...closed, ssh, enable: false, execWheelOnly: false });
    });
  });
});
