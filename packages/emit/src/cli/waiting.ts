import { isTerminal, shown, stderr, styleOf } from "./streams.js";

/** Shows the reasons to wait: on a terminal one line that changes, otherwise one line for each reason. */
export const showWaiting = (
  isQuiet: boolean,
): { readonly wait: (reason: string) => void; readonly end: () => void } => {
  if (isQuiet) return { wait: () => undefined, end: () => undefined };
  const style = styleOf(stderr);
  return {
    wait: (reason) => {
      const line = shown(`${style.dim("waiting for")} ${reason}`);
      stderr.write(isTerminal(stderr) ? `\r\u001b[K${line}…` : `${line}\n`);
    },
    end: () => {
      if (isTerminal(stderr)) stderr.write("\r\u001b[K");
    },
  };
};
