/** How a call to the disk goes wrong: it fails alone, it and all after it fail, or the process is killed there. */
export type FaultMode = "once" | "from-then-on" | "kill";

/**
 * Runs with one call among those that change the disk, counted from 1, going wrong in this process; gives the count
 * of such calls beside the result.
 */
export declare const withFault: <A>(
  mode: FaultMode,
  at: number,
  run: () => Promise<A>,
) => Promise<{ readonly result: A; readonly calls: number }>;
