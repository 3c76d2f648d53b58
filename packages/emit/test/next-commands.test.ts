/** Tests the commands to run after emitting. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import { emptyLock, type Lock } from "@microvm-emit/model";
import { type Config, emit } from "microvm-emit";
import { afterEach, assert, beforeEach, expect, it, vi } from "vitest";
import { affectedBy } from "../src/cli/affected.js";
import { nextCommands } from "../src/cli/next-commands.js";
import { layOut, temporaryDirectory } from "./tree.js";

let uid = 1000;
beforeEach(() => {
  uid = 1000;
  vi.spyOn(process, "getuid").mockImplementation(() => uid);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const host = {
  stateVersion: "26.05",
  modules: ["./configuration.nix"],
  user: { name: "alice" },
  bridges: { br0: { address: "10.0.0.1/24" } },
  vms: { a: {} },
};

/** A directory after a run, as the current directory. */
const emitted = (more: Readonly<Record<string, string>> = {}): string => {
  const dir = temporaryDirectory();
  layOut(dir, { "configuration.nix": "{ }", "flake/flake.nix": "{ }", "microvm.lock.json": "{ }", ...more });
  vi.spyOn(process, "cwd").mockReturnValue(dir);
  return dir;
};

/** The commands after a run that wrote these files of the flake, by default all. */
const next = (
  dir: string,
  hosts: object = { alpha: host },
  before: Lock = emptyLock,
  written?: readonly string[],
): readonly string[] => {
  const result = emit({ hosts } as Config);
  assert(result._tag === "Right");
  const { plan, files } = result.right;
  return nextCommands({
    plan,
    configDir: dir,
    outputDir: join(dir, "flake"),
    lock: { file: join(dir, "microvm.lock.json"), before },
    affected: affectedBy(plan, files, written ?? files.map(({ path }) => path)),
  });
};

