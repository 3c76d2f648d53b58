// Runs command lines one after another in this process: to start one takes longer than most commands. Requests come from
// descriptor 3 and answers go to descriptor 4, each a line of JSON. Commands print to the streams of this process.
import { Buffer } from "node:buffer";
import { readSync, writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { runCommand } from "../../dist/bin/microvm-emit.terminal.js";

/** Reads a line, or returns undefined at the end. It blocks, because an open handle would keep unfinished commands alive. */
const readLine = () => {
  const pieces = [];
  do {
    const piece = Buffer.alloc(65_536);
    const length = readSync(3, piece);
    if (length === 0) return undefined;
    pieces.push(piece.subarray(0, length));
  } while (pieces.at(-1).at(-1) !== 10);
  return Buffer.concat(pieces).toString();
};

const { exit, on, reallyExit } = process;

/** How many listeners each event has, but for late errors of configs: those listeners stay. */
const listeners = () =>
  JSON.stringify(
    process
      .eventNames()
      .filter((name) => name !== "uncaughtException" && name !== "unhandledRejection")
      .map((name) => [name, process.listenerCount(name)]),
  );
const before = listeners();

/** False if a config is still loading, or has left timers, servers or listeners. */
const isAsBefore = async () => {
  const isOpen = () => process.getActiveResourcesInfo().length > 0;
  // Files take some turns to close.
  for (let turns = 0; turns < 100 && isOpen(); turns++) await setImmediate();
  return process.on === on && listeners() === before && !isOpen();
};

for (let line = readLine(); line !== undefined; line = readLine()) {
  const { cwd, args, env } = JSON.parse(line);
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) if (!(name in env)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, env);
  const exitCode = await runCommand(args);
  const isUsable = await isAsBefore();
  writeSync(4, `${JSON.stringify({ exitCode, isUsable })}\n`);
  if (!isUsable) break;
}
// A config cannot exit, and `exit` needs this method.
Object.defineProperty(process, "reallyExit", { value: reallyExit });
exit();
