/** Evaluates the merge of two branches that each change a config and emit it. */
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { hostModule } from "./emitted.js";
import { evalFlake, nixes, temporaryFolder } from "./harness.js";

const command = fileURLToPath(new URL("../../packages/emit/dist/cli/main.js", import.meta.url));

/** A config with a VM per line, so that git merges its changes. */
const yaml = (vms: readonly string[]): string =>
  [
    "hosts:",
    "  h:",
    '    stateVersion: "25.11"',
    "    modules: [./configuration.nix]",
    "    user: { name: alice }",
    "    bridges: { br0: { address: 10.0.0.1/24 } }",
    "    vms:",
    ...vms.map((vm) => `      ${vm}`),
    "",
  ].join("\n");

const names = { GIT_AUTHOR_NAME: "alice", GIT_COMMITTER_NAME: "alice" };
const emails = { GIT_AUTHOR_EMAIL: "alice@example.org", GIT_COMMITTER_EMAIL: "alice@example.org" };
const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", ...names, ...emails };

const git = (dir: string, ...args: readonly string[]): void => {
  const { status, stdout, stderr } = spawnSync("git", ["-C", dir, ...args], { env, encoding: "utf8" });
  expect([args, status, status === 0 ? "" : stdout + stderr]).toEqual([args, 0, ""]);
};

const emit = (dir: string): void => {
  execFileSync(process.execPath, [command, "lab.yaml"], {
    cwd: dir,
    env: { ...env, XDG_CACHE_HOME: join(dir, ".git/cache"), XDG_STATE_HOME: join(dir, ".git/state") },
    stdio: "pipe",
  });
};

/** A repository in which git has merged two branches, without a run of the program after it. */
const merged = (base: readonly string[], one: readonly string[], two: readonly string[]): string => {
  const dir = temporaryFolder();
  git(dir, "init", "-q", "-b", "base");
  writeFileSync(join(dir, "configuration.nix"), hostModule);
  const commit = (vms: readonly string[]): void => {
    writeFileSync(join(dir, "lab.yaml"), yaml(vms));
    emit(dir);
    git(dir, "add", "-A");
    git(dir, "commit", "-q", "-m", "change");
  };
  commit(base);
  git(dir, "branch", "two");
  commit(one);
  git(dir, "checkout", "-q", "two");
  commit(two);
  git(dir, "checkout", "-q", "base");
  git(dir, "merge", "-q", "two");
  return dir;
};

const [nix] = nixes();

interface Seen {
  readonly vms: Readonly<Record<string, string>>;
  readonly refused: readonly string[];
}

const seen = async (dir: string): Promise<Seen> => {
  if (nix === undefined) throw new Error("no nix");
  const apply = `host: {
    vms = builtins.mapAttrs (_: vm: (builtins.head vm.interfaces).id) host.config.microvm-emit.vms;
    refused = map ({ message, ... }: message) (
      builtins.filter ({ assertion, message, ... }: !assertion && builtins.match "The .*" message != null) host.config.assertions
    );
  }`;
  return (await evalFlake(`path:${dir}?dir=flake`, "nixosConfigurations.h", { nix, apply })) as Seen;
};

const base = ["b: {}", "c: {}", "d: {}", 'm: { packages: ["git"] }'];
const [b, c, d, m] = base as [string, string, string, string];
const kept = { c: "microvm1", d: "microvm2", m: "microvm3" };

describe("after git merged two branches, the host has", () => {
  const rows: readonly (readonly [string, readonly string[], readonly string[], Readonly<Record<string, string>>])[] = [
    [
      "the VMs that both add",
      ["a: { index: 7 }", ...base],
      [...base, "z: { index: 8 }"],
      { a: "microvm7", b: "microvm0", ...kept, z: "microvm8" },
    ],
    [
      "the VMs of one guest that both add",
      ["a: { index: 7 }", ...base],
      [b, c, d, "e: { index: 8 }", m],
      { a: "microvm7", b: "microvm0", ...kept, e: "microvm8" },
    ],
    ["the VM that one adds while the other removes one", [c, d, m], [...base, "z: {}"], { ...kept, z: "microvm4" }],
    [
      "the VM that one adds while the other renames one",
      ["bb: { renamedFrom: b }", c, d, m],
      [...base, "z: {}"],
      { bb: "microvm0", ...kept, z: "microvm4" },
    ],
  ];
  it.each(rows)("%s", async (_, one, two, vms) => {
    const dir = merged(base, one, two);
    expect(await seen(dir)).toEqual({ vms, refused: [] });
    emit(dir);
    expect(await seen(dir)).toEqual({ vms, refused: [] });
  });
});

it("a host with two VMs of one index is refused until the next run", async () => {
  const dir = merged(base, ["a: {}", ...base], [...base, "z: {}"]);
  const { refused } = await seen(dir);
  expect([...refused].sort()).toEqual(
    ["MAC address: 02:00:00:00:00:05", "address: 10.0.0.6", "tap: microvm4", "vsock CID: 7"].map(
      (same) =>
        `The VMs a and z have the same ${same}. Change it in one of them. If microvm-emit wrote them, run it again.`,
    ),
  );
  emit(dir);
  expect(await seen(dir)).toEqual({
    vms: { a: "microvm4", b: "microvm0", ...kept, z: "microvm5" },
    refused: [],
  });
});
