import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const changing = ["chmodSync", "mkdirSync", "renameSync", "rmSync", "rmdirSync", "unlinkSync", "writeFileSync"];

const failure = (syscall, path) =>
  Object.assign(new Error(`EIO: i/o error, ${syscall} '${path}'`), { code: "EIO", syscall, path });

/** Opened to be synced. */
const { open } = fs.promises;

export const withFault = async (mode, at, run) => {
  let calls = 0;
  const names = [];
  const originals = Object.fromEntries(changing.map((name) => [name, fs[name]]));
  const watched =
    (name, original) =>
    (...args) => {
      calls += 1;
      names.push(name);
      if (calls === at && mode === "kill") {
        process.kill(process.pid, "SIGKILL");
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      }
      if (calls === at && typeof mode === "function") mode();
      else if (calls === at || (mode === "from-then-on" && calls > at)) throw failure(name, args[0]);
      return original(...args);
    };
  for (const name of changing) fs[name] = watched(name, originals[name]);
  const watchedOpen = watched("open", open);
  fs.promises.open = async (...args) => watchedOpen(...args);
  syncBuiltinESMExports();
  try {
    return { result: await run(), names };
  } finally {
    Object.assign(fs, originals);
    fs.promises.open = open;
    syncBuiltinESMExports();
  }
};
