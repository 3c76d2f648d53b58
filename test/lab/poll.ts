import { setTimeout as sleep } from "node:timers/promises";

/**
 * Asks again until there is an answer.
 *
 * @throws Error that says what was waited for when there is none in time
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
