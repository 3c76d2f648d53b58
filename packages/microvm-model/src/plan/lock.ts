import type { Result } from "@microvm-emit/nix-ast";
import { left, right } from "fp-ts/lib/Either.js";
import { z } from "zod";
import { hostLabel } from "../scalars/scalars.js";
import { vmIndex } from "../scalars/vm-index.js";

/**
 * The index of every VM, kept beside the config so that adding, removing or reordering VMs renumbers none.
 * Version 1 has no `freed`.
 */
const lockSchema = z.strictObject({
  version: z.literal([1, 2]),
  /** Host name → VM name → index. */
  hosts: z.record(hostLabel, z.record(hostLabel, vmIndex)),
  /** Host name → freed indexes, each with its last VM, in the order in which they were freed. */
  freed: z.record(hostLabel, z.array(z.strictObject({ vm: hostLabel, index: vmIndex }))).optional(),
});

/** The indexes of all VMs. Keep it from run to run, and every VM keeps its index, and so its addresses. */
export interface Lock {
  /** The version of the format. Version 1 has no `freed`. */
  readonly version: 1 | 2;
  /** The index of each VM, by host name and VM name. */
  readonly hosts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The freed indexes by host name, each with its last VM, in the order in which they were freed. */
  readonly freed?: Readonly<Record<string, readonly FreedIndex[]>> | undefined;
}

/** An index that no VM has now. */
export interface FreedIndex {
  /** The name of the VM. */
  readonly vm: string;
  /** The index that it had. */
  readonly index: number;
}

/** The first fault of an invalid lock. */
export interface LockFault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Reads a lock from data; returns its first fault otherwise. */
export const readLock = (data: unknown): Result<LockFault, Lock> => {
  const result = lockSchema.safeParse(data);
  if (result.success) return right(result.data);
  const [issue] = result.error.issues;
  const inner = issue?.code === "invalid_key" ? issue.issues[0] : issue;
  return left({ path: issue?.path ?? [], message: inner?.message ?? "unknown" });
};

/** A lock without indexes, for the first run. */
export const emptyLock: Lock = { version: 2, hosts: {} };
