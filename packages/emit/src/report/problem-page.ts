/** What a person can read of a problem's code. */
export interface ProblemPage {
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
  /** Markdown: why it is a problem, then `## Fails` and `## Passes` where a fragment of a config can show it. */
  readonly body: string;
}

/** Whether a problem of the code stops a run; some do with one hypervisor and not with another. */
export const severities = ["error", "error or warning", "warning"] as const;
type Severity = (typeof severities)[number];

/** YAML, of which pages use so little that reading it takes no parser. */
const page = /^---\ncode: (?<code>.*)\nseverity: (?<severity>.*)\ntitle: (?<title>.*)\n---\n(?<body>[^]*)$/;

/** A page from its file's text: its code, severity and title between `---` lines, then its body. */
export const readPage = (text: string): ProblemPage => {
  const { code = "", severity = "", title = "", body = "" } = page.exec(text)?.groups ?? {};
  return { code, severity: severity as Severity, title, body: body.trim() };
};
