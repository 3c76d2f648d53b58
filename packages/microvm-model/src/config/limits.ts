import { z } from "zod";
import { object } from "../scalars/terms.js";

/** What a VM's hypervisor may take of its host, as systemd holds it to; a switch of the host changes it for a running VM too. */
export interface Limits {
  /**
   * CPU time in percent of one CPU, of the guest's CPUs and the hypervisor's own work together.
   *
   * @default none but the number of the guest's CPUs
   * @example 400
   */
  readonly cpuPercent?: number | undefined;

  /**
   * Memory in MiB (1024 MiB = 1 GiB), at which the VM is killed: the guest's, what the hypervisor has for itself, and the
   * host's cache of its disks, which gives way before.
   *
   * @default none but the guest's own memory
   * @example 6144
   */
  readonly memoryMiB?: number | undefined;

  /**
   * Its part of the disks' time, from 1 to 10000, where others want them too.
   *
   * @default none: 100 as for everybody
   * @example 20
   */
  readonly ioWeight?: number | undefined;

  /**
   * How many threads and processes there may be on the host.
   *
   * @default 4096
   */
  readonly tasks?: number | undefined;
}

export const limitsSchema = object({
  cpuPercent: z.int().positive().optional(),
  memoryMiB: z.int().positive().optional(),
  ioWeight: z.int().min(1).max(10_000).optional(),
  tasks: z.int().positive().optional(),
});
