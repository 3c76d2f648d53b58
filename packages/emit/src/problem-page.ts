import { parse } from "yaml";

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

/** A page from its file's text: what it says of itself between `---` lines, then its body. */
export const readPage = (text: string): ProblemPage => {
  const [, front = "", body = ""] = /^---\n([^]*?)\n---\n([^]*)$/.exec(text) ?? [];
  const { code, severity, title } = parse(front) as Omit<ProblemPage, "body">;
  return { code, severity, title, body: body.trim() };
};
