import { Failed, type Question } from "../report/failure.js";
import { visible } from "../report/visible.js";

/** Asks a question on the terminal. Throws {@link Failed} if the user cancels. */
export const ask = async ({ message, option, choices }: Question): Promise<string> => {
  const { isCancel, select, text } = await import("@clack/prompts");
  const answer =
    choices.length > 0
      ? await select({ message, options: choices.map((value) => ({ value, label: visible(value) })) })
      : await text({
          message,
          validate: (value) => (value === undefined || value === "" ? `Or set ${option}` : undefined),
        });
  if (isCancel(answer)) throw new Failed({ kind: "init-cancelled" });
  return answer;
};

/** Shows a change and asks for agreement. Throws {@link Failed} without it. */
export const confirm = async (message: string, change: string, isAgreed: boolean): Promise<void> => {
  const { confirm: question, isCancel, note } = await import("@clack/prompts");
  note(visible(change), message);
  if (isAgreed) return;
  const answer = await question({ message });
  if (isCancel(answer) || !answer) throw new Failed({ kind: "init-cancelled" });
};
