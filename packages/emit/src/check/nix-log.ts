/** What Nix says with `--log-format internal-json`, in which 2.8 to 2.34 tell the same things apart. */
export interface NixLog {
  /** Its messages as it shows them to people. */
  readonly text: string;
  /** The error that ended it, where it got as far as one of the language's. */
  readonly error?: NixError;
}

export interface NixError extends NixFrame {
  /** What was being evaluated, innermost first. */
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

/** Reads a log; `rename` takes the colours from a text and calls the places in it by what they stand for. */
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
    // Cut short, as by a signal.
    return {};
  }
};

const readError = (event: Event, text: string, rename: (text: string) => string): NixError => {
  const frame = readFrame(event, rename);
  // Suggestions are no part of the raw message.
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
  // Newer ones put line and column behind the file as well.
  const suffix = `:${line}:${column}`;
  const bare = file.endsWith(suffix) ? file.slice(0, -suffix.length) : file;
  return { message, at: { file: rename(bare), line, column } };
};
