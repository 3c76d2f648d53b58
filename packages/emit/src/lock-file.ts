import { readFileSync } from "node:fs";
import { type Lock, emptyLock, formatPath, lockSchema } from "@microvm-emit/model";
import { Failed } from "./failure.js";
import { jsonErrorPlace } from "./json-place.js";

/** Its name, beside the config. */
export const lockFileName = "microvm-emit.lock.json";

/** The lock file as it is on disk; `text` is undefined when there is none yet. */
export interface LockFile {
  readonly path: string;
  readonly text?: string;
  readonly lock: Lock;
}

/** Reads a lock file; throws {@link Failed} when it is no lock. */
export const readLockFile = async (path: string): Promise<LockFile> => {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { path, lock: emptyLock };
    throw new Failed({ kind: "lock-broken", file: path, reason: (error as Error).message });
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    const { place, message } = await jsonErrorPlace(path, text);
    throw new Failed({ kind: "lock-broken", file: path, place, reason: message });
  }
  const result = lockSchema.safeParse(data);
  if (!result.success) {
    const reason = result.error.issues
      .map(
        (issue) =>
          `${formatPath(issue.path.map((step) => (typeof step === "symbol" ? String(step) : step)))}: ${(issue.code === "invalid_key" ? issue.issues[0] : issue)?.message ?? issue.message}`,
      )
      .join("; ");
    throw new Failed({ kind: "lock-broken", file: path, reason });
  }
  return { path, text, lock: result.data };
};

const sorted = <Value>(record: Readonly<Record<string, Value>>): [string, Value][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

/** A lock as text, the same for the same lock: keys are sorted, so that a change shows as one line of a diff. */
export const printLock = ({ version, hosts }: Lock): string =>
  `${JSON.stringify(
    { version, hosts: Object.fromEntries(sorted(hosts).map(([host, vms]) => [host, Object.fromEntries(sorted(vms))])) },
    undefined,
    2,
  )}\n`;
