import { setTimeout as sleep } from "node:timers/promises";

/**
 * Repeats a question until it has an answer.
 *
 * @throws Error with the expectation if there is no answer in time
 */
export const poll = async <T>(
  what: string,
  seconds: number,
  ask: () => T | undefined | Promise<T | undefined>,
): Promise<T> => {
  const end = Date.now() + seconds * 1000;
  do {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(50);
  } while (Date.now() < end);
  throw new Error(`Waited ${seconds} s for ${what}.`);
};
