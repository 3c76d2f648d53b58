import type { Socket } from "node:net";
import { ownFile } from "../fs/own-files.js";

/** Far more than a config needs, and less than systems wait that run the command without a person. */
const seconds = 300;

let reporter: readonly string[] | undefined;
/** Bun's has no `unref`. */
type Pipe = Omit<Socket, "unref"> & Partial<Pick<Socket, "unref">>;

let watcher: Pipe | undefined;

/**
 * Makes `watched` report with a program, whose last arguments are the config and the code of the problem. Without it,
 * nothing is watched: a program that imports this package reports its own end.
 */
export const watchWith = (program: readonly string[]): void => {
  reporter = program;
};

/** Runs code of a config. A process beside this one reports if this one dies, or does not call `loaded` in time. */
export const watched = async <A>(file: string, run: () => Promise<A>): Promise<A> => {
  if (reporter === undefined || watcher !== undefined) return run();
  const { spawn } = process.getBuiltinModule("node:child_process");
  const child = spawn("/bin/sh", [ownFile("watch-config.sh"), String(seconds), ...reporter, file], {
    stdio: ["pipe", "inherit", "inherit"],
  });
  const stdin = child.stdin as Pipe;
  // The command works without it.
  for (const part of [child, stdin]) part.on("error", () => undefined);
  child.unref();
  stdin.unref?.();
  watcher = stdin;
  try {
    return await run();
  } finally {
    endWatch();
  }
};

/** Ends `watched`, also for a config that never finishes. */
export const endWatch = (): void => {
  watcher?.end("\n\n");
  watcher = undefined;
};

/** Ends the time limit: after it has loaded, a large config can take long. */
export const loaded = (): void => {
  watcher?.write("\n");
};
