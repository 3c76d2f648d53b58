import { execFile, spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it } from "vitest";
import type { Failure } from "../../src/failure.js";
import { manifestName } from "../../src/manifest.js";
import { stagingName } from "../../src/transaction.js";
import { type Wanted, type Written, write } from "../../src/write.js";
import { withFault } from "./fault.mjs";
import { layOut, temporaryDirectory, treeOf } from "../tree.js";

type Files = Readonly<Record<string, string>>;

const wantedIn = (root: string, files: Files): Wanted => ({
  dir: join(root, "flake"),
  files: Object.entries(files).map(([path, text]) => ({ kind: "text", path, text })),
  beside: { [join(root, "x.lock.json")]: `${JSON.stringify(Object.keys(files))}\n` },
  force: false,
});

const run = (root: string, files: Files): Promise<E.Either<Failure, Written>> => write(wantedIn(root, files))();

const succeed = async (root: string, files: Files): Promise<void> => {
  const result = await run(root, files);
  if (E.isLeft(result)) throw new Error(`failed: ${JSON.stringify(result.left)}`);
};

/** For a run of its own: the built package, without the test's tools around it. */
const script = fileURLToPath(new URL("write-in-process.js", import.meta.url));
const apart = async (root: string, files: Files): Promise<unknown> => {
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(wantedIn(root, files))]);
  return JSON.parse(stdout);
};

const before = { "flake.nix": "1\n", "hosts/midna.nix": "1\n", "guests/gone.nix": "1\n", "same.nix": "1\n" };
const after = { "flake.nix": "2\n", "hosts/midna.nix": "2\n", "modules/new.nix": "2\n", "same.nix": "1\n" };

/** The trees before and after, and how many calls change the disk on the way. */
const reference = await (async () => {
  const root = mkdtempSync(join(tmpdir(), "emit-test-"));
  try {
    await succeed(root, before);
    const old = treeOf(root);
    const { calls } = await withFault("once", 0, () => succeed(root, after));
    return { old, new: treeOf(root), calls };
  } finally {
    rmSync(root, { recursive: true });
  }
})();

/** A directory that a failing run could not remove once it was empty does no harm. */
const withoutEmptied = (tree: Record<string, string | null>): Record<string, string | null> =>
  Object.fromEntries(Object.entries(tree).filter(([path]) => path !== "flake/guests"));

/** What the end of the process does: the failing runs share this one, which lives on. */
const endHold = (root: string): void => {
  rmSync(join(root, "flake", stagingName, "owner-0"), { force: true });
};

describe("a run that fails at any call to the disk", () => {
  const points = Array.from({ length: reference.calls }, (_, index) => index + 1);

  it("makes enough of them to fail at", () => {
    expect(reference.calls).toBeGreaterThan(20);
    expect(Object.keys(reference.old)).toContain("flake/guests/gone.nix");
    expect(Object.keys(reference.new)).not.toContain("flake/guests");
  });

  it.each(points)("leaves all as it was, or as wanted, when call %i alone fails", async (point) => {
    const root = temporaryDirectory();
    await succeed(root, before);
    const { result } = await withFault("once", point, () => run(root, after));
    const left = Object.fromEntries(Object.entries(treeOf(root)).filter(([path]) => !path.includes(stagingName)));
    if (E.isLeft(result)) {
      expect(result.left).toMatchObject({ kind: "write-failed", isUndone: true });
      expect(treeOf(root)).toEqual(reference.old);
    } else {
      expect(withoutEmptied(left)).toEqual(reference.new);
    }
    endHold(root);
    await succeed(root, after);
    expect(withoutEmptied(treeOf(root))).toEqual(reference.new);
  });

  it.each(points)("is undone by the next run when every call from %i on fails", async (point) => {
    const root = temporaryDirectory();
    await succeed(root, before);
    await withFault("from-then-on", point, () => run(root, after));
    endHold(root);
    await succeed(root, before);
    expect(withoutEmptied(treeOf(root))).toEqual(withoutEmptied(reference.old));
  });

  it.each(points)("is undone by the next run when it is killed at call %i", async (point) => {
    const root = temporaryDirectory();
    await succeed(root, before);
    const killed = spawnSync(process.execPath, [script, JSON.stringify(wantedIn(root, after)), String(point)]);
    expect(killed.signal).toBe("SIGKILL");
    // A third text, so that nothing is right by having been wanted before.
    await succeed(root, { ...after, "flake.nix": "3\n" });
    const tree = withoutEmptied(treeOf(root));
    expect(Object.keys(tree)).toEqual(Object.keys(reference.new));
    expect(tree).toMatchObject({ "flake/flake.nix": "3\n", "flake/hosts/midna.nix": "2\n" });
  });

  it("makes no directory that stays when it is the first of all", async () => {
    const { calls } = await withFault("once", 0, () => succeed(temporaryDirectory(), before));
    for (let point = 1; point <= calls; point++) {
      const root = temporaryDirectory();
      const { result } = await withFault("once", point, () => run(root, before));
      if (E.isLeft(result)) expect([point, treeOf(root)]).toEqual([point, {}]);
    }
  });
});

