/** The text after the last `error:`, without trace and noise. */
export const nixMessage = (stderr: string): string => {
  const lines = stderr.split("\n").filter((line) => !isNoise(line));
  const last = lines.findLastIndex((line) => /^\s*error:/.test(line));
  const [first = "", ...rest] = lines.slice(Math.max(last, 0));
  return [first.replace(/^\s*error:\s*/, ""), ...dedent(rest)].join("\n").trim();
};

const isNoise = (line: string): boolean =>
  /^\s*\((use '--show-trace'|stack trace truncated)/.test(line) || /^(evaluating|copying|fetching) /.test(line);

/** Removes the indentation common to all lines. */
const dedent = (lines: readonly string[]): string[] => {
  const depths = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  return lines.map((line) => line.slice(Math.min(...depths)));
};

/** The warnings of NixOS modules, without duplicates and without Nix's own warnings. */
export const nixWarnings = (stderr: string): string[] => {
  const warnings = new Set<string>();
  for (const message of stderr.split(/^(?=trace: |warning: |evaluation warning: |error:|•)/m)) {
    const text = /^(?:trace: warning|trace: evaluation warning|evaluation warning): (?<text>.*)$/s.exec(message)
      ?.groups?.["text"];
    if (text !== undefined) warnings.add(text.trim().replaceAll(/\n\s*/g, "\n"));
  }
  return [...warnings].map(withNote);
};

/** NixOS warnings about a risk that the emitted flake excludes. */
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
 * True if Nix evaluated the configuration; false if it failed earlier, at the network, store or a missing feature.
 * Matches messages of Nix 2.8 to 2.34.
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
