import { z } from "zod";
import { object } from "../scalars/terms.js";

/** Limits of systemd on a VM's use of the host. A switch of the host applies them to a running VM too. */
export interface Limits {
  /**
   * CPU time in percent of one CPU, for the guest's CPUs and the hypervisor's own work together.
   *
   * @default none: a VM uses at most its CPUs and the threads of its disks
   * @example 400
   */
  readonly cpuPercent?: number | undefined;

  /**
   * Memory in MiB (1024 MiB = 1 GiB) above which systemd kills the VM: the guest's memory, the hypervisor's own, and
   * the host's page cache of its disks, which the kernel reclaims first.
   *
   * @default none: a VM uses its memory and that of its hypervisor
   * @example 6144
   */
  readonly memoryMiB?: number | undefined;

  /**
   * The share of disk time under contention, from 1 to 10000.
   *
   * @default none: 100, the default of systemd
   * @example 20
   */
  readonly ioWeight?: number | undefined;

  /**
   * The maximum number of threads and processes on the host.
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
