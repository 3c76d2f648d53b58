import { createInterface } from "node:readline/promises";
import { Failed } from "../report/failure.js";
import { shown, stderr } from "./streams.js";

/** Asks on the terminal, unless the command line says yes. Throws {@link Failed} for any answer but yes. */
export const confirm = async (question: string, yes: boolean): Promise<void> => {
  if (yes) return;
  if (!process.stdin.isTTY || !stderr.isTTY) throw new Failed({ kind: "not-confirmed", question, isAsked: false });
  const prompt = createInterface({ input: process.stdin, output: stderr });
  try {
    const answer = await prompt.question(`${shown(question)} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new Failed({ kind: "not-confirmed", question, isAsked: true });
  } finally {
    prompt.close();
  }
};
