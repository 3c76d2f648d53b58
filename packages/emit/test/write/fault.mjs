import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const changing = [
  "copyFileSync",
  "mkdirSync",
  "renameSync",
  "rmSync",
  "rmdirSync",
  "symlinkSync",
  "unlinkSync",
  "writeFileSync",
];

const failure = (syscall, path) =>
  Object.assign(new Error(`EIO: i/o error, ${syscall} '${path}'`), { code: "EIO", syscall, path });

export const withFault = async (mode, at, run) => {
  let calls = 0;
  const originals = Object.fromEntries(changing.map((name) => [name, fs[name]]));
  for (const name of changing) {
    fs[name] = (...args) => {
      calls += 1;
      if (calls === at && mode === "kill") {
        process.kill(process.pid, "SIGKILL");
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      }
      if (calls === at || (mode === "from-then-on" && calls > at)) throw failure(name, args[0]);
      return originals[name](...args);
    };
  }
  syncBuiltinESMExports();
  try {
    return { result: await run(), calls };
  } finally {
    Object.assign(fs, originals);
    syncBuiltinESMExports();
  }
};
