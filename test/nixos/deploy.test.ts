/** Hosts that another machine deploys: `deploy` and `diff --deployed` with the nixos-rebuild of nixpkgs, over SSH. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Module } from "microvm-emit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { emittedFlat } from "../nix/emitted.js";
import { installCommand } from "./command.js";
import { machine, SYSTEM } from "./configs.js";
import { configOf, filesOf } from "./day-config.js";
import { build, openStore, type Store } from "./debian.js";
import { type Deployer, openDeployer } from "./deployer.js";
import { makeKey } from "./guest.js";
import { bootHost, type Host } from "./host.js";
import { whatNixosMisses } from "./requirements.js";

const source = process.env["MICROVM_EMIT_NIXOS_REBUILD"];
const missing =
  whatNixosMisses() ??
  (source === undefined ? "nixos-rebuild of nixpkgs is not at hand: set MICROVM_EMIT_NIXOS_REBUILD" : undefined);
if (missing !== undefined) console.error(`NOT TESTED: deployment of another machine, because ${missing}.`);

/** The program with the paths that its package would insert. The machine that deploys is no NixOS. */
const programOf = (file: string): string =>
  readFileSync(file, "utf8")
    .replaceAll("@runtimeShell@", "/usr/bin/bash")
    .replaceAll("@path@", "/run/current-system/sw/bin:/usr/bin")
    .replaceAll("@nix@", "/run/current-system/sw");

interface Deployed {
  readonly hosts: readonly {
    readonly host: string;
    readonly isCurrent: boolean;
    readonly vms: readonly { readonly name: string; readonly change: string; readonly state: string }[];
  }[];
}

describe.skipIf(missing !== undefined)("a host that another machine deploys", () => {
  const key = makeKey();
  let store: Store;
  let host: Host;
  let deployer: Deployer;

  /** The host `away` does not exist. */
  const putConfig = (modules: readonly Module[] = []): Promise<string> => {
    const { lab: declared } = configOf(key, { autostart: false }, { later: { ...machine, index: 1 } }).hosts;
    if (declared === undefined) throw new Error("The config has no host lab.");
    const lab = { ...declared, modules: [...(declared.modules ?? []), ...modules] };
    const away = { ...lab, bridges: { microbr: { address: "10.7.0.1/24" } }, vms: {} };
    writeFileSync(join(deployer.folder, "microvm.config.json"), JSON.stringify({ hosts: { lab, away } }));
    return deployer.run("microvm-emit microvm.config.json && lock");
  };
  const runs = (): Promise<string> => host.run("readlink /run/current-system");
  const deployed = async (): Promise<Deployed["hosts"]> =>
    (JSON.parse(await deployer.run("microvm-emit diff --deployed --json 2>/dev/null || true")) as Deployed).hosts;

  beforeAll(async () => {
    store = await openStore();
    const files = { ...filesOf(key), "nixos-rebuild.sh": programOf(source ?? "") };
    const [system = ""] = await build(store, emittedFlat(configOf(key, { autostart: false }), files), [SYSTEM]);
    host = await bootHost(store, system);
    installCommand(host);
    deployer = await openDeployer(host, store, key, files);
  });
  afterAll(() => (host as Host | undefined)?.kill());

  it("is compared with a changed config, without the host that is away", async () => {
    await putConfig();
    const [lab, ...others] = await deployed();
    expect(others).toEqual([]);
    expect([lab?.host, lab?.isCurrent]).toEqual(["lab", false]);
    expect(lab?.vms).toMatchObject([
      { name: "coder", change: "same", state: "stopped" },
      { name: "later", change: "new", state: "stopped" },
    ]);
    const human = await deployer.run("microvm-emit diff --deployed 2>&1 || true");
    expect(human).toContain("later");
    expect(human).toMatch(/away/);
  });

  it("shows its commands without running them", async () => {
    const before = await runs();
    const text = await deployer.run("microvm-emit deploy --dry-run 2>&1 || true");
    expect(text).toContain("nixos-rebuild switch --flake");
    expect(text).toContain("--target-host lab --use-remote-sudo");
    expect(await runs()).toBe(before);
  });

  it("is switched, with its new VM, while the host that is away is reported", async () => {
    const before = await runs();
    const text = await deployer.run("microvm-emit deploy --yes 2>&1; echo ended with $?");
    expect(text).toContain("switching lab (1 of 1)");
    expect(text).toMatch(/away/);
    expect(text).toMatch(/ended with 2$/);
    expect(await runs()).not.toBe(before);
    expect(await host.run("readlink -f /nix/var/nix/profiles/system")).toBe(await runs());
    expect(await host.run("systemctl --failed --no-legend --plain")).toBe("");
    expect(await host.run("systemctl show --property=LoadState --value microvm@later; ls /var/lib/microvms")).toBe(
      "loaded\ncoder\nlater",
    );
    const [lab] = await deployed();
    expect([lab?.isCurrent, lab?.vms.map(({ change }) => change)]).toEqual([true, ["same", "same"]]);
  });

  it("is not switched again while it is current", async () => {
    const text = await deployer.run("microvm-emit deploy --yes --json 2>/dev/null || true");
    expect((JSON.parse(text) as { readonly hosts: unknown }).hosts).toMatchObject([
      { host: "lab", result: "current" },
      { host: "away", result: "unreachable" },
    ]);
  });

  it("keeps its system when a build fails", async () => {
    writeFileSync(
      join(deployer.folder, "broken.nix"),
      `{ pkgs, ... }: {
        environment.systemPackages = [ (pkgs.runCommand "broken" { } "echo this package never builds; exit 1") ];
      }`,
    );
    await putConfig(["./broken.nix"]);
    const before = await runs();
    const text = await deployer.run("microvm-emit deploy lab --yes 2>&1; echo ended with $?");
    expect(text).toContain("this package never builds");
    expect(text).toMatch(/command-failed[^]*ended with 1$/);
    expect(await runs()).toBe(before);
  });
});
