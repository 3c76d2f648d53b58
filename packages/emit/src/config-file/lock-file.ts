import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Lock, emptyLock, formatPath } from "@microvm-emit/model";
import { isRecord, readLock } from "@microvm-emit/model/internal";
import { isRight } from "fp-ts/lib/Either.js";
import type { Node, ParseError } from "jsonc-parser";
import { Failed } from "../report/failure.js";
import { isThere, readEntry } from "../fs/folders.js";
import { git } from "../fs/git.js";
import { lockNameOf, lockSuffix } from "../lock-name.js";
import { sidesOf } from "../output/merge-conflict.js";
import { placeAtOffset } from "../report/place.js";

/** A lock file on disk. */
export interface LockFile {
  /** Its absolute path. */
  readonly path: string;
  /** Undefined if the file does not exist. */
  readonly text?: string;
  /** Its content; the empty lock if there is no file. */
  readonly lock: Lock;
  /** Older locks, latest first; they decide which of two VMs with one index keeps it. */
  readonly earlier: readonly Lock[];
  /** True if the text has conflict markers of a git merge. */
  readonly isConflicted: boolean;
  /** The lock of a renamed config, source of this lock's entries. */
  readonly adopted?: {
    readonly from: string;
    /** True if all its hosts were adopted. */
    readonly isWhole: boolean;
  };
}

const notPlain: Readonly<Record<Exclude<ReturnType<typeof readEntry>, object | "none">, string>> = {
  symlink: "it is a symbolic link",
  directory: "it is a directory",
  special: "it is a device, a FIFO or a socket",
  large: "it is too large",
};

/**
 * The text of a regular file; undefined if missing. Throws for symlinks and devices, which a repository can contain or
 * name.
 */
const readText = (path: string): string | undefined => {
  let entry: ReturnType<typeof readEntry>;
  try {
    entry = readEntry(path);
  } catch (error) {
    throw new Failed({ kind: "lock-broken", file: path, reason: (error as Error).message });
  }
  if (entry === "none") return undefined;
  if (typeof entry === "string") throw new Failed({ kind: "lock-broken", file: path, reason: notPlain[entry] });
  return entry.bytes.toString("utf8");
};

/** Reads a lock file; throws {@link Failed} for an invalid one. */
export const readLockFile = async (path: string): Promise<LockFile> => {
  const text = readText(path);
  if (text === undefined) return { path, lock: emptyLock, earlier: [], isConflicted: false };
  const written = parseLock(text);
  // Our own output has no duplicate keys.
  if (written !== undefined && printLock(written) === text)
    return { path, text, lock: written, earlier: earlierLocks(path, written), isConflicted: false };
  const sides = sidesOf(text);
  if (sides === undefined) {
    const lock = await readSide(path, text);
    return { path, text, lock, earlier: earlierLocks(path, lock), isConflicted: false };
  }
  const [ours, theirs] = [await readSide(path, sides[0]), await readSide(path, sides[1])];
  return {
    path,
    text,
    lock: joined([ours, theirs]) as Lock,
    earlier: [ours, ...earlierLocks(path, ours)],
    isConflicted: true,
  };
};

/**
 * Finds the lock after a config was renamed: a config without a lock adopts hosts from a lock in the same folder whose
 * config is gone. A host matches if both have a VM in common.
 */
export const adoptLock = async (lockFile: LockFile, config: unknown): Promise<LockFile> => {
  if (lockFile.text !== undefined) return lockFile;
  const directory = dirname(lockFile.path);
  const names = isThere(directory) ? readdirSync(directory) : [];
  const owned = new Set(names.map(lockNameOf));
  const orphans = names.filter((name) => name.endsWith(lockSuffix) && !owned.has(name));
  for (const name of orphans.toSorted()) {
    const from = join(directory, name);
    const entry = readEntry(from);
    // Other programs use the suffix too.
    if (typeof entry === "string" || parseLock(entry.bytes.toString("utf8")) === undefined) continue;
    const { lock, ...rest } = await readLockFile(from);
    const isOwn = (host: string): boolean =>
      vmNamesIn(config, host).some((vm) => Object.hasOwn(lock.hosts[host] ?? {}, vm));
    const hosts = Object.entries(lock.hosts).filter(([host]) => isOwn(host));
    if (hosts.length === 0) continue;
    const freed = Object.entries(lock.freed ?? {}).filter(([host]) => isOwn(host));
    return {
      ...rest,
      path: lockFile.path,
      lock: { version: lock.version, hosts: Object.fromEntries(hosts), freed: Object.fromEntries(freed) },
      adopted: { from, isWhole: hosts.length === Object.keys(lock.hosts).length },
    };
  }
  return lockFile;
};

