import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it } from "vitest";
import type { Conflict, Failure } from "../../src/report/failure.js";
import { attributesName, manifestName } from "../../src/output/manifest.js";
import { sha256 } from "../../src/fs/sha256.js";
import { type Wanted, type Written, write } from "../../src/output/write.js";
import { ended } from "./ended.js";
import { withFault } from "./fault.mjs";
import { layOut, temporaryDirectory, treeOf } from "../tree.js";

const run = (
  dir: string,
  files: Readonly<Record<string, string>>,
  { force = false, beside = {}, imported = [], edits = [] }: Partial<Omit<Wanted, "dir" | "files">> = {},
): Promise<E.Either<Failure, Written>> =>
  ended(
    write({
      dir,
      files: Object.entries(files).map(([path, text]) => ({ kind: "text", path, text })),
      imported,
      beside,
      edits,
      force,
    }),
  );

const succeed = async (...args: Parameters<typeof run>): Promise<Written> => {
  const result = await run(...args);
  if (E.isLeft(result)) throw new Error(`failed: ${JSON.stringify(result.left)}`);
  return result.right;
};

const fail = async (...args: Parameters<typeof run>): Promise<Failure> => {
  const result = await run(...args);
  if (E.isRight(result)) throw new Error(`succeeded: ${JSON.stringify(result.right)}`);
  return result.left;
};

const first = { "flake.nix": "{ }\n", "hosts/midna.nix": "midna\n", "guests/a.nix": "a\n" };

