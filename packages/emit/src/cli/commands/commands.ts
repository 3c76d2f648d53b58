import type { Declare } from "../command.js";
import { add } from "./add.js";
import { adopt } from "./adopt.js";
import { agent } from "./agent.js";
import { allow } from "./allow.js";
import { check } from "./check.js";
import { completeWords, completions } from "./completions.js";
import { cp } from "./cp.js";
import { deploy } from "./deploy.js";
import { diff } from "./diff.js";
import { doctor } from "./doctor.js";
import { down } from "./down.js";
import { emit } from "./emit.js";
import { exec } from "./exec.js";
import { explain } from "./explain.js";
import { fetch } from "./fetch.js";
import { gc } from "./gc.js";
import { graph } from "./graph.js";
import { init } from "./init.js";
import { logs } from "./logs.js";
import { mcp } from "./mcp.js";
import { merge } from "./merge.js";
import { net } from "./net.js";
import { move } from "./move.js";
import { plan } from "./plan.js";
import { push } from "./push.js";
import { remove } from "./remove.js";
import { rename } from "./rename.js";
import { reset } from "./reset.js";
import { restore } from "./restore.js";
import { review } from "./review.js";
import { schema } from "./schema.js";
import { snapshot } from "./snapshot.js";
import { ssh } from "./ssh.js";
import { status } from "./status.js";
import { restart, up } from "./up.js";
import { update } from "./update.js";

/** All commands, in the order of `--help`. The first one runs without a subcommand. */
export const commands: readonly Declare[] = [
  emit,
  init,
  adopt,
  check,
  plan,
  graph,
  diff,
  deploy,
  update,
  status,
  up,
  down,
  restart,
  agent,
  ssh,
  exec,
  cp,
  push,
  fetch,
  review,
  merge,
  logs,
  net,
  allow,
  doctor,
  snapshot,
  restore,
  reset,
  add,
  remove,
  rename,
  move,
  gc,
  schema,
  explain,
  mcp,
  completions,
  completeWords,
];
