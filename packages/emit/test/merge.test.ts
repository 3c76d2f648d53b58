/** Tests git merges of branches that each change a config and emit it. */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, assert, beforeAll, describe, expect, it } from "vitest";
import { emitConfig } from "../src/cli/commands/emit.js";
import type { Emitted } from "../src/report/emitted.js";
import { type Conflict, failuresOf } from "../src/report/failure.js";
import type { Findings } from "../src/report/diagnostic.js";
import { configOf } from "./cli/cli.js";
import { layOut, temporaryDirectory, treeOf } from "./tree.js";

const config = "lab.yaml";
const lock = "lab.yaml.lock.json";

/** A config with one VM per line, so that git merges additions in different places. */
const yaml = (...vms: readonly string[]): string => {
  const { hosts } = configOf() as { hosts: { alpha: object } };
  const settings = Object.entries(hosts.alpha).filter(([name]) => name !== "vms" && name !== "modules");
  return [
    "hosts:",
    "  alpha:",
    ...settings.map(([name, value]) => `    ${name}: ${JSON.stringify(value)}`),
    "    vms:",
    ...vms.map((vm) => `      ${vm.includes(":") ? vm : `${vm}: {}`}`),
    "",
  ].join("\n");
};

const git = (dir: string, ...args: readonly string[]): number | null =>
  spawnSync("git", ["-C", dir, ...args], {
    env: {
      ...process.env,
      GIT_EDITOR: "true",
      GIT_CONFIG_GLOBAL: "/dev/null",
      ...Object.fromEntries(
        ["AUTHOR", "COMMITTER"].flatMap((who) => [
          [`GIT_${who}_NAME`, "alice"],
          [`GIT_${who}_EMAIL`, "alice@example.org"],
        ]),
      ),
    },
  }).status;

const succeed = (dir: string, ...args: readonly string[]): void => {
  expect([args, git(dir, ...args)]).toEqual([args, 0]);
};

const emit = async (dir: string, force = false): Promise<Emitted & { readonly findings: Findings }> => {
  const { json, findings } = await emitConfig(join(dir, config), { force });
  return { ...json, findings };
};

const conflictsOf = async (dir: string): Promise<readonly Conflict[]> => {
  const before = treeOf(dir);
  const failure = await emit(dir).then(
    () => undefined,
    (error: unknown) => failuresOf(error)[0],
  );
  assert(failure?.kind === "output-conflicts", JSON.stringify(failure));
  expect(treeOf(dir)).toEqual(before);
  return failure.conflicts;
};

/**
 * Commits a changed and emitted config to a branch, which it creates if missing; `edit` changes more files after
 * emitting.
 */
const commit = async (dir: string, branch: string, text: string, edit = (): void => undefined): Promise<void> => {
  if (git(dir, "checkout", "-q", branch) !== 0) succeed(dir, "checkout", "-q", "-b", branch, "base");
  writeFileSync(join(dir, config), text);
  await emit(dir);
  edit();
  succeed(dir, "add", "-A");
  succeed(dir, "commit", "-q", "-m", "change");
};

let emittedBase: string;
beforeAll(async () => {
  emittedBase = mkdtempSync(join(tmpdir(), "emit-merge-"));
  succeed(emittedBase, "init", "-q", "-b", "base");
  succeed(emittedBase, "commit", "-q", "--allow-empty", "-m", "begin");
  await commit(emittedBase, "base", yaml("b", 'm: { packages: ["git"] }'));
});
afterAll(() => {
  rmSync(emittedBase, { recursive: true, force: true });
});

/** A repository with the VMs b and m on the branch `base`. */
const repository = (from = emittedBase): string => {
  const dir = temporaryDirectory();
  cpSync(from, dir, { recursive: true });
  return dir;
};

const indexesIn = (dir: string): unknown =>
  (JSON.parse(readFileSync(join(dir, lock), "utf8")) as { hosts: { alpha: unknown } }).hosts.alpha;

const unmergedIn = (dir: string): readonly string[] => [
  ...new Set(
    spawnSync("git", ["-C", dir, "ls-files", "--unmerged"], { encoding: "utf8" })
      .stdout.split("\n")
      .flatMap((line) => line.split("\t").slice(1)),
  ),
];

/**
 * Emits a merged tree, checks that git and a second run have nothing left to do, and returns messages about
 * moved VMs.
 */
const settle = async (dir: string): Promise<readonly string[]> => {
  const { findings, next } = await emit(dir);
  expect(
    Object.entries(treeOf(dir)).filter(([path, text]) => !path.startsWith(".git/") && /^[<>]{7} /m.test(text ?? "")),
  ).toEqual([]);
  const again = await emit(dir);
  expect([again.written, again.removed, again.lock.changed, again.findings.problems]).toEqual([[], [], false, []]);
  if (unmergedIn(dir).some((path) => path.startsWith("flake/"))) expect(next[0]).toMatch(/^git add .*flake/);
  succeed(dir, "add", "-A");
  return findings.problems.map(({ code, subject }) => `${code} ${subject ?? ""}`);
};

