/** The part of what Nix wrote that says what is wrong: from its last `error:` on, without the trace that leads to it. */
export const nixMessage = (stderr: string): string => {
  const lines = stderr.split("\n").filter((line) => !isNoise(line));
  const last = lines.findLastIndex((line) => /^\s*error:/.test(line));
  return dedent(last < 0 ? lines : lines.slice(last)).trim();
};

const isNoise = (line: string): boolean =>
  /^\s*\((use '--show-trace'|stack trace truncated)/.test(line) || /^(evaluating|copying|fetching) /.test(line);

const dedent = (lines: readonly string[]): string => {
  const indent = /^\s*/.exec(lines[0] ?? "")?.[0].length ?? 0;
  return lines.map((line) => (line.slice(0, indent).trim() === "" ? line.slice(indent) : line)).join("\n");
};

/** What the modules warn of, each once; what Nix says of the lock file and of itself is left out. */
export const nixWarnings = (stderr: string): string[] => [
  ...new Set(
    stderr.split("\n").flatMap((line) => {
      const text = /^(?:trace: (?:evaluation )?warning|evaluation warning): (?<text>.*)$/.exec(line)?.groups?.["text"];
      return text === undefined ? [] : [text];
    }),
  ),
];

/**
 * Whether Nix got as far as the configuration: what it says when network, store or a feature fails it before that,
 * in the words of Nix 2.8 to 2.34.
 */
export const ranAtAll = (stderr: string): boolean => !beforeEvaluation.some((words) => words.test(stderr));

const beforeEvaluation: readonly RegExp[] = [
  /unable to download/,
  /unable to (?:fetch|access)/,
  /[Cc]ould not resolve host/,
  /cannot connect to (?:socket|daemon)/,
  /experimental Nix feature/,
  /program 'git' failed/,
  /cannot find flake '.*' in the flake registries/,
  /opening lock file/,
  /creating directory '.*': Permission denied/,
  /No space left on device/,
  /unrecognised flag/,
];