describe("two runs at once", () => {
  it("leave the files of one of them, whole", async () => {
    const root = temporaryDirectory();
    const filesOf = (text: string): Files =>
      Object.fromEntries(
        Array.from({ length: 200 }, (_, index) => [`d${index % 7}/${text}-or-${index}.nix`, `common/${index}.nix`])
          .flat()
          .map((path): [string, string] => [path, `${text}\n`]),
      );
    for (const result of await Promise.all(["a", "b", "c", "d"].map((text) => apart(root, filesOf(text))))) {
      expect(result).toMatchObject({ _tag: "Right" });
    }
    const tree = treeOf(join(root, "flake"));
    const last = tree["common/0.nix"]?.trim() ?? "";
    const isFile = ([path, text]: [string, unknown]): boolean => text !== null && path !== manifestName;
    expect(Object.fromEntries(Object.entries(tree).filter(isFile))).toEqual(filesOf(last));
    // The record is right too: nothing counts as edited.
    await succeed(root, filesOf("e"));
  });

  it("wait for each other, and say who is at work when that takes too long", async () => {
    const root = temporaryDirectory();
    await succeed(root, before);
    const staging = join(root, "flake", stagingName);
    const other = spawn("sleep", ["60"]);
    try {
      layOut(staging, { "new-0": "being staged" });
      symlinkSync(`${other.pid ?? 0}@${hostname()}`, join(staging, "owner-0"));
      const held = treeOf(root);
      expect(await apart(root, after)).toMatchObject({
        left: { kind: "output-busy", holder: `${other.pid ?? 0}@${hostname()}`, staging },
      });
      expect(treeOf(root)).toEqual(held);

      setTimeout(() => other.kill("SIGKILL"), 500);
      await succeed(root, after);
      expect(treeOf(root)).toEqual(reference.new);
    } finally {
      other.kill("SIGKILL");
    }
  });

  it("never take over from a run of another machine", async () => {
    const root = temporaryDirectory();
    await succeed(root, before);
    layOut(join(root, "flake", stagingName), { "new-0": "" });
    symlinkSync(`1@${hostname()}-not`, join(root, "flake", stagingName, "owner-0"));
    expect(await run(root, after)).toMatchObject({ left: { kind: "output-busy" } });
  });
});

it("finds directories without permission before it changes anything, and names every one", async () => {
  const root = temporaryDirectory();
  await succeed(root, before);
  const isRoot = process.getuid?.() === 0;
  const nobody = 65534;
  const closed = ["flake/guests", "flake/hosts"].map((path) => join(root, path));
  if (isRoot) for (const path of ["", "flake", `flake/${manifestName}`]) chownSync(join(root, path), nobody, nobody);
  for (const dir of closed) chmodSync(dir, 0o555);
  const tree = treeOf(root);
  const { stdout } = spawnSync(process.execPath, [script, JSON.stringify(wantedIn(root, after))], {
    encoding: "utf8",
    ...(isRoot ? { uid: nobody, gid: nobody } : {}),
  });
  for (const dir of closed) chmodSync(dir, 0o755);
  const { left } = JSON.parse(stdout) as { left: Extract<Failure, { kind: "output-not-writable" }> };
  expect(left.kind).toBe("output-not-writable");
  expect(left.paths.toSorted()).toEqual(closed);
  expect(treeOf(root)).toEqual(tree);
});
