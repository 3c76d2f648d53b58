/** The part of what Nix wrote that says what is wrong: what its last `error:` says, without the trace leading there. */
export const nixMessage = (stderr: string): string => {
  const lines = stderr.split("\n").filter((line) => !isNoise(line));
  const last = lines.findLastIndex((line) => /^\s*error:/.test(line));
  const [first = "", ...rest] = lines.slice(Math.max(last, 0));
  return [first.replace(/^\s*error:\s*/, ""), ...dedent(rest)].join("\n").trim();
};

const isNoise = (line: string): boolean =>
  /^\s*\((use '--show-trace'|stack trace truncated)/.test(line) || /^(evaluating|copying|fetching) /.test(line);

/** Without the indentation that all lines share. */
const dedent = (lines: readonly string[]): string[] => {
  const depths = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  return lines.map((line) => line.slice(Math.min(...depths)));
};

/** What the modules warn of, each once; what Nix says of the lock file and of itself is left out. */
export const nixWarnings = (stderr: string): string[] => {
  const warnings = new Set<string>();
  for (const message of stderr.split(/^(?=trace: |warning: |evaluation warning: |error:|•)/m)) {
    const text = /^(?:trace: warning|trace: evaluation warning|evaluation warning): (?<text>.*)$/s.exec(message)
      ?.groups?.["text"];
    if (text !== undefined) warnings.add(text.trim().replaceAll(/\n\s*/g, "\n"));
  }
  return [...warnings].map(withNote);
};

/** Warnings of NixOS about a risk that the emitted flake excludes. */
const excludedRisks: readonly { readonly words: RegExp; readonly note: string }[] = [
  {
    // nixos/modules/tasks/network-interfaces.nix
    words: /`?networking\.useNetworkd\b.*can lead to loss of networking/s,
    note: "This flake excludes that: networkd manages the VMs' interfaces only, and dhcpcd manages all others.",
  },
];

const withNote = (warning: string): string =>
  [warning, ...excludedRisks.flatMap(({ words, note }) => (words.test(warning) ? [note] : []))].join("\n");

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
