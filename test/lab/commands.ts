/** Runs commands by a process that stays, `run-commands.py`: to enter namespaces for each command costs more time. */
import type { ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

export const RUN_COMMANDS = fileURLToPath(new URL("run-commands.py", import.meta.url));

/** Runs a program and resolves to its standard output; throws an error with its standard error if it fails. */
export type RunCommand = (...argv: readonly string[]) => Promise<string>;

interface Answer {
  readonly id: number;
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The commands of a process that runs `run-commands.py`, which can run several at once.
 *
 * @returns undefined if it ends before it is ready
 */
export const commandsOf = async (
  process: ChildProcessByStdio<Writable, Readable, Readable | null>,
): Promise<RunCommand | undefined> => {
  const waiting = new Map<number, (answer: Answer | undefined) => void>();
  let next = 0;
  let hasEnded = false;
  const ready = new Promise<boolean>((resolve) => {
    createInterface({ input: process.stdout })
      .on("line", (line) => {
        if (line === "ready") {
          resolve(true);
          return;
        }
        const answer = JSON.parse(line) as Answer;
        waiting.get(answer.id)?.(answer);
        waiting.delete(answer.id);
      })
      .on("close", () => {
        hasEnded = true;
        resolve(false);
        for (const end of waiting.values()) end(undefined);
      });
    process.on("error", () => {
      resolve(false);
    });
  });
  // The end of the output already reports a process that has ended.
  process.stdin.on("error", () => undefined);
  if (!(await ready)) return undefined;
  return async (...argv) => {
    const id = (next += 1);
    const answer = await new Promise<Answer | undefined>((resolve) => {
      if (hasEnded) {
        resolve(undefined);
        return;
      }
      waiting.set(id, resolve);
      process.stdin.write(`${JSON.stringify({ id, argv })}\n`);
    });
    if (answer?.status === 0) return answer.stdout;
    throw new Error(`Command failed: ${argv.join(" ")}\n${answer?.stderr ?? "The namespace was closed."}`);
  };
};
