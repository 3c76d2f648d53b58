import { Session } from "node:inspector";

/**
 * Counts executions of code blocks below `src`, with the precise coverage of V8. Unlike time, the count is the same on
 * every machine and under any load. Work inside V8, such as a string search, is not counted.
 *
 * V8 counts only in functions that it compiles after this import, so import this module first.
 */
const session = new Session();
session.connect();
session.post("Profiler.enable");
session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });

/** The number of executed blocks since the last call. */
const blocksRun = (): number => {
  let blocks = 0;
  session.post("Profiler.takePreciseCoverage", (error, coverage) => {
    if (error !== null) throw error;
    for (const { url, functions } of coverage.result)
      if (url.includes("/nix-ast/src/"))
        for (const { ranges } of functions) for (const { count } of ranges) blocks += count;
  });
  return blocks;
};

const workOf = (run: () => void): number => {
  blocksRun();
  run();
  return blocksRun();
};

/** The ratio of the work for four times the size to the work for the size: 4 if the work is linear. */
export const growth = (size: number, run: (size: number) => void): number => {
  // Excludes work that is done only once.
  run(size);
  const small = workOf(() => {
    run(size);
  });
  const large = workOf(() => {
    run(4 * size);
  });
  if (small < size) throw new Error(`V8 counted ${String(small)} blocks for a size of ${String(size)}`);
  return large / small;
};
