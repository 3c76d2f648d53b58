/**
 * Runs commands in a guest, over the QEMU socket of the virtio port that `image/root/usr/local/sbin/lab-agent` reads.
 */
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { poll } from "./poll.js";

/**
 * Runs a shell command in the guest as root, after the previous commands.
 *
 * @returns its output without the last newline
 * @throws Error with its output if it fails
 */
export type Run = (command: string) => Promise<string>;

/** With emulation and other tests at the same time, a boot takes a minute. */
const PATIENCE_S = 500;

const connect = async (socket: string): Promise<Socket | undefined> => {
  const connection = createConnection(socket);
  try {
    await once(connection, "connect");
    return connection;
  } catch {
    return undefined;
  }
};

/** @throws Error if the guest exits or does not answer in time */
export const connectAgent = async (socket: string): Promise<Run> => {
  const connection = await poll("QEMU", 100, () => connect(socket));
  const lines = createInterface({ input: connection })[Symbol.asyncIterator]();
  const answer = async (what: string): Promise<string> => {
    const line = await Promise.race([lines.next(), sleep(PATIENCE_S * 1000, undefined, { ref: false })]);
    if (line === undefined) throw new Error(`No answer in ${PATIENCE_S} s: ${what}`);
    if (line.done === true) throw new Error(`The guest ended before it answered: ${what}`);
    return line.value;
  };
  await answer("that it is up");

  const run: Run = async (command) => {
    connection.write(`${Buffer.from(command).toString("base64")}\n`);
    const [status, output = ""] = (await answer(command)).split(" ");
    const text = Buffer.from(output, "base64").toString().replace(/\n$/, "");
    if (status !== "0") throw new Error(`Exit status ${String(status)}: ${command}\n${text}`);
    return text;
  };
  // One command at a time, because answers have no ids.
  let previous: Promise<unknown> = Promise.resolve();
  return (command) => {
    const next = previous.then(() => run(command));
    previous = next.catch(() => undefined);
    return next;
  };
};