const git = (dir: string, ...args: readonly string[]): void => {
  expect(spawnSync("git", ["-C", dir, ...args], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
};

it("next commands after a first run add files to git, lock the inputs and switch as root", () => {
  const dir = emitted({ "hardware.nix": "{ }", "node_modules/x/y.nix": "{ }", "notes.txt": "" });
  git(dir, "init", "-q");
  expect(next(dir)).toEqual([
    "git add flake microvm.lock.json configuration.nix hardware.nix",
    "nix flake lock ./flake",
    "sudo nixos-rebuild switch --flake ./flake#alpha",
  ]);
});

it("next commands contain only the switch when files are added and inputs locked", () => {
  const dir = emitted({ "flake/flake.lock": "{ }" });
  git(dir, "init", "-q");
  git(dir, "add", ".");
  layOut(dir, { "flake/flake.nix": "{ inputs = { }; }" });
  expect(next(dir)).toEqual(["sudo nixos-rebuild switch --flake ./flake#alpha"]);
});

it("next commands add only new files", () => {
  const dir = emitted({ "flake/flake.lock": "{ }" });
  git(dir, "init", "-q");
  git(dir, "add", ".");
  layOut(dir, { "flake/hosts/alpha/guests/b.nix": "{ }" });
  expect(next(dir)[0]).toBe("git add flake");
});

it("next commands need no git outside a work tree, and no sudo as root", () => {
  uid = 0;
  const dir = emitted();
  expect(next(dir)).toEqual(["nix flake lock ./flake", `nixos-rebuild switch --flake 'path:${dir}?dir=flake#alpha'`]);
});

it("next commands name the host when there are several, and the VMs that a switch stops", () => {
  const alpha = { a: 0, old: 1 };
  const before: Lock = { version: 1, hosts: { alpha, beta: { gone: 0 } } };
  const dir = emitted({ "flake/flake.lock": "{ }" });
  const later = "until then, they run with their old settings";
  expect(next(dir, { alpha: host, beta: host }, before).map((line) => line.replace(/'.*?#/, "'#"))).toEqual([
    "sudo nixos-rebuild switch --flake '#alpha'  # on alpha, stops old",
    `sudo systemctl try-restart microvm@a  # on alpha, ${later}`,
    "sudo nixos-rebuild switch --flake '#beta'  # on beta, stops gone (renamed to a? Then set its renamedFrom to \"gone\" and run again)",
  ]);
});

it("next commands ignore VMs of hosts that are not in the config", () => {
  const dir = emitted({ "flake/flake.lock": "{ }" });
  const before: Lock = { version: 2, hosts: { alpha: { a: 0 }, beta: { gone: 0 } } };
  expect(next(dir, { alpha: host }, before, [])).toEqual([]);
});

it("next commands mention that a switch renames a VM", () => {
  const dir = emitted({ "flake/flake.lock": "{ }" });
  const vms = { new: { renamedFrom: "old" } };
  const renamed = (before: Lock): readonly string[] =>
    next(dir, { alpha: { ...host, vms } }, before).flatMap((line) => line.split("  # ").slice(1));
  expect(renamed({ version: 2, hosts: { alpha: { old: 0 } } })).toEqual(["renames old to new"]);
  // renamedFrom was set one run later.
  const late: Lock = { version: 2, hosts: { alpha: { new: 1 } }, freed: { alpha: [{ vm: "old", index: 0 }] } };
  expect(renamed(late)[0]).toBe("renames old to new");
  // The rename is over when the lock has the new name.
  expect(next(dir, { alpha: host }, { version: 2, hosts: { alpha: { a: 0 } } }, [])).toEqual([]);
});

it("next commands suggest renamedFrom when one VM was removed and one added", () => {
  const dir = emitted({ "flake/flake.lock": "{ }" });
  const hintsOf = (vms: object, before: Readonly<Record<string, number>>): readonly string[] =>
    next(dir, { alpha: { ...host, vms } }, { version: 2, hosts: { alpha: before } })
      .filter((line) => line.includes(" switch "))
      .map((line) => line.split("  # ")[1] ?? "");
  expect(hintsOf({ a: {}, new: {} }, { a: 0, old: 1 })).toEqual([
    'stops old (renamed to new? Then set its renamedFrom to "old" and run again)',
  ]);
  expect(hintsOf({ a: {} }, { a: 0, old: 1 })).toEqual(["stops old"]);
  expect(hintsOf({ a: {}, b: {}, c: {} }, { a: 0, old: 1 })).toEqual(["stops old"]);
  expect(hintsOf({ b: {} }, { old: 0, older: 1 })).toEqual(["stops old, older"]);
});

it("next commands are none when a run changes nothing, or only documentation", () => {
  const dir = emitted({ "flake/flake.lock": "{ }" });
  expect(next(dir, { alpha: host }, { version: 2, hosts: { alpha: { a: 0 } } }, [])).toEqual([]);
  expect(next(dir, { alpha: host }, emptyLock, ["AGENTS.md", "microvm-emit/options.md"])).toEqual([]);
});

it("next commands name the hosts and VMs whose files a run changes", () => {
  const dir = emitted({ "flake/flake.lock": "{ }", "flake/flake.nix": "{ }" });
  git(dir, "init", "-q");
  git(dir, "add", ".");
  const vms = { a: {}, b: {}, c: { packages: ["git"] }, d: { restartIfChanged: true, packages: ["jq"] } };
  const hosts = { alpha: { ...host, vms }, beta: host };
  const indexes = { a: 0, b: 1, c: 2, d: 3 };
  const before: Lock = { version: 2, hosts: { alpha: indexes, beta: { a: 0 } } };
  const after = (...written: readonly string[]): readonly string[] =>
    next(dir, hosts, before, written).map((line) => line.replace(/ +#.*/, "").replace("sudo ", ""));
  const [alpha, beta] = ["alpha", "beta"].map((name) => `nixos-rebuild switch --flake ./flake#${name}`);
  expect(after("hosts/alpha/vms/c.nix")).toEqual([alpha, "systemctl try-restart microvm@c"]);
  expect(after("hosts/alpha/vms/d.nix")).toEqual([alpha]);
  expect(after("hosts/alpha/default.nix")).toEqual([alpha]);
  expect(after("hosts/beta/vms/a.nix")).toEqual([beta, "systemctl try-restart microvm@a"]);
  expect(after("hosts/alpha/guests/a.nix")).toEqual([alpha, "systemctl try-restart microvm@a microvm@b"]);
  const all = [alpha, "systemctl try-restart microvm@a microvm@b microvm@c", beta, "systemctl try-restart microvm@a"];
  expect(after("microvm-emit/vm/state/create.py")).toEqual(all);
  expect(after("flake.nix")).toEqual([alpha, beta]);
});

it("next commands restart no new VM", () => {
  const dir = emitted({ "flake/flake.lock": "{ }" });
  expect(next(dir, { alpha: host }, { version: 1, hosts: { alpha: { b: 0 } } }).at(-1)).toMatch(/nixos-rebuild/);
});

/** The words of a command as a shell parses them, without comments. */
const wordsOf = (line: string): readonly string[] =>
  spawnSync("sh", ["-c", `set -- ${line}\nprintf '%s\\n' "$@"`], { encoding: "utf8" })
    .stdout.trimEnd()
    .split("\n");

it("next commands quote paths for shells and git", () => {
  const odd = ["#hash.nix", "-option.nix", ":(top)colon.nix", "two words.nix", "=ls.nix", "it's;touch x.nix"];
  const dir = emitted({ "flake/flake.lock": "{ }", ...Object.fromEntries(odd.map((name) => [name, "{ }"])) });
  git(dir, "init", "-q");
  git(dir, "add", "flake", "configuration.nix", "microvm.lock.json");
  const [add = ""] = next(dir);
  const words = wordsOf(add);
  expect(words.map((word) => word.replace(/^\.\//, "")).sort()).toEqual(["git", "add", ...odd].sort());
  git(dir, ...words.slice(1));
  expect(next(dir)).toHaveLength(1);
});

it("next commands keep names from the lock in a comment", () => {
  const dir = emitted({ "flake/flake.lock": "{ }" });
  const [line = ""] = next(dir, { alpha: host }, { version: 1, hosts: { alpha: { "x\ntouch y": 0 } } });
  expect(line).not.toContain("\n");
  expect(wordsOf(line).at(-2)).toBe("--flake");
});

it("next commands run no program from a repository's settings", () => {
  const dir = emitted({ "watch.sh": '#!/bin/sh\ntouch "$(dirname "$0")/ran"\n' });
  chmodSync(join(dir, "watch.sh"), 0o755);
  git(dir, "init", "-q");
  git(dir, "config", "core.fsmonitor", join(dir, "watch.sh"));
  expect(next(dir)[0]).toMatch(/^git add /);
  expect(existsSync(join(dir, "ran"))).toBe(false);
  // The attack works without protection.
  spawnSync("git", ["-C", dir, "ls-files", "--others"]);
  expect(existsSync(join(dir, "ran"))).toBe(true);
});
