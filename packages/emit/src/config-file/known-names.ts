import { join, dirname, basename } from "node:path";
import { isRecord } from "@microvm-emit/model/internal";
import { readEntry } from "../fs/folders.js";
import { lockNameOf } from "../lock-name.js";

/** The names in the lock of a config. */
export interface KnownNames {
  /** Host → names of its VMs. */
  readonly vms: ReadonlyMap<string, readonly string[]>;
  /** Host → names of VMs that left the config. */
  readonly former: ReadonlyMap<string, readonly string[]>;
}

/** Reads the names beside a config without running it; none from a missing or broken lock. */
export const knownNames = (config: string): KnownNames => {
  const lock = parsed(join(dirname(config), lockNameOf(basename(config))));
  return { vms: namesIn(lock, "hosts", Object.keys), former: namesIn(lock, "freed", formerNames) };
};

const formerNames = (freed: object): readonly unknown[] =>
  Object.values(freed).map((one: unknown) => (isRecord(one) ? one["vm"] : undefined));

const namesIn = (
  lock: unknown,
  key: string,
  read: (value: object) => readonly unknown[],
): ReadonlyMap<string, readonly string[]> => {
  const hosts = isRecord(lock) ? lock[key] : undefined;
  const entries = isRecord(hosts) ? Object.entries(hosts) : [];
  return new Map(
    entries.flatMap(([host, value]): [string, string[]][] =>
      isName(host) && typeof value === "object" && value !== null ? [[host, read(value).filter(isName)]] : [],
    ),
  );
};

const parsed = (path: string): unknown => {
  try {
    const entry = readEntry(path);
    return typeof entry === "string" ? undefined : JSON.parse(entry.bytes.toString("utf8"));
  } catch {
    return undefined;
  }
};

/** Checks names, because they become words of a shell, and a repository can contain any lock. */
const isName = (name: unknown): name is string => typeof name === "string" && /^[a-zA-Z0-9][\w-]{0,63}$/.test(name);
