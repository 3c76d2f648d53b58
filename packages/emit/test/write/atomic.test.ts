import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it } from "vitest";
import { nameOfRun } from "../../src/fs/exclusive.js";
import type { Failure } from "../../src/report/failure.js";
import { attributesName, manifestName } from "../../src/output/manifest.js";
import { stateFolder } from "../../src/fs/state-folder.js";
import { type Wanted, type Written, write } from "../../src/output/write.js";
import { ended } from "./ended.js";
import { withFault } from "./fault.mjs";
import { layOut, temporaryDirectory, treeOf } from "../tree.js";

type Files = Readonly<Record<string, string>>;

const wantedIn = (root: string, files: Files): Wanted => ({
  dir: join(root, "flake"),
  files: Object.entries(files).map(([path, text]) => ({ kind: "text", path, text })),
  imported: [],
  beside: { [join(root, "x.lock.json")]: `${JSON.stringify(Object.keys(files))}\n` },
  force: false,
});

const run = (root: string, files: Files): Promise<E.Either<Failure, Written>> => ended(write(wantedIn(root, files)));

const succeed = async (root: string, files: Files): Promise<void> => {
  const result = await run(root, files);
  if (E.isLeft(result)) throw new Error(`failed: ${JSON.stringify(result.left)}`);
};

/** Runs in a separate process, with the built package and without the test's tools. */
const script = fileURLToPath(new URL("write-in-process.js", import.meta.url));
const apart = async (root: string, files: Files): Promise<unknown> => {
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(wantedIn(root, files))]);
  return JSON.parse(stdout);
};

const before = { "flake.nix": "1\n", "hosts/midna.nix": "1\n", "guests/gone.nix": "1\n", "same.nix": "1\n" };
const after = { "flake.nix": "2\n", "hosts/midna.nix": "2\n", "modules/new.nix": "2\n", "same.nix": "1\n" };

/** The trees before and after, and the calls in between that change the disk. */
const reference = await (async () => {
  const root = mkdtempSync(join(tmpdir(), "emit-test-"));
  try {
    await succeed(root, before);
    const old = treeOf(root);
    const { names } = await withFault("once", 0, () => succeed(root, after));
    return { old, new: treeOf(root), calls: names };
  } finally {
    rmSync(root, { recursive: true });
  }
})();

/** An empty directory that a failing run could not remove is harmless. */
const withoutEmptied = (tree: Record<string, string | null>): Record<string, string | null> =>
  Object.fromEntries(Object.entries(tree).filter(([path]) => path !== "flake/guests"));

describe("a run that fails at any call to the disk", () => {
  const points = reference.calls.map((_, index) => index + 1);

  it("has enough calls to fail at", () => {
    expect(reference.calls.length).toBeGreaterThan(20);
    expect(Object.keys(reference.old)).toContain("flake/guests/gone.nix");
    expect(Object.keys(reference.new)).not.toContain("flake/guests");
  });

  it.each(points)("leaves the old or the new files when only call %i fails", async (point) => {
    const root = temporaryDirectory();
    await succeed(root, before);
    const { result } = await withFault("once", point, () => run(root, after));
    if (E.isLeft(result)) {
      // The first call creates the state folder.
      const failure = point === 1 ? { kind: "state-unusable" } : { kind: "write-failed", isUndone: true };
      expect(result.left).toMatchObject(failure);
      expect(treeOf(root)).toEqual(reference.old);
    } else {
      expect(withoutEmptied(treeOf(root))).toEqual(reference.new);
    }
    await succeed(root, after);
    expect(withoutEmptied(treeOf(root))).toEqual(reference.new);
  });

  it.each(points)("is undone by the next run when every call from %i on fails", async (point) => {
    const root = temporaryDirectory();
    await succeed(root, before);
    await withFault("from-then-on", point, () => run(root, after));
    await succeed(root, before);
    expect(withoutEmptied(treeOf(root))).toEqual(withoutEmptied(reference.old));
  });

  it.each(points.filter((point) => point % 3 === 0))(
    "is undone by the next run when it is killed at call %i",
    async (point) => {
      const root = temporaryDirectory();
      await succeed(root, before);
      const killed = spawnSync(process.execPath, [script, JSON.stringify(wantedIn(root, after)), String(point)]);
      expect(killed.signal).toBe("SIGKILL");
      // A third text, which no earlier run wrote.
      await succeed(root, { ...after, "flake.nix": "3\n" });
      const tree = withoutEmptied(treeOf(root));
      expect(Object.keys(tree)).toEqual(Object.keys(reference.new));
      expect(tree).toMatchObject({ "flake/flake.nix": "3\n", "flake/hosts/midna.nix": "2\n" });
    },
  );

  it("leaves no directory behind when it is the first run", async () => {
    const { names } = await withFault("once", 0, () => succeed(temporaryDirectory(), before));
    for (let point = 1; point <= names.length; point++) {
      const root = temporaryDirectory();
      const { result } = await withFault("once", point, () => run(root, before));
      if (E.isLeft(result)) expect([point, treeOf(root)]).toEqual([point, {}]);
    }
  });
});