/** Names of a host's VMs, with `renamedFrom`, in a config that is not validated yet. */
const vmNamesIn = (config: unknown, host: string): readonly string[] => {
  const vms = entry(entry(entry(config, "hosts"), host), "vms");
  if (!isRecord(vms)) return [];
  const former = Object.values(vms).map((vm) => entry(vm, "renamedFrom"));
  return [...Object.keys(vms), ...former.filter((name) => typeof name === "string")];
};

const entry = (value: unknown, key: string): unknown =>
  isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;

/** The lock in a text; undefined if invalid. */
const parseLock = (text: string): Lock | undefined => {
  try {
    const result = readLock(JSON.parse(text));
    return isRight(result) ? result.right : undefined;
  } catch {
    return undefined;
  }
};

/** Reads a lock that a merge, or a person who resolved one, may have left with duplicate keys and wrong commas. */
const readSide = async (path: string, text: string): Promise<Lock> => {
  const { findNodeAtLocation, parseTree, printParseErrorCode } = await import("jsonc-parser");
  const broken = (reason: string, offset?: number): Failed =>
    new Failed({
      kind: "lock-broken",
      file: path,
      ...(offset !== undefined && { place: placeAtOffset(path, text, offset) }),
      reason,
    });
  try {
    const errors: ParseError[] = [];
    const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: true });
    const [first] = errors.filter(({ error }) => printParseErrorCode(error) !== "CommaExpected");
    if (root === undefined || first !== undefined) throw broken("not valid JSON", first?.offset ?? text.length);
    const result = readLock(valueOf(root));
    if (isRight(result)) return result.right;
    const { path: wrong, message } = result.left;
    const steps = wrong.map((step) => (typeof step === "symbol" ? String(step) : step));
    // A missing setting has no place, so use its object's.
    const node = steps.flatMap((_, position) => findNodeAtLocation(root, steps.slice(0, position + 1)) ?? []).at(-1);
    throw broken(`${formatPath(steps)}: ${message}`, (node ?? root).offset);
  } catch (error) {
    throw error instanceof RangeError ? broken("nested too deeply") : error;
  }
};

const valueOf = (node: Node): unknown => {
  if (node.type === "array") return (node.children ?? []).map(valueOf);
  if (node.type !== "object") return node.value as unknown;
  const values = new Map<string, unknown[]>();
  for (const { children: [key, value] = [] } of node.children ?? []) {
    if (key === undefined || value === undefined) continue;
    const name = String(key.value);
    const same = values.get(name);
    if (same === undefined) values.set(name, [valueOf(value)]);
    else same.push(valueOf(value));
  }
  return Object.fromEntries([...values].map(([name, found]) => [name, joined(found)]));
};

/** Merges objects and concatenates lists; of other values, takes the first. */
const joined = (values: readonly unknown[]): unknown => {
  const [first] = values;
  if (values.length === 1) return first;
  if (values.every(Array.isArray)) return values.flat(1);
  if (!values.every(isRecord)) return first;
  const keys = new Set(values.flatMap((value) => Object.keys(value)));
  return Object.fromEntries(
    [...keys].map((key) => [key, joined(values.flatMap((value) => (Object.hasOwn(value, key) ? [value[key]] : [])))]),
  );
};

/**
 * Git merges two additions in different places without a conflict, and both may have the same index. The older locks of
 * this branch tell which VM had it first.
 */
const earlierLocks = (path: string, lock: Lock): readonly Lock[] => {
  if (!hasIndexTwice(lock)) return [];
  const file = `./${basename(path)}`;
  const commits = git(dirname(path), ["rev-list", "--first-parent", `--max-count=${maxCommits}`, "HEAD", "--", file]);
  const earlier: Lock[] = [];
  for (const commit of commits?.toString("utf8").split("\n").filter(Boolean) ?? []) {
    const text = git(dirname(path), ["cat-file", "blob", `${commit}:${file}`]);
    const before = text === undefined ? undefined : parseLock(text.toString("utf8"));
    if (before === undefined) continue;
    earlier.push(before);
    if (!hasIndexTwice(before)) break;
  }
  return earlier;
};

/** Limit on merges in a row without a run of this program. */
const maxCommits = 20;

const hasIndexTwice = ({ hosts }: Lock): boolean =>
  Object.values(hosts).some((vms) => new Set(Object.values(vms)).size < Object.keys(vms).length);

const sorted = <Value>(record: Readonly<Record<string, Value>>): [string, Value][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

/** Prints a lock with sorted keys and one line per VM, so that git can merge it. */
export const printLock = ({ version, hosts, freed = {} }: Lock): string => {
  const lock = {
    version,
    hosts: Object.fromEntries(sorted(hosts).map(([host, vms]) => [host, Object.fromEntries(sorted(vms))])),
    ...(Object.keys(freed).length > 0 && { freed: Object.fromEntries(sorted(freed)) }),
  };
  const text = JSON.stringify(lock, undefined, 2);
  return `${text.replaceAll(/\{\s+("vm": "[^"]*"),\s+("index": \d+)\s+\}/g, "{ $1, $2 }")}\n`;
};
