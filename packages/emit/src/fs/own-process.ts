const { stdout, stderr } = process;
const exit = process.exit.bind(process);
const { reallyExit } = process as unknown as { readonly reallyExit: unknown };

/** Parts of `process`, saved before the config runs: its code may replace them. */
export const ownProcess = {
  stdout,
  stderr,
  exit: (code: number): never => {
    // `process.exit` ends the process by this method.
    Object.defineProperty(process, "reallyExit", { value: reallyExit, configurable: true });
    return exit(code);
  },
  kill: process.kill.bind(process),
} as const;