describe("two runs at once", () => {
  it("leave all files of one run", async () => {
    const root = temporaryDirectory();
    const filesOf = (text: string): Files =>
      Object.fromEntries(
        Array.from({ length: 50 }, (_, index) => [`d${index % 7}/${text}-or-${index}.nix`, `common/${index}.nix`])
          .flat()
          .map((path): [string, string] => [path, `${text}\n`]),
      );
    for (const result of await Promise.all(["a", "b", "c", "d"].map((text) => apart(root, filesOf(text))))) {
      expect(result).toMatchObject({ _tag: "Right" });
    }
    const tree = treeOf(join(root, "flake"));
    const last = tree["common/0.nix"]?.trim() ?? "";
    const isFile = ([path, text]: [string, unknown]): boolean =>
      text !== null && path !== manifestName && path !== attributesName;
    expect(Object.fromEntries(Object.entries(tree).filter(isFile))).toEqual(filesOf(last));
    // The manifest is correct too: no file counts as edited.
    await succeed(root, filesOf("e"));
  });

  it("wait for each other, and report the other process after a timeout", async () => {
    const root = temporaryDirectory();
    await succeed(root, before);
    const state = stateFolder(join(root, "flake"));
    const other = spawn("sleep", ["60"]);
    try {
      const entry = join(state, nameOfRun(other.pid ?? 0));
      layOut(state, { [basename(entry)]: "" });
      const held = treeOf(root);
      expect(await apart(root, after)).toMatchObject({
        left: { kind: "output-busy", pid: `${other.pid ?? 0}`, entry },
      });
      expect(treeOf(root)).toEqual(held);

      setTimeout(() => other.kill("SIGKILL"), 500);
      await succeed(root, after);
      expect(treeOf(root)).toEqual(reference.new);
      expect(existsSync(state)).toBe(false);
    } finally {
      other.kill("SIGKILL");
    }
  });

  it.each(["SIGINT", "SIGTERM"] as const)("stop waiting at %s", async (signal) => {
    const root = temporaryDirectory();
    layOut(stateFolder(join(root, "flake")), { [nameOfRun(process.pid)]: "" });
    const waiting = spawn(process.execPath, [script, JSON.stringify(wantedIn(root, after))]);
    const ended = once(waiting, "exit");
    await once(waiting.stderr, "data");
    waiting.kill(signal);
    expect(await ended).toEqual([null, signal]);
    expect(treeOf(root)).toEqual({});
  });

  it.each<[string, () => string, boolean]>([
    ["a process that ended", () => nameOfRun(spawnSync("true").pid), true],
    ["a process id that another process has now", () => `${nameOfRun(process.ppid)}0`, true],
    ["a machine that restarted", () => nameOfRun(process.ppid, undefined, "00000000"), true],
    ["an impossible process id", () => nameOfRun(9007199254740992), true],
    ["an entry without a process id", () => "run-", false],
    ["another machine", () => nameOfRun(1, "0000000000000000"), false],
  ])("take over from %s: %s", async (_, name, takesOver) => {
    const root = temporaryDirectory();
    layOut(stateFolder(join(root, "flake")), { [name()]: "" });
    expect(await run(root, after)).toMatchObject(takesOver ? { _tag: "Right" } : { left: { kind: "output-busy" } });
  });
});

