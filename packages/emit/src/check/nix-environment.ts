import { freemem } from "node:os";

const MIB = 2 ** 20;

/** Nix's own size of the initial heap is a quarter of the memory, at most 384 MiB (src/libexpr/eval-gc.cc). */
const ownHeapMiB = 384;
const mostHeapMiB = 4096;

/**
 * Environment variables for an evaluation. With a larger initial heap, Nix collects no garbage during most evaluations,
 * which takes a quarter of the CPU time of a host with several guests. Nix uses only as much of it as it needs.
 */
export const nixEnvironment = (
  environment: Readonly<NodeJS.ProcessEnv> = process.env,
  freeBytes: number = freemem(),
): NodeJS.ProcessEnv => {
  const heapMiB = Math.min(Math.floor(freeBytes / MIB / 4), mostHeapMiB);
  return heapMiB <= ownHeapMiB ? { ...environment } : { GC_INITIAL_HEAP_SIZE: String(heapMiB * MIB), ...environment };
};
