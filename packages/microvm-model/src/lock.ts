import { z } from "zod";
import { maxIndex } from "./resolve/allocate.js";
import { hostLabel } from "./scalars.js";

/**
 * Which VM has which index, kept beside the config so that adding, removing or reordering VMs renumbers none:
 * host name → VM name → index.
 */
export const lockSchema = z.strictObject({
  version: z.literal(1),
  hosts: z.record(hostLabel, z.record(hostLabel, z.int().min(0).max(maxIndex))),
});

export type Lock = z.infer<typeof lockSchema>;

export const emptyLock: Lock = { version: 1, hosts: {} };