describe("two branches that each add a VM", () => {
  const both = yaml("a", "b", 'm: { packages: ["git"] }', "z");
  /** Returns the status of git. */
  const joins: Readonly<Record<string, (dir: string) => number | null>> = {
    "git merge": (dir) => {
      git(dir, "checkout", "-q", "one");
      return git(dir, "merge", "-q", "two");
    },
    "git merge --squash": (dir) => {
      git(dir, "checkout", "-q", "one");
      return git(dir, "merge", "-q", "--squash", "two");
    },
    "git cherry-pick": (dir) => {
      git(dir, "checkout", "-q", "one");
      return git(dir, "cherry-pick", "two");
    },
    "git rebase": (dir) => {
      git(dir, "checkout", "-q", "two");
      return git(dir, "rebase", "-q", "one");
    },
  };

  let [apart, together] = ["", ""];
  beforeAll(async () => {
    const branched = async (two: string): Promise<string> => {
      const dir = mkdtempSync(join(tmpdir(), "emit-merge-"));
      cpSync(emittedBase, dir, { recursive: true });
      await commit(dir, "one", yaml("b", 'm: { packages: ["git"] }', "z"));
      await commit(dir, "two", two);
      return dir;
    };
    apart = await branched(yaml("a", "b", 'm: { packages: ["git"] }'));
    together = await branched(yaml("b", 'm: { packages: ["git"] }', "x"));
  });
  afterAll(() => {
    for (const dir of [apart, together]) rmSync(dir, { recursive: true, force: true });
  });

  it.each(Object.entries(joins))("are merged by %s, and the first VM keeps its index", async (_, join_) => {
    const dir = repository(apart);
    expect(join_(dir)).toBe(0);
    // In the locks, both VMs have index 2.
    expect(readFileSync(join(dir, config), "utf8")).toBe(both);
    expect(indexesIn(dir)).toEqual({ a: 2, b: 0, m: 1, z: 2 });
    expect(await settle(dir)).toEqual(["index-moved hosts.alpha.vms.a"]);
    expect(indexesIn(dir)).toEqual({ a: 3, b: 0, m: 1, z: 2 });
  });

  it.each(Object.entries(joins))("are merged by %s when both edit one place", async (_, join_) => {
    const dir = repository(together);
    expect(join_(dir)).toBe(1);
    expect(unmergedIn(dir)).toEqual([config, lock]);
    expect(readFileSync(join(dir, lock), "utf8")).toContain("<<<<<<< ");
    writeFileSync(join(dir, config), yaml("b", 'm: { packages: ["git"] }', "x", "z"));
    expect(await settle(dir)).toEqual(["index-moved hosts.alpha.vms.x"]);
    expect(indexesIn(dir)).toEqual({ b: 0, m: 1, x: 3, z: 2 });
  });

  it("are merged with a third one before a run", async () => {
    const dir = repository(apart);
    await commit(dir, "three", yaml("b", "c", 'm: { packages: ["git"] }'));
    succeed(dir, "checkout", "-q", "one");
    for (const branch of ["two", "three"]) {
      git(dir, "merge", "-q", "--no-commit", branch);
      writeFileSync(join(dir, config), branch === "two" ? both : yaml("a", "b", "c", 'm: { packages: ["git"] }', "z"));
      succeed(dir, "add", "-A");
      succeed(dir, "commit", "-q", "-m", "join");
    }
    expect(await settle(dir)).toEqual(["index-moved hosts.alpha.vms.a", "index-moved hosts.alpha.vms.c"]);
    expect(indexesIn(dir)).toEqual({ a: 3, b: 0, c: 4, m: 1, z: 2 });
  });

  it("are merged when both emit for the first time", async () => {
    const dir = temporaryDirectory();
    succeed(dir, "init", "-q", "-b", "base");
    writeFileSync(join(dir, config), yaml("b"));
    succeed(dir, "add", "-A");
    succeed(dir, "commit", "-q", "-m", "config");
    await commit(dir, "one", yaml("b", "z"));
    await commit(dir, "two", yaml("a", "b"));
    succeed(dir, "checkout", "-q", "one");
    git(dir, "merge", "-q", "two");
    expect(await settle(dir)).toEqual(["index-moved hosts.alpha.vms.a"]);
    expect(indexesIn(dir)).toEqual({ a: 2, b: 0, z: 1 });
  });

  it("are merged when git merges by line", async () => {
    const dir = repository();
    succeed(dir, "checkout", "-q", "base");
    layOut(dir, { "flake/.gitattributes": "* text\n" });
    succeed(dir, "commit", "-q", "-a", "-m", "attributes");
    await commit(dir, "one", yaml("b", 'm: { packages: ["jq"] }', "y"));
    await commit(dir, "two", yaml("b", 'm: { packages: ["fd"] }', "x"));
    git(dir, "merge", "-q", "one");
    expect(readFileSync(join(dir, "flake/hosts/alpha/vms/m.nix"), "utf8")).toContain("<<<<<<< ");
    writeFileSync(join(dir, config), yaml("b", 'm: { packages: ["fd", "jq"] }', "x", "y"));
    expect(await settle(dir)).toEqual(["index-moved hosts.alpha.vms.y"]);
  });
});

