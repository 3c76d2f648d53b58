import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/** How a call to the disk goes wrong: it fails alone, it and all after it fail, or the process is killed there. */
export type FaultMode = "once" | "from-then-on" | "kill";

const changing = [
  "copyFileSync",
  "mkdirSync",
  "renameSync",
  "rmSync",
  "rmdirSync",
  "symlinkSync",
  "unlinkSync",
  "writeFileSync",
] as const;

const failure = (syscall: string, path: unknown): Error =>
  Object.assign(new Error(`EIO: i/o error, ${syscall} '${String(path)}'`), { code: "EIO", syscall, path });

/**
 * Runs with the call of a number among those that change the disk going wrong, in this process; gives the count of
 * such calls beside the result.
 */
export const withFault = async <A>(
  mode: FaultMode,
  at: number,
  run: () => Promise<A>,
): Promise<{ result: A; calls: number }> => {
  let calls = 0;
  const originals = Object.fromEntries(changing.map((name) => [name, fs[name]]));
  const faulty = changing.map((name) => {
    const original = fs[name] as (...args: unknown[]) => unknown;
    return [
      name,
      (...args: unknown[]): unknown => {
        calls += 1;
        if (calls === at && mode === "kill") {
          process.kill(process.pid, "SIGKILL");
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
        }
        if (calls === at || (mode === "from-then-on" && calls > at)) throw failure(name, args[0]);
        return original(...args);
      },
    ] as const;
  });
  try {
    Object.assign(fs, Object.fromEntries(faulty));
    syncBuiltinESMExports();
    return { result: await run(), calls };
  } finally {
    Object.assign(fs, originals);
    syncBuiltinESMExports();
  }
};
