/**
 * How a call to the disk goes wrong: it fails alone, it and all after it fail, the process is killed there, or something
 * else happens first.
 */
export type FaultMode = "once" | "from-then-on" | "kill" | (() => void);

/**
 * Runs with one call among those that change the disk, counted from 1, going wrong in this process; gives the names of
 * such calls beside the result.
 */
export declare const withFault: <A>(
  mode: FaultMode,
  at: number,
  run: () => Promise<A>,
) => Promise<{ readonly result: A; readonly names: readonly string[] }>;
