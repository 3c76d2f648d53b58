/** The documentation of a problem code. */
export interface ProblemPage {
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
  /** Markdown: the reason, then `## Fails` and `## Passes` if a fragment of a config can show them. */
  readonly body: string;
}

/** Effect of a code on a run; with some it depends on the config. */
export const severities = ["error", "error or warning", "warning"] as const;
type Severity = (typeof severities)[number];

/** Front matter. The pages use so little YAML that a parser is not needed. */
const page = /^---\ncode: (?<code>.*)\nseverity: (?<severity>.*)\ntitle: (?<title>.*)\n---\n(?<body>[^]*)$/;

/** Parses a page: code, severity and title between `---` lines, then the body. */
export const readPage = (text: string): ProblemPage => {
  const { code = "", severity = "", title = "", body = "" } = page.exec(text)?.groups ?? {};
  return { code, severity: severity as Severity, title, body: body.trim() };
};