describe("write", () => {
  it("refuses a file of someone else in a folder that a host imports", async () => {
    const dir = temporaryDirectory();
    const files = { "vms/a.nix": "a\n" };
    const imported = ["vms", "missing"];
    await succeed(dir, files, { imported });
    layOut(dir, { "vms/old.nix": "{ }\n", "vms/folder/b.nix": "{ }\n" });
    symlinkSync("a.nix", join(dir, "vms/link.nix"));
    expect(await fail(dir, files, { imported })).toMatchObject({
      conflicts: [
        { path: "vms/folder", reason: "directory" },
        { path: "vms/link.nix", reason: "symlink" },
        { path: "vms/old.nix", reason: "imported" },
      ],
    });
    rmSync(join(dir, "vms/folder"), { recursive: true });
    rmSync(join(dir, "vms/link.nix"));
    expect(await succeed(dir, files, { imported, force: true })).toMatchObject({ removed: ["vms/old.nix"] });
  });

  it("writes the files, the manifest and the files beside", async () => {
    const root = temporaryDirectory();
    const dir = join(root, "deep/flake");
    const beside = { [join(root, "x.lock.json")]: "lock\n" };
    expect(await succeed(dir, first, { beside })).toEqual({
      written: ["flake.nix", "guests/a.nix", "hosts/midna.nix"],
      unchanged: [],
      removed: [],
    });
    expect(treeOf(root)).toEqual({
      deep: null,
      "deep/flake": null,
      "deep/flake/.gitattributes": expect.stringContaining('"/flake.nix" -text merge=binary\n') as unknown,
      "deep/flake/.microvm-emit.sha256": expect.stringMatching(/^[0-9a-f]{64} {2}flake\.nix\n/) as unknown,
      "deep/flake/flake.nix": "{ }\n",
      "deep/flake/guests": null,
      "deep/flake/guests/a.nix": "a\n",
      "deep/flake/hosts": null,
      "deep/flake/hosts/midna.nix": "midna\n",
      "x.lock.json": "lock\n",
    });
  });

  it("does not touch unchanged files", async () => {
    const dir = temporaryDirectory();
    await succeed(dir, first);
    const old = new Date("2020-01-01T00:00:00Z");
    for (const path of [...Object.keys(first), manifestName]) utimesSync(join(dir, path), old, old);
    expect(await succeed(dir, first)).toEqual({
      written: [],
      unchanged: ["flake.nix", "guests/a.nix", "hosts/midna.nix"],
      removed: [],
    });
    expect(await succeed(dir, { ...first, "guests/a.nix": "new\n" })).toMatchObject({ written: ["guests/a.nix"] });
    expect(statSync(join(dir, "flake.nix")).mtime).toEqual(old);
    expect(statSync(join(dir, "hosts/midna.nix")).mtime).toEqual(old);
    expect(statSync(join(dir, "guests/a.nix")).mtime).not.toEqual(old);
  });

  it("removes obsolete files and emptied directories, and keeps others", async () => {
    const dir = temporaryDirectory();
    await succeed(dir, { ...first, "deep/a.nix": "a\n", "deep/er/b.nix": "b\n", "guests/c.nix": "c\n" });
    layOut(dir, { "guests/own.nix": "own\n", "flake.lock": "{}" });
    expect(await succeed(dir, { "flake.nix": "{ }\n" })).toEqual({
      written: [],
      unchanged: ["flake.nix"],
      removed: ["deep/a.nix", "deep/er/b.nix", "guests/a.nix", "guests/c.nix", "hosts/midna.nix"],
    });
    expect(Object.keys(treeOf(dir))).toEqual([
      attributesName,
      manifestName,
      "flake.lock",
      "flake.nix",
      "guests",
      "guests/own.nix",
    ]);
  });

  it("reports all foreign files at once, and changes none", async () => {
    const dir = temporaryDirectory();
    await succeed(dir, { ...first, "orphan.nix": "o\n" });
    layOut(dir, { "hosts/midna.nix": "edited\n", "orphan.nix": "edited\n", "new.nix": "foreign\n" });
    const before = treeOf(dir);
    const wanted = { ...first, "hosts/midna.nix": "other\n", "new.nix": "ours\n", "guests/a.nix": "other\n" };
    expect(await fail(dir, wanted)).toEqual({
      kind: "output-conflicts",
      dir,
      conflicts: [
        { path: "hosts/midna.nix", reason: "edited" },
        { path: "new.nix", reason: "foreign" },
        { path: "orphan.nix", reason: "edited" },
      ],
    });
    expect(treeOf(dir)).toEqual(before);

    expect(await succeed(dir, wanted, { force: true })).toMatchObject({
      written: ["guests/a.nix", "hosts/midna.nix", "new.nix"],
      removed: ["orphan.nix"],
    });
    expect(treeOf(dir)).toMatchObject(wanted);
  });

  it("repairs line endings that git converted, and keeps an edit with such line endings", async () => {
    const dir = temporaryDirectory();
    await succeed(dir, { ...first, "orphan.nix": "orphan\n" });
    const names = [...Object.keys(first), "orphan.nix", attributesName, manifestName];
    const converted = Object.fromEntries(
      names.map((name) => [name, readFileSync(join(dir, name), "utf8").replaceAll("\n", "\r\n")]),
    );
    layOut(dir, { ...converted, "guests/a.nix": "mine\r\n" });
    expect(await fail(dir, first)).toMatchObject({ conflicts: [{ path: "guests/a.nix", reason: "edited" }] });
    layOut(dir, converted);
    expect(await succeed(dir, first)).toMatchObject({ written: Object.keys(first).sort(), removed: ["orphan.nix"] });
    expect(Object.entries(treeOf(dir)).filter(([, text]) => text?.includes("\r"))).toEqual([]);
  });

  it("writes attributes that keep git from converting line endings", async () => {
    const [dir, clone] = [temporaryDirectory(), temporaryDirectory()];
    await succeed(dir, first);
    const git = (...args: readonly string[]): unknown =>
      execFileSync(
        "git",
        ["-c", "core.autocrlf=true", "-c", "user.name=a", "-c", "user.email=a@b", "-C", dir, ...args],
        {
          stdio: ["ignore", "ignore", "ignore"],
        },
      );
    layOut(dir, { "notes.txt": "a\n" });
    git("init");
    git("add", "-A");
    git("commit", "-m", "a");
    git("clone", "-c", "core.autocrlf=true", ".", join(clone, "flake"));
    const tree = treeOf(join(clone, "flake"));
    expect(tree["notes.txt"]).toBe("a\r\n");
    expect(tree).toMatchObject(first);
    expect(await succeed(join(clone, "flake"), first)).toMatchObject({ written: [], removed: [] });
  });

  it("accepts an edited file with the wanted text", async () => {
    const dir = temporaryDirectory();
    await succeed(dir, first);
    layOut(dir, { "flake.nix": "{ new }\n" });
    await succeed(dir, { ...first, "flake.nix": "{ new }\n" });
    await succeed(dir, { ...first, "flake.nix": "{ newer }\n" });
    expect(readFileSync(join(dir, "flake.nix"), "utf8")).toBe("{ newer }\n");
  });

  it("accepts that emitted files were removed by hand", async () => {
    const dir = temporaryDirectory();
    await succeed(dir, first);
    const { unlinkSync } = await import("node:fs");
    unlinkSync(join(dir, "flake.nix"));
    unlinkSync(join(dir, "guests/a.nix"));
    expect(await succeed(dir, { "flake.nix": "{ }\n", "hosts/midna.nix": "midna\n" })).toEqual({
      written: ["flake.nix"],
      unchanged: ["hosts/midna.nix"],
      removed: [],
    });
  });

  it.each([false, true])("follows and replaces no link, with force %s", async (force) => {
    const dir = temporaryDirectory();
    const elsewhere = temporaryDirectory();
    layOut(elsewhere, { "victim.nix": "victim\n" });
    symlinkSync(elsewhere, join(dir, "hosts"));
    symlinkSync(join(elsewhere, "victim.nix"), join(dir, "flake.nix"));
    symlinkSync(join(elsewhere, "none"), join(dir, manifestName));
    expect(await fail(dir, first, { force })).toMatchObject({
      kind: "output-conflicts",
      conflicts: [
        { path: manifestName, reason: "symlink" },
        { path: "flake.nix", reason: "symlink" },
        { path: "hosts", reason: "symlink" },
      ],
    });
    expect(treeOf(elsewhere)).toEqual({ "victim.nix": "victim\n" });
    expect(Object.keys(treeOf(dir)).sort()).toEqual([manifestName, "flake.nix", "hosts"]);
  });

  it.each([false, true])("reads no FIFO, device or huge file, and replaces none, with force %s", async (force) => {
    const dir = temporaryDirectory();
    layOut(dir, { "hosts/huge.nix": "" });
    truncateSync(join(dir, "hosts/huge.nix"), 2 ** 40);
    for (const path of ["flake.nix", manifestName]) execFileSync("mkfifo", [join(dir, path)]);
    if (process.getuid?.() === 0) execFileSync("mknod", [join(dir, "guests"), "c", "1", "3"]);
    const conflicts = [
      { path: manifestName, reason: "special" },
      { path: "flake.nix", reason: "special" },
      ...(process.getuid?.() === 0 ? [{ path: "guests", reason: "not-a-directory" }] : []),
      { path: "hosts/huge.nix", reason: "large" },
    ];
    expect(await fail(dir, { ...first, "hosts/huge.nix": "" }, { force })).toMatchObject({ conflicts });
  });

  it("replaces a hard-linked file without changing its other names", async () => {
    const dir = temporaryDirectory();
    await succeed(dir, first);
    const other = join(temporaryDirectory(), "other.nix");
    linkSync(join(dir, "flake.nix"), other);
    await succeed(dir, { ...first, "flake.nix": "{ new }\n" });
    expect(readFileSync(other, "utf8")).toBe("{ }\n");
  });

  it("writes new and edited files of the user with the flake", async () => {
    const root = temporaryDirectory();
    layOut(root, { "own.nix": "old\n" });
    const edits = [
      { path: join(root, "own.nix"), before: "old\n", text: "new\n" },
      { path: join(root, "deep/config.ts"), before: null, text: "config\n" },
    ];
    await succeed(join(root, "flake"), first, { edits });
    expect(treeOf(root)).toMatchObject({
      "own.nix": "new\n",
      "deep/config.ts": "config\n",
      "flake/flake.nix": "{ }\n",
    });
  });

  it.each([
    ["a new file exists already", "config.ts", null],
    ["an edited file has another text", "config.ts", "old\n"],
    ["an edited file is gone", "gone.ts", "old\n"],
    ["the folder of an edited file is gone", "gone/config.ts", "old\n"],
    ["an edited file became a folder", "folder", "old\n"],
  ])("changes nothing when %s", async (_, name, before) => {
    const root = temporaryDirectory();
    layOut(root, { "config.ts": "theirs\n", "folder/a": "theirs\n" });
    const tree = treeOf(root);
    const path = join(root, name);
    expect(await fail(join(root, "flake"), first, { edits: [{ path, before, text: "new\n" }] })).toEqual({
      kind: "config-changed",
      file: path,
    });
    expect(treeOf(root)).toEqual(tree);
  });

  it("does not change a lock file that is a link", async () => {
    const root = temporaryDirectory();
    layOut(root, { "other/x.lock.json": "theirs\n" });
    symlinkSync("other/x.lock.json", join(root, "x.lock.json"));
    expect(await fail(join(root, "flake"), first, { beside: { [join(root, "x.lock.json")]: "lock\n" } })).toMatchObject(
      {
        conflicts: [{ path: "x.lock.json", reason: "symlink" }],
      },
    );
    expect(readFileSync(join(root, "other/x.lock.json"), "utf8")).toBe("theirs\n");
  });

  it("does not trust files in the output directory, and keeps foreign ones", async () => {
    const root = temporaryDirectory();
    const foreign = ".microvm-emit.tmp";
    const journal = {
      entries: [
        { path: join(root, "bashrc"), existed: true },
        { path: join(root, "key"), existed: false },
      ],
      directories: [],
    };
    layOut(root, { bashrc: "mine\n", key: "mine\n", "folder/a": "mine\n" });
    layOut(join(root, "flake", foreign), {
      "journal.json": JSON.stringify(journal),
      "old-0": "theirs\n",
      "owner-9007199254740992": "",
    });
    mkdirSync(join(root, "linked"));
    symlinkSync(join(root, "folder"), join(root, "linked", foreign));
    const before = treeOf(root);
    for (const dir of ["flake", "linked"]) await succeed(join(root, dir), first);
    expect(treeOf(root)).toMatchObject(before);
  });

  it.each<[string, (folder: string) => void]>([
    [
      "is a link",
      (folder) => {
        symlinkSync(temporaryDirectory(), folder);
      },
    ],
    [
      "is a file",
      (folder) => {
        writeFileSync(folder, "");
      },
    ],
    [
      "is open to others",
      (folder) => {
        mkdirSync(folder);
        chmodSync(folder, 0o777);
      },
    ],
    [
      "belongs to another user",
      (folder) => {
        mkdirSync(folder);
        chownSync(folder, 65534, 65534);
      },
    ],
  ])("refuses a state folder that %s", async (what, make) => {
    if (what.includes("another user") && process.getuid?.() !== 0) return;
    const root = temporaryDirectory();
    const state = process.env["XDG_STATE_HOME"];
    process.env["XDG_STATE_HOME"] = root;
    try {
      make(join(root, "microvm-emit"));
      expect(await fail(join(root, "flake"), first)).toMatchObject({ kind: "state-unusable" });
      expect(existsSync(join(root, "flake"))).toBe(false);
    } finally {
      process.env["XDG_STATE_HOME"] = state;
    }
  });

  it("changes nothing elsewhere when a link replaces a folder at any call to the disk", async () => {
    const start = { ...first, "hosts/orphan.nix": "o\n" };
    const wanted = { ...first, "hosts/midna.nix": "new\n", "hosts/added.nix": "new\n" };
    let calls = 1;
    for (let point = 1; point <= calls; point++) {
      const [dir, elsewhere] = [temporaryDirectory(), temporaryDirectory()];
      await succeed(dir, start);
      layOut(elsewhere, { "midna.nix": "midna\n", "orphan.nix": "o\n" });
      const swap = (): void => {
        renameSync(join(dir, "hosts"), join(dir, "moved"));
        symlinkSync(elsewhere, join(dir, "hosts"));
      };
      const { names } = await withFault(swap, point, () => run(dir, wanted));
      calls = Math.max(calls, names.length);
      expect([point, treeOf(elsewhere)]).toEqual([point, { "midna.nix": "midna\n", "orphan.nix": "o\n" }]);
    }
    expect(calls).toBeGreaterThan(10);
  });

  it("reports directories in place of files, and files in place of directories", async () => {
    const dir = temporaryDirectory();
    mkdirSync(join(dir, "flake.nix"));
    writeFileSync(join(dir, "hosts"), "");
    expect(await fail(dir, first, { force: true })).toMatchObject({
      conflicts: [
        { path: "flake.nix", reason: "directory" },
        { path: "hosts", reason: "not-a-directory" },
      ],
    });
  });

  it("reports files in place of the output directory and its parents", async () => {
    const root = temporaryDirectory();
    layOut(root, { file: "" });
    expect(await fail(join(root, "file"), first)).toMatchObject({
      kind: "output-not-directory",
      obstacle: join(root, "file"),
    });
    expect(await fail(join(root, "file/deep/er"), first)).toMatchObject({
      kind: "output-not-directory",
      obstacle: join(root, "file"),
    });
    symlinkSync(join(root, "nowhere"), join(root, "dangling"));
    expect(await fail(join(root, "dangling"), first)).toMatchObject({ kind: "output-not-directory" });
  });

  const recordOf = (...lines: readonly [path: string, text: string][]): string =>
    lines.map(([path, text]) => `${sha256(text)}  ${path}\n`).join("");

  it.each<[string, Record<string, string>]>([
    [
      "of text",
      { [manifestName]: recordOf(["../victim", "victim\n"], ["/victim", "victim\n"], ["a/../../victim", "victim\n"]) },
    ],
    ["of neither", { [manifestName]: "\0\n{".repeat(9) }],
  ])("ignores a manifest %s about files outside", async (_, record) => {
    const root = temporaryDirectory();
    layOut(join(root, "flake"), record);
    layOut(root, { victim: "victim\n" });
    await succeed(join(root, "flake"), first);
    await succeed(join(root, "flake"), {});
    expect(treeOf(root)).toMatchObject({ victim: "victim\n" });
  });

  it.each<[string, string, Conflict["reason"] | undefined]>([
    ["of the first of two records", "one\n", undefined],
    ["of the second record", "two\n", undefined],
    ["of no record", "three\n", "merged"],
  ])("recognizes a text %s", async (_, text, reason) => {
    const dir = temporaryDirectory();
    layOut(dir, { "flake.nix": text, [manifestName]: recordOf(["flake.nix", "one\n"], ["flake.nix", "two\n"]) });
    const written = await run(dir, first);
    expect(E.isLeft(written) ? written.left : undefined).toEqual(
      reason && { kind: "output-conflicts", dir, conflicts: [{ path: "flake.nix", reason }] },
    );
  });

  it("keeps foreign attributes, and writes a minimal file otherwise", async () => {
    const dir = temporaryDirectory();
    await succeed(dir, first);
    expect(readFileSync(join(dir, attributesName), "utf8").split("\n").slice(1)).toEqual([
      '"/.gitattributes" -text merge=union',
      '"/.microvm-emit.sha256" -text merge=union',
      '"/flake.nix" -text merge=binary',
      '"/guests/**" -text merge=binary',
      '"/hosts/**" -text merge=binary',
      "",
    ]);
    layOut(dir, { [attributesName]: "*.age binary\n" });
    await succeed(dir, { ...first, "flake.nix": "{ new }\n" });
    expect(readFileSync(join(dir, attributesName), "utf8")).toBe("*.age binary\n");
  });

  it("writes nothing outside the output directory", async () => {
    const root = temporaryDirectory();
    for (const path of ["../out.nix", "/out.nix", "a/../../out.nix", "a//b.nix", ""]) {
      expect(await fail(join(root, "flake"), { [path]: "" })).toMatchObject({ kind: "internal" });
    }
    expect(existsSync(join(root, "flake"))).toBe(false);
  });

  it("does not depend on the order of files", async () => {
    const dirs = [temporaryDirectory(), temporaryDirectory()] as const;
    await succeed(dirs[0], first);
    await succeed(dirs[1], Object.fromEntries(Object.entries(first).reverse()));
    expect(treeOf(dirs[0])).toEqual(treeOf(dirs[1]));
  });
});
