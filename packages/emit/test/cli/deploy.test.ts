/**
 * `microvm-emit diff --deployed` and `deploy` with real Nix. `ssh` and `nixos-rebuild` are stand-ins that record their arguments
 * and answer from files; test/nixos/deploy.test.ts has real ones.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nixes } from "../../../../test/nix/harness.js";
import { layOut, temporaryDirectory } from "../tree.js";
import { configurationNix, type Ended, microvmEmit, parsed } from "./cli.js";
import { nixEnvironment, overrides } from "./offline-nix.js";

const sshKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice";

const config = {
  hosts: Object.fromEntries(
    ["alpha", "beta"].map((name, at) => [
      name,
      {
        stateVersion: "25.11",
        modules: ["./configuration.nix"],
        user: { name: "alice", sshKeys: [sshKey] },
        bridges: { br0: { address: `10.${String(at)}.0.1/24` } },
        vms: { web: { vcpu: 2 }, db: { restartIfChanged: true } },
      },
    ]),
  ),
};

/** The machine of a host: a folder of files with the answers to commands. */
interface FakeMachine {
  readonly set: (file: string, text: string) => void;
}

interface Project {
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly machine: (host: string) => FakeMachine;
  /** The recorded command lines. */
  readonly calls: () => readonly string[];
}

const sshScript = `#!/bin/sh
echo "ssh $*" >>"$STATE/calls"
while [ "$1" != -- ]; do shift; done
host=\${2#*@}
[ ! -e "$STATE/$host.down" ] || { echo "ssh: connect to host $host: No route to host" >&2; exit 255; }
case $3 in
  "cat /etc/microvm/vms.json") cat "$STATE/$host.facts" ;;
  "readlink /run/current-system") cat "$STATE/$host.system" ;;
  find*) cat "$STATE/$host.links" ;;
  systemctl*) cat "$STATE/$host.units" ;;
  true) ;;
  *) echo "unexpected: $3" >&2; exit 9 ;;
esac
`;

const rebuildScript = `#!/bin/sh
echo "nixos-rebuild $*" >>"$STATE/calls"
while [ "$1" != --target-host ]; do shift; done
host=\${2#*@}
echo "building $host"
[ ! -e "$STATE/$host.broken" ] || exit 4
cp "$STATE/$host.wanted" "$STATE/$host.system"
[ ! -e "$STATE/$host.lost" ] || touch "$STATE/$host.down"
`;

const project = (nixEnv: NodeJS.ProcessEnv & { readonly TMPDIR: string }): Project => {
  const dir = temporaryDirectory();
  const state = join(dir, "state");
  layOut(dir, { "configuration.nix": configurationNix, "microvm.config.json": JSON.stringify(config) });
  mkdirSync(join(state, "bin"), { recursive: true });
  for (const [name, text] of Object.entries({ ssh: sshScript, "nixos-rebuild": rebuildScript })) {
    writeFileSync(join(state, "bin", name), text);
    chmodSync(join(state, "bin", name), 0o755);
  }
  expect(microvmEmit(dir, [])).toMatchObject({ exitCode: 0 });
  const machine = (host: string): FakeMachine => ({
    set: (file, text) => {
      writeFileSync(join(state, `${host}.${file}`), text);
    },
  });
  for (const host of ["alpha", "beta"]) {
    machine(host).set("facts", JSON.stringify({ host, stateDir: "/var/lib/microvms", bridges: [], vms: {} }));
    machine(host).set("system", "/nix/store/old-system\n");
    machine(host).set("links", "");
    machine(host).set("units", unit("db", "inactive") + unit("web", "inactive"));
  }
  return {
    dir,
    env: { ...nixEnv, STATE: state, PATH: `${join(state, "bin")}:${nixEnv["PATH"] ?? ""}` },
    machine,
    calls: () => {
      const file = join(state, "calls");
      return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
    },
  };
};

const unit = (vm: string, active: string): string =>
  `Id=microvm@${vm}.service\nLoadState=loaded\nActiveState=${active}\nSubState=${active}\n\n`;

interface Host {
  readonly host: string;
  readonly isCurrent: boolean;
  readonly system: { readonly deployed: string | null; readonly wanted: string };
  readonly vms: readonly { readonly name: string; readonly wanted: string; readonly [more: string]: unknown }[];
}

