/** A log of `--log-format internal-json`. Nix 2.8 to 2.34 use the same fields. */
export interface NixLog {
  /** All messages, as Nix prints them for people. */
  readonly text: string;
  /** The last evaluation error; missing if Nix failed before it evaluated. */
  readonly error?: NixError;
}

export interface NixError extends NixFrame {
  /** The evaluation trace, innermost frame first. */
  readonly trace: readonly NixFrame[];
}

export interface NixFrame {
  readonly message: string;
  readonly at?: NixPosition;
}

export interface NixPosition {
  /** Absolute. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in bytes of UTF-8. */
  readonly column: number;
}

/** Reads a log. `rename` strips colours from a text and replaces temporary paths with the user's. */
export const readNixLog = (stderr: string, rename: (text: string) => string): NixLog => {
  const texts: string[] = [];
  let error: NixError | undefined;
  for (const line of stderr.split("\n")) {
    const event = line.startsWith(mark) ? parseEvent(line.slice(mark.length)) : { action: "msg", msg: line };
    if (event["action"] !== "msg" || typeof event["msg"] !== "string") continue;
    const text = rename(event["msg"]);
    texts.push(text);
    if (event["level"] === errorLevel && typeof event["raw_msg"] === "string") error = readError(event, text, rename);
  }
  return { text: texts.join("\n"), ...(error === undefined ? {} : { error }) };
};

const mark = "@nix ";
const errorLevel = 0;

type Event = Readonly<Record<string, unknown>>;

const parseEvent = (json: string): Event => {
  try {
    return JSON.parse(json) as Event;
  } catch {
    // A signal may cut off the last line.
    return {};
  }
};

const readError = (event: Event, text: string, rename: (text: string) => string): NixError => {
  const frame = readFrame(event, rename);
  // The raw message lacks the suggestion.
  const hint = /^\s*(?<hint>Did you mean .*\?)$/m.exec(text)?.groups?.["hint"];
  const { trace } = event;
  return {
    ...frame,
    message: hint === undefined || frame.message.includes(hint) ? frame.message : `${frame.message}\n${hint}`,
    trace: Array.isArray(trace) ? trace.map((inner) => readFrame(inner as Event, rename)) : [],
  };
};

const readFrame = (event: Event, rename: (text: string) => string): NixFrame => {
  const { raw_msg: raw, file, line, column } = event;
  const message = typeof raw === "string" ? rename(raw).trim() : "";
  if (typeof file !== "string" || typeof line !== "number" || typeof column !== "number") return { message };
  // Newer versions append line and column to the file name.
  const suffix = `:${line}:${column}`;
  const bare = file.endsWith(suffix) ? file.slice(0, -suffix.length) : file;
  return { message, at: { file: rename(bare), line, column } };
};
