const { stdout, stderr } = process;

/** The process as this program uses it: a config that ran may have replaced these parts of `process`. */
export const ownProcess = {
  stdout,
  stderr,
  exit: process.exit.bind(process),
  kill: process.kill.bind(process),
} as const;
