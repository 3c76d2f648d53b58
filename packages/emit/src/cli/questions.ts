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
  const message = visible(question);
  if (isAgreed && change === undefined) return;
  const { confirm: agree, isCancel, note } = await import("@clack/prompts");
  if (change !== undefined) note(visible(change), message, streams);
  if (isAgreed) return;
  if (!process.stdin.isTTY || !isTerminal(stderr))
    throw new Failed({ kind: "not-confirmed", question, isAsked: false });
  const answer = await agree({ ...streams, message, initialValue: false });
  if (isCancel(answer) || !answer) throw new Failed({ kind: "not-confirmed", question, isAsked: true });
};

/** Questions go to standard error, because standard output contains only the result. */
const streams = { output: stderr };

// Pseudo-terminals of scripts are 0 columns wide, and clack would write one letter a line.
if (stderr.columns === 0) stderr.columns = 80;