describe("a VM that one branch edits", () => {
  it.each([
    ["removes", yaml("b"), yaml("b"), { b: 0 }],
    [
      "renames",
      yaml("b", 'n: { renamedFrom: "m", packages: ["git"] }'),
      yaml("b", 'n: { renamedFrom: "m", packages: ["git", "ripgrep"] }'),
      { b: 0, n: 1 },
    ],
  ])("is merged when the other one %s", async (_, text, joined, indexes) => {
    for (const order of [
      ["one", "two"],
      ["two", "one"],
    ] as const) {
      const dir = repository();
      await commit(dir, order[0], text);
      await commit(dir, order[1], yaml("b", 'm: { packages: ["git", "ripgrep"] }'));
      succeed(dir, "checkout", "-q", "one");
      git(dir, "merge", "-q", "two");
      writeFileSync(join(dir, config), joined);
      expect(await settle(dir)).toEqual([]);
      expect(indexesIn(dir)).toEqual(indexes);
    }
  });
});

describe("an edit by hand", () => {
  const file = "hosts/alpha/vms/m.nix";
  const joined = yaml("b", 'm: { packages: ["fd", "jq"] }');
  const branchesWith = async (edited: "one" | "two" | "both" | "none"): Promise<string> => {
    const dir = repository();
    const edit = (branch: string) => (): void => {
      if (edited === branch || edited === "both") appendFileSync(join(dir, "flake", file), "# mine\n");
    };
    await commit(dir, "one", yaml("b", 'm: { packages: ["jq"] }'), edit("one"));
    await commit(dir, "two", yaml("b", 'm: { packages: ["fd"] }'), edit("two"));
    succeed(dir, "checkout", "-q", "one");
    git(dir, "merge", "-q", "two");
    writeFileSync(join(dir, config), joined);
    return dir;
  };

  it.each(["one", "two", "both"] as const)("of branch %s survives a merge", async (edited) => {
    const dir = await branchesWith(edited);
    expect(await conflictsOf(dir)).toEqual([{ path: file, reason: "edited-on-branch" }]);
    await emit(dir, true);
    expect(readFileSync(join(dir, "flake", file), "utf8")).not.toContain("# mine");
  });

  it("of one branch is reported after the merge", async () => {
    const dir = repository();
    await commit(dir, "one", yaml("b", 'm: { packages: ["git"] }', "z"));
    succeed(dir, "checkout", "-q", "-b", "two", "base");
    appendFileSync(join(dir, "flake/hosts/alpha/vms/m.nix"), "# mine\n");
    succeed(dir, "commit", "-q", "-a", "-m", "edit");
    succeed(dir, "checkout", "-q", "one");
    succeed(dir, "merge", "-q", "two");
    expect(await conflictsOf(dir)).toEqual([{ path: "hosts/alpha/vms/m.nix", reason: "edited" }]);
  });

  it("after the merge is reported", async () => {
    const dir = await branchesWith("none");
    appendFileSync(join(dir, "flake", file), "# mine\n");
    expect(await conflictsOf(dir)).toEqual([{ path: file, reason: "edited" }]);
    succeed(dir, "add", "-A");
    succeed(dir, "commit", "-q", "-m", "join");
    expect(await conflictsOf(dir)).toEqual([{ path: file, reason: "merged" }]);
  });
});

it("runs no program from a repository's settings", async () => {
  const dir = repository();
  await commit(dir, "one", yaml("b", 'm: { packages: ["git"] }', "z"));
  await commit(dir, "two", yaml("a", "b", 'm: { packages: ["git"] }'));
  git(dir, "merge", "-q", "one");
  const script = join(dir, ".git/run.sh");
  writeFileSync(script, '#!/bin/sh\ntouch "$(dirname "$0")/ran"\n');
  chmodSync(script, 0o755);
  const settings = {
    "core.fsmonitor": script,
    "core.sshCommand": script,
    "log.showSignature": "true",
    "gpg.program": script,
    "extensions.partialClone": "far",
    "remote.far.url": dir,
    "remote.far.promisor": "true",
    "remote.far.uploadpack": script,
    "protocol.allow": "always",
  };
  succeed(dir, "config", "core.repositoryFormatVersion", "1");
  for (const [name, value] of Object.entries(settings)) succeed(dir, "config", name, value);
  // An object that the repository lacks.
  const missing = "1".repeat(40);
  spawnSync("git", ["-C", dir, "update-index", "--index-info"], {
    input: `0 ${"0".repeat(40)}\tflake/hosts/alpha/default.nix\n100644 ${missing} 2\tflake/hosts/alpha/default.nix\n100644 ${missing} 3\tflake/hosts/alpha/default.nix\n`,
  });
  rmSync(join(dir, ".git/ran"), { force: true });
  expect(await conflictsOf(dir)).toMatchObject([{ reason: "edited-on-branch" }]);
  expect(existsSync(join(dir, ".git/ran"))).toBe(false);
  // The attack works without protection.
  git(dir, "cat-file", "blob", missing);
  expect(existsSync(join(dir, ".git/ran"))).toBe(true);
});
