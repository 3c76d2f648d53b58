import { Failed, type Question } from "../report/failure.js";
import { visible } from "../report/visible.js";
import { isTerminal, stderr } from "./streams.js";

/** Asks for a fact on the terminal. Throws {@link Failed} if the user cancels. */
export const ask = async ({ message, option, choices }: Question): Promise<string> => {
  const { isCancel, select, text } = await import("@clack/prompts");
  const answer =
    choices.length > 0
      ? await select({ ...streams, message, options: choices.map((value) => ({ value, label: visible(value) })) })
      : await text({
          ...streams,
          message,
          validate: (value) => (value === undefined || value === "" ? `Or set ${option}` : undefined),
        });
  if (isCancel(answer)) throw new Failed({ kind: "not-confirmed", question: `${message}?`, isAsked: true });
  return answer;
};

/** Shows a change and asks for confirmation, unless `--yes` is set. Throws {@link Failed} without confirmation. */
export const confirm = async (question: string, isAgreed: boolean, change?: string): Promise<void> => {
  if (isAgreed && change === undefined) return;
  if (change !== undefined) {
    const { note } = await import("@clack/prompts");
    note(visible(change), visible(question), streams);
  }
  if (isAgreed) return;
  if (!process.stdin.isTTY || !isTerminal(stderr))
    throw new Failed({ kind: "not-confirmed", question, isAsked: false });
  if (!(await agrees(question))) throw new Failed({ kind: "not-confirmed", question, isAsked: true });
};

/** Asks a question on the terminal; true for yes. Throws {@link Failed} if the user cancels. */
export const agrees = async (question: string): Promise<boolean> => {
  const { confirm: agree, isCancel } = await import("@clack/prompts");
  const answer = await agree({ ...streams, message: visible(question), initialValue: false });
  if (isCancel(answer)) throw new Failed({ kind: "not-confirmed", question, isAsked: true });
  return answer;
};

/** Questions go to standard error, because standard output contains only the result. */
const streams = { output: stderr };

// Pseudo-terminals of scripts are 0 columns wide, and clack would write one letter a line.
if (stderr.columns === 0) stderr.columns = 80;
