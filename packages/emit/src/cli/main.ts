#!/usr/bin/env node
import module from "node:module";
import { join } from "node:path";
import { userCache } from "../fs/user-folders.js";

// Node 22.8 and later cache compiled code for a faster start, but not of modules imported before this call.
const cache = userCache();
if (cache !== undefined)
  (module as { enableCompileCache?: (directory: string) => unknown }).enableCompileCache?.(join(cache, "compiled"));
const { main } = await import("./terminal.js");
await main(process.argv.slice(2));
