const { stdout, stderr } = process;

/** Parts of `process`, saved before the config runs: its code may replace them. */
export const ownProcess = {
  stdout,
  stderr,
  exit: process.exit.bind(process),
  kill: process.kill.bind(process),
} as const;
