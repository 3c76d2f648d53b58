import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Lock } from "@microvm-emit/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adoptLock, printLock, readLockFile } from "../src/config-file/lock-file.js";
import { lockNameOf } from "../src/lock-name.js";
import { layOut, temporaryDirectory } from "./tree.js";

const lockOf = (h: Lock["hosts"][string], freed?: Lock["freed"]): Lock => ({
  version: 2,
  hosts: { h },
  ...(freed && { freed }),
});

const read = (text: string) => {
  const dir = temporaryDirectory();
  layOut(dir, { "x.lock.json": text });
  return readLockFile(join(dir, "x.lock.json"));
};

describe("a printed lock", () => {
  const names = fc.stringMatching(/^[a-z0-9]{1,3}$/);
  const locks = fc.record({
    version: fc.constant(2 as const),
    hosts: fc.dictionary(names, fc.dictionary(names, fc.nat(9))),
    freed: fc.dictionary(names, fc.array(fc.record({ vm: names, index: fc.nat(9) }))),
  });

  it("is read back unchanged", async () => {
    await fc.assert(
      fc.asyncProperty(locks, async ({ freed, ...lock }) => {
        const written = { ...lock, ...(Object.keys(freed).length > 0 && { freed }) };
        expect(await read(printLock(written))).toMatchObject({ lock: written, isConflicted: false });
      }),
      { numRuns: 50 },
    );
  });

  it("has one line per VM and freed index", () => {
    const freed = {
      h: [
        { vm: "old", index: 7 },
        { vm: "a", index: 0 },
      ],
    };
    expect(printLock(lockOf({ b: 1, a: 2 }, freed))).toBe(`{
  "version": 2,
  "hosts": {
    "h": {
      "a": 2,
      "b": 1
    }
  },
  "freed": {
    "h": [
      { "vm": "old", "index": 7 },
      { "vm": "a", "index": 0 }
    ]
  }
}
`);
  });
});

describe("a lock with conflict markers", () => {
  const around = (region: string): string =>
    `{\n  "version": 2,\n  "hosts": {\n    "h": {\n      "a": 0,\n${region}\n    }\n  }\n}\n`;
  const joinedLock = lockOf({ a: 0, b: 1, c: 1 });

  it.each<[string, string, Lock]>([
    ["in the merge style", '<<<<<<< HEAD\n      "b": 1\n=======\n      "c": 1\n>>>>>>> x', joinedLock],
    [
      "in the diff3 style",
      '<<<<<<< HEAD\n      "b": 1\n||||||| 1a2b3c\n      "gone": 5\n=======\n      "c": 1\n>>>>>>> x',
      joinedLock,
    ],
    ["with an empty side", '<<<<<<< HEAD\n=======\n      "c": 1,\n>>>>>>> x\n      "b": 1', joinedLock],
    ["with CRLF line ends", '<<<<<<< HEAD\r\n      "b": 1\r\n=======\r\n      "c": 1\r\n>>>>>>> x\r', joinedLock],
    [
      "in several regions",
      '<<<<<<< HEAD\n      "b": 1,\n=======\n      "c": 1,\n>>>>>>> x\n      "d": 4,\n<<<<<<< HEAD\n      "e": 5\n=======\n      "f": 6\n>>>>>>> x',
      lockOf({ a: 0, b: 1, c: 1, d: 4, e: 5, f: 6 }),
    ],
    [
      "inside other conflict markers",
      '<<<<<<< HEAD\n<<<<<<< HEAD\n      "b": 1\n=======\n      "d": 4\n>>>>>>> y\n=======\n      "c": 1\n>>>>>>> x',
      lockOf({ a: 0, b: 1, d: 4, c: 1 }),
    ],
    [
      "in the common ancestor too",
      '<<<<<<< HEAD\n      "b": 1\n||||||| merged\n<<<<<<<<< one\n      "x": 8\n=========\n      "y": 8\n>>>>>>>>> two\n=======\n      "c": 1\n>>>>>>> x',
      joinedLock,
    ],
    [
      "and one VM at two indexes",
      '<<<<<<< HEAD\n      "b": 1\n=======\n      "b": 2\n>>>>>>> x',
      lockOf({ a: 0, b: 1 }),
    ],
    [
      "across the end of a host",
      '<<<<<<< HEAD\n      "b": 1\n    },\n    "i": {\n      "b": 0\n=======\n      "c": 1\n    },\n    "j": {\n      "c": 0\n>>>>>>> x',
      { version: 2, hosts: { h: { a: 0, b: 1, c: 1 }, i: { b: 0 }, j: { c: 0 } } },
    ],
  ])("%s has the VMs of both sides", async (_, region, lock) => {
    const found = await read(around(region));
    expect(found).toMatchObject({ lock, isConflicted: true });
    // `HEAD`'s side decides which VM was first.
    expect(found.earlier[0]?.hosts["h"]).not.toHaveProperty("c");
  });

  it("has the freed indexes of both sides", async () => {
    const side = (vm: string): string => `      { "vm": "${vm}", "index": 4 }`;
    const text = `{\n "version": 2, "hosts": {}, "freed": { "h": [\n<<<<<<< HEAD\n${side("a")}\n=======\n${side("b")}\n>>>>>>> x\n]}}`;
    expect((await read(text)).lock.freed).toEqual({
      h: [
        { vm: "a", index: 4 },
        { vm: "b", index: 4 },
      ],
    });
  });
});

