import type { Declare } from "../command.js";
import { add } from "./add.js";
import { check } from "./check.js";
import { diff } from "./diff.js";
import { emit } from "./emit.js";
import { exec } from "./exec.js";
import { explain } from "./explain.js";
import { gc } from "./gc.js";
import { init } from "./init.js";
import { move } from "./move.js";
import { plan } from "./plan.js";
import { remove } from "./remove.js";
import { rename } from "./rename.js";
import { schema } from "./schema.js";
import { ssh } from "./ssh.js";
import { status } from "./status.js";

/** All commands, in the order of `--help`. The first one runs without a subcommand. */
export const commands: readonly Declare[] = [
  emit,
  init,
  check,
  plan,
  diff,
  status,
  ssh,
  exec,
  add,
  remove,
  rename,
  move,
  gc,
  schema,
  explain,
];
