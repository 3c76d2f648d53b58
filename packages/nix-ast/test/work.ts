import { Session } from "node:inspector";

/**
 * The work of a function: how often the blocks of code below `src` ran, by V8's precise coverage. Unlike a time it is
 * the same on every machine and under any load; work within V8 itself, such as a search in a string, is not in it.
 */
export const workOf = (run: () => void): number => {
  const session = new Session();
  session.connect();
  let work = 0;
  try {
    session.post("Profiler.enable");
    session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
    run();
    session.post("Profiler.takePreciseCoverage", (error, coverage) => {
      if (error !== null) throw error;
      for (const { url, functions } of coverage.result)
        if (/\/nix-ast\/(src|dist)\//.test(url))
          for (const { ranges } of functions) for (const { count } of ranges) work += count;
    });
    session.post("Profiler.stopPreciseCoverage");
  } finally {
    session.disconnect();
  }
  return work;
};

/** How many times the work of `size` the work of four times that size is: 4 where it grows as the size does. */
export const growth = (size: number, run: (size: number) => void): number => {
  run(size); // What is made once is made here.
  return workOf(() => run(4 * size)) / workOf(() => run(size));
};
