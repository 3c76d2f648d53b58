import { z } from "zod";
import { hostLabel } from "../scalars/scalars.js";
import { vmIndex } from "../scalars/vm-index.js";

/**
 * The index of every VM, kept beside the config so that adding, removing or reordering VMs renumbers none.
 * Version 1 has no `freed`.
 */
export const lockSchema = z.strictObject({
  version: z.literal([1, 2]),
  /** Host name → VM name → index. */
  hosts: z.record(hostLabel, z.record(hostLabel, vmIndex)),
  /** Host name → indexes that no VM has now, the one freed first in front, each with the VM that had it last. */
  freed: z.record(hostLabel, z.array(z.strictObject({ vm: hostLabel, index: vmIndex }))).optional(),
});

export type Lock = z.infer<typeof lockSchema>;

/** An index that no VM has now. */
export type FreedIndex = NonNullable<Lock["freed"]>[string][number];

export const emptyLock: Lock = { version: 2, hosts: {} };
