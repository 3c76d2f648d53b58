#!/usr/bin/env node
import module from "node:module";
import { join } from "node:path";
import { ownProcess } from "../fs/own-process.js";
import { userCache } from "../fs/user-folders.js";

// Node 22.8 and later cache compiled code for a faster start, but not of modules imported before this call.
const cache = userCache();
if (cache !== undefined)
  (module as { enableCompileCache?: (directory: string) => unknown }).enableCompileCache?.(join(cache, "compiled"));
const { reportConfig, runCommand } = await import("./terminal.js");
// Programs such as `head` close the pipe early.
ownProcess.stdout.on("error", () => ownProcess.exit(0));
// Timers or servers of a config would keep the process alive.
const [, program = "", ...argv] = process.argv;
ownProcess.exit(await (argv[0] === "--report-config" ? reportConfig(argv) : runCommand(argv, program)));