describe.each(nixes())("with $version", (nix) => {
  const run = ({ dir, env }: Project, ...args: readonly string[]): Ended =>
    microvmEmit(dir, [...args, ...overrides], env);
  const hostsOf = (ended: Ended): readonly Host[] => parsed(ended)["hosts"] as readonly Host[];

  it("diff --deployed compares systems, runners and facts of the hosts with the config", { timeout: 120_000 }, () => {
    const there = project(nixEnvironment(nix));
    const first = hostsOf(run(there, "diff", "--deployed", "--json"));
    expect(first.map(({ host, isCurrent }) => [host, isCurrent])).toEqual([
      ["alpha", false],
      ["beta", false],
    ]);
    const [alpha] = first;
    expect(alpha?.system).toEqual({
      deployed: "/nix/store/old-system",
      wanted: expect.stringMatching(/\/store\/[a-z0-9]{32}-/) as string,
    });
    expect(alpha?.vms).toMatchObject([
      { name: "db", change: "new", state: "stopped", afterSwitch: "stopped" },
      { name: "web", change: "new", state: "stopped", afterSwitch: "stopped" },
    ]);

    // alpha has the config's system; its db runs an old build, and old-vm is no longer in the config.
    const [db, web] = (alpha?.vms ?? []).map(({ wanted }) => wanted);
    const machine = there.machine("alpha");
    machine.set("system", `${alpha?.system.wanted ?? ""}\n`);
    machine.set(
      "links",
      [
        ["db/current", "/nix/store/old-db"],
        ["db/booted", "/nix/store/old-db"],
        ["web/current", web],
        ["web/booted", "/nix/store/old-web"],
      ]
        .flatMap(([path = "", target = ""]) => [path, target, ""])
        .join("\0")
        .replaceAll("\0\0", "\0"),
    );
    machine.set("units", unit("db", "active") + unit("old-vm", "active") + unit("web", "active"));
    const vms = { web: { addresses: ["10.0.0.99"], user: "alice" }, "old-vm": { addresses: [] } };
    machine.set("facts", JSON.stringify({ host: "alpha", stateDir: "/var/lib/microvms", bridges: [], vms }));
    const ended = run(there, "diff", "--deployed", "--host", "alpha", "--json", "--exit-code");
    expect(ended.exitCode).toBe(3);
    expect(hostsOf(ended)).toMatchObject([
      {
        isCurrent: true,
        vms: [
          { name: "db", change: "changed", state: "running", afterSwitch: "restarted", wanted: db },
          { name: "old-vm", change: "gone", wanted: null },
          {
            name: "web",
            change: "same",
            state: "stale",
            afterSwitch: "stale",
            facts: expect.arrayContaining([
              { fact: "addresses", deployed: ["10.0.0.99"], wanted: ["10.0.0.3"] },
            ]) as unknown,
          },
        ],
      },
    ]);
    const text = run(there, "diff", "--deployed").stdout;
    expect(text).toContain("alpha  current\n");
    expect(text).toMatch(/^web +stale +old build until its restart +addresses \["10.0.0.99"\] → \["10.0.0.3"\]/m);
    expect(text).toContain("beta  needs a switch\n");
  });

  it("reports a host that does not answer beside the others", { timeout: 60_000 }, () => {
    const there = project(nixEnvironment(nix));
    there.machine("beta").set("down", "");
    const ended = run(there, "diff", "--deployed", "--json");
    expect(ended.exitCode).toBe(2);
    expect(hostsOf(ended).map(({ host }) => host)).toEqual(["alpha"]);
    expect(parsed(ended).problems).toMatchObject([{ code: "host-unreachable" }]);
  });

  it("deploy switches only hosts that changed, in order, after a question", { timeout: 120_000 }, () => {
    const there = project(nixEnvironment(nix));
    const wanted = hostsOf(run(there, "diff", "--deployed", "--json")).map(({ system }) => system.wanted);
    for (const [at, host] of ["alpha", "beta"].entries()) there.machine(host).set("wanted", `${wanted[at] ?? ""}\n`);
    there.machine("alpha").set("system", `${wanted[0] ?? ""}\n`);
    const dry = parsed(run(there, "deploy", "--dry-run", "--json"));
    const command = (dry["hosts"] as readonly { command: string }[])[1]?.command ?? "";
    expect(command).toMatch(/^nixos-rebuild switch --flake '.*#beta' --target-host beta --use-remote-sudo$/);
    expect(dry["hosts"]).toMatchObject([
      { host: "alpha", result: "current", command: null },
      { host: "beta", result: "planned" },
    ]);
    expect(parsed(run(there, "deploy", "--json")).problems).toMatchObject([{ code: "not-confirmed" }]);
    expect(there.calls().filter((call) => call.startsWith("nixos-rebuild"))).toEqual([]);
    const ended = run(there, "deploy", "--yes", "--json");
    expect(ended.stderr).toContain("building beta\n");
    expect(parsed(ended)["hosts"]).toMatchObject([{ result: "current" }, { host: "beta", result: "deployed" }]);
    expect(there.calls().filter((call) => call.startsWith("nixos-rebuild"))).toEqual([command.replaceAll("'", "")]);
    // A host that is named is switched again.
    expect(parsed(run(there, "deploy", "alpha", "--yes", "--json"))["hosts"]).toMatchObject([
      { host: "alpha", result: "deployed" },
    ]);
  });

  it("deploy stops at the first host that fails or does not come back", { timeout: 120_000 }, () => {
    const there = project(nixEnvironment(nix));
    for (const host of ["alpha", "beta"]) there.machine(host).set("wanted", "/nix/store/new\n");
    there.machine("alpha").set("lost", "");
    const lost = run(there, "deploy", "--yes", "--timeout", "0", "--json");
    expect(lost.exitCode).toBe(2);
    expect(parsed(lost).problems).toMatchObject([{ code: "host-not-back", subject: "alpha" }]);
    expect(parsed(lost)["hosts"]).toMatchObject([
      { host: "alpha", result: "failed" },
      { host: "beta", result: "skipped" },
    ]);
    const other = project(nixEnvironment(nix));
    other.machine("alpha").set("broken", "");
    const broken = parsed(run(other, "deploy", "--yes", "--json"));
    expect(broken.problems).toMatchObject([{ code: "command-failed" }]);
    expect(broken["hosts"]).toMatchObject([{ result: "failed" }, { result: "skipped" }]);
  });

  it("deploy refuses a flake that is older than the config", { timeout: 60_000 }, () => {
    const there = project(nixEnvironment(nix));
    writeFileSync(join(there.dir, "microvm.config.json"), JSON.stringify(config).replaceAll('"vcpu":2', '"vcpu":3'));
    expect(parsed(run(there, "deploy", "--yes", "--json")).problems).toMatchObject([{ code: "output-stale" }]);
    expect(there.calls().filter((call) => call.startsWith("nixos-rebuild"))).toEqual([]);
  });
});