describe("a killed run", () => {
  /** Kills the run when some files are in place; the first rename is the journal's. */
  const killPoint = reference.calls.flatMap((name, index) => (name === "renameSync" ? [index + 1] : []))[3] ?? 0;

  const killed = async (): Promise<{ readonly root: string; readonly state: string; readonly journal: string }> => {
    const root = temporaryDirectory();
    await succeed(root, before);
    spawnSync(process.execPath, [script, JSON.stringify(wantedIn(root, after)), String(killPoint)]);
    expect(readFileSync(join(root, "flake/hosts/midna.nix"), "utf8")).toBe("2\n");
    const state = stateFolder(join(root, "flake"));
    return { root, state, journal: join(state, "journal.json") };
  };

  /** Files of the output directory. */
  const filesOf = (root: string): Record<string, string | null> => treeOf(join(root, "flake"));

  it("is undone except for files that changed since", async () => {
    const { root } = await killed();
    layOut(root, { "flake/hosts/midna.nix": "mine\n" });
    expect(await run(root, after)).toMatchObject({
      left: { kind: "output-conflicts", conflicts: [{ path: "hosts/midna.nix", reason: "edited" }] },
    });
    expect(filesOf(root)).toMatchObject({ "flake.nix": "1\n", "hosts/midna.nix": "mine\n", "guests/gone.nix": "1\n" });
    expect(Object.keys(filesOf(root)).filter((path) => path.includes("part"))).toEqual([]);
  });

  it("is not undone through a link", async () => {
    const { root } = await killed();
    const elsewhere = temporaryDirectory();
    layOut(elsewhere, { "midna.nix": "2\n" });
    rmSync(join(root, "flake/hosts"), { recursive: true });
    symlinkSync(elsewhere, join(root, "flake/hosts"));
    expect(await run(root, after)).toMatchObject({ left: { kind: "output-conflicts" } });
    expect(treeOf(elsewhere)).toEqual({ "midna.nix": "2\n" });
  });

  it("is ignored when its directory was removed", async () => {
    const { root, state } = await killed();
    rmSync(join(root, "flake"), { recursive: true });
    await succeed(root, after);
    expect(treeOf(root)).toEqual(reference.new);
    expect(existsSync(state)).toBe(false);
  });

  it.each<[string, (text: string) => string]>([
    ["is empty", () => ""],
    ["is cut off", (text) => text.slice(0, text.length / 2)],
    ["is another value", () => "null"],
    ["has a path out of the directory", (text) => text.replace('"hosts/midna.nix"', '"../../victim"')],
    ["has a path that is not normalized", (text) => text.replace('"hosts/midna.nix"', '"/tmp/../victim"')],
    ["belongs to another directory", (text) => text.replace("/flake", "/other")],
    ["names parts in another folder", (text) => text.replace(/"part":"/, '"part":"../')],
    ["has no old content", (text) => text.replace(/"old":\{"content":"/, '"old":{"other":"')],
    ["has an invalid hash", (text) => text.replace(/"hash":"../, '"hash":"')],
  ])("is reported with its folder and changes nothing when its journal %s", async (_, damage) => {
    const { root, state, journal } = await killed();
    writeFileSync(journal, damage(readFileSync(journal, "utf8")));
    const left = (): object => [treeOf(root), readdirSync(state).filter((name) => !name.startsWith("run-"))];
    const before = left();
    expect(await run(root, after)).toMatchObject({ left: { kind: "journal-broken", dir: join(root, "flake"), state } });
    expect(left()).toEqual(before);
  });
});

it("write reports all unwritable directories before it changes a file", async () => {
  const root = temporaryDirectory();
  await succeed(root, before);
  const isRoot = process.getuid?.() === 0;
  const nobody = 65534;
  const closed = ["flake/guests", "flake/hosts"].map((path) => join(root, path));
  if (isRoot)
    for (const path of ["", "flake", `flake/${manifestName}`, `flake/${attributesName}`])
      chownSync(join(root, path), nobody, nobody);
  for (const dir of closed) chmodSync(dir, 0o555);
  const tree = treeOf(root);
  const { stdout } = spawnSync(process.execPath, [script, JSON.stringify(wantedIn(root, after))], {
    encoding: "utf8",
    ...(isRoot ? { uid: nobody, gid: nobody, env: { ...process.env, XDG_STATE_HOME: join(root, "state") } } : {}),
  });
  for (const dir of closed) chmodSync(dir, 0o755);
  const { left } = JSON.parse(stdout) as { left: Extract<Failure, { kind: "output-not-writable" }> };
  expect(left.kind).toBe("output-not-writable");
  expect(left.paths.toSorted()).toEqual(closed);
  rmSync(join(root, "state"), { recursive: true, force: true });
  expect(treeOf(root)).toEqual(tree);
});