it("a lock may have duplicate keys and wrong commas after a manual merge", async () => {
  const text = '{ "version": 2, "hosts": { "h": { "a": 0, "b": 1 "c": 1, "b": 2, }, "h": { "d": 3 } } }';
  expect(await read(text)).toMatchObject({ lock: lockOf({ a: 0, b: 1, c: 1, d: 3 }), isConflicted: false });
});

it("a lock is read without older commits when no index is duplicate", async () => {
  const file = join(temporaryDirectory(), "microvm.lock.json");
  const git = (...args: readonly string[]): void => {
    execFileSync("git", ["-C", dirname(file), "-c", "user.name=a", "-c", "user.email=a@b", ...args], { stdio: "pipe" });
  };
  writeFileSync(file, printLock(lockOf({ a: 0, b: 1 })));
  git("init", "-q");
  git("add", ".");
  git("commit", "-q", "-m", "first");
  expect((await readLockFile(file)).earlier).toEqual([]);
});

describe("a lock that is broken", () => {
  it.each<[string, string, [line: number, column: number] | undefined, reason?: string]>([
    ["another version", '{ "version": 3, "hosts": {} }', [1, 14]],
    [
      "an invalid name of a VM",
      '{ "version": 1, "hosts": { "alpha": { "a; touch b": 0 } } }',
      [1, 53],
      'hosts.alpha["a; touch b"]: "a; touch b" is not a host name',
    ],
    ["an invalid freed index", '{ "version": 2, "hosts": {}, "freed": { "alpha": [{ "vm": "a" }] } }', [1, 51]],
    ["another setting", '{ "version": 2, "hosts": {}, "more": 1 }', [1, 1]],
    ["half a conflict", '{\n  "version": 2,\n<<<<<<< HEAD\n  "hosts": {}\n}\n', [3, 1]],
    ["a broken side", '{\n"version": 2,\n<<<<<<< HEAD\n"hosts": {}\n=======\n"hosts": {\n>>>>>>> x\n}\n', [9, 1]],
    ["objects nested too deeply", '{"a":'.repeat(200_000), undefined],
  ])("is reported with its place when it has %s", async (_, text, at, reason) => {
    const failure: unknown = await read(text).then(
      () => undefined,
      (error: unknown) => (error as { failures?: readonly unknown[] }).failures?.[0],
    );
    expect(failure).toMatchObject({
      kind: "lock-broken",
      ...(at && { place: { line: at[0], column: at[1] } }),
      ...(reason && { reason }),
    });
  });
});

