import { Session } from "node:inspector";

/**
 * Counts how often the blocks of code below `src` run, by V8's precise coverage. Unlike a time, the count is the same on
 * every machine and under any load. Work within V8 itself, such as a search in a string, is not counted.
 *
 * V8 counts in functions that it compiles from now on, so a test imports this before what it measures.
 */
const session = new Session();
session.connect();
session.post("Profiler.enable");
session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });

/** The blocks that ran since this was asked last. */
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

/** How many times the work of a size the work of four times that size is: 4 where it grows as the size does. */
export const growth = (size: number, run: (size: number) => void): number => {
  // Work that is done once is done here.
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