it("a lock cannot set a prototype", async () => {
  const { lock } = await read('{ "version": 2, "hosts": { "__proto__": { "a": 0 }, "h": { "b": 1 } } }');
  expect(lock).toEqual(lockOf({ b: 1 }));
  expect(Object.getPrototypeOf(lock.hosts)).toBe(Object.prototype);
});

it("a lock with many conflict markers is rejected", async () => {
  const text = "<<<<<<< HEAD\n".repeat(200_000);
  await expect(read(text)).rejects.toMatchObject({ failures: [{ kind: "lock-broken" }] });
});

describe("the name of a lock", () => {
  it("is unique for each config of a folder", () => {
    const configs = [
      "home.config.ts",
      "work.config.ts",
      "home.ts",
      "home.config.mjs",
      "home.yaml",
      "home.json",
      ".config.ts",
    ];
    expect(new Set(configs.map(lockNameOf)).size).toBe(configs.length);
    expect(lockNameOf("microvm.config.ts")).toBe("microvm.lock.json");
    expect(lockNameOf("lab.yaml")).toBe("lab.yaml.lock.json");
  });
});

describe("a config without a lock", () => {
  const shared: Lock = { version: 1, hosts: { h: { a: 3, b: 1 }, other: { x: 0 } } };
  const adopted = async (files: Readonly<Record<string, string>>, hosts: object) => {
    const dir = temporaryDirectory();
    layOut(dir, { "new.config.ts": "", ...files });
    const { lock, adopted: from } = await adoptLock(await readLockFile(join(dir, "new.lock.json")), { hosts });
    return { lock, from: from && { ...from, from: from.from.replace(`${dir}/`, "") } };
  };
  const none = { lock: { version: 2, hosts: {} }, from: undefined };
  const h = { vms: { a: {} } };

  it.each<[string, Record<string, string>, object, object]>([
    [
      "takes its hosts from a lock that several configs shared",
      { "microvm-emit.lock.json": printLock(shared) },
      { h },
      { lock: { version: 1, hosts: { h: { a: 3, b: 1 } } }, from: { from: "microvm-emit.lock.json", isWhole: false } },
    ],
    [
      "takes the whole lock if it has all hosts",
      { "microvm-emit.lock.json": printLock(shared) },
      { h, other: { vms: { x: {} } } },
      { lock: { ...shared, freed: {} }, from: { from: "microvm-emit.lock.json", isWhole: true } },
    ],
    [
      "takes the lock of a config that was renamed, even with a renamed VM",
      { "old.lock.json": printLock(lockOf({ b: 2 }, { h: [{ vm: "c", index: 0 }] })) },
      { h: { vms: { n: { renamedFrom: "b" } } } },
      { lock: lockOf({ b: 2 }, { h: [{ vm: "c", index: 0 }] }), from: { from: "old.lock.json", isWhole: true } },
    ],
    [
      "does not take the lock of another existing config",
      { "old.config.ts": "", "old.lock.json": printLock(shared) },
      { h },
      none,
    ],
    ["does not take a lock with other VMs", { "old.lock.json": printLock(shared) }, { h: { vms: { z: {} } } }, none],
    [
      "does not take a file of another program",
      {
        "packages.lock.json": '{ "version": 1, "dependencies": {} }',
        "a.lock.json": "<",
        "microvm-emit.lock.json": "{",
      },
      { h },
      none,
    ],
  ])("%s", async (_, files, hosts, expected) => {
    expect(await adopted(files, hosts)).toMatchObject(expected);
  });

  it.each([[undefined], [{ hosts: 1 }], [{ hosts: { h: null } }], [{ hosts: { h: { vms: [1] } } }]])(
    "takes no lock if its shape is wrong (%j)",
    async (config) => {
      const dir = temporaryDirectory();
      layOut(dir, { "microvm-emit.lock.json": printLock(shared) });
      const file = await readLockFile(join(dir, "new.lock.json"));
      expect(await adoptLock(file, config)).toBe(file);
      expect(readFileSync(join(dir, "microvm-emit.lock.json"), "utf8")).toBe(printLock(shared));
    },
  );
});
