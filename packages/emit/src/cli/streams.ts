import { relative } from "node:path";
import picocolors from "picocolors";
import { ownProcess } from "../fs/own-process.js";
import type { Style } from "../report/style.js";
import { visible, visibleInLine } from "../report/visible.js";

let randomEscape: string | undefined;

/**
 * Placeholder for the ESC of our colors; it is random, so other text cannot contain it. Made when a color needs it:
 * loading `node:crypto` takes a tenth of Node's start.
 */
const ownEscape = (): string => (randomEscape ??= process.getBuiltinModule("node:crypto").randomUUID());

/** Escapes all escape sequences except ours. */
export const shown = (text: string): string =>
  randomEscape === undefined ? visible(text) : visible(text).replaceAll(randomEscape, "\u001b");

/** Writes a report, which may exceed the maximum string length, part by part. Waits until each part is flushed. */
export const writePieces = async (
  stream: NodeJS.WriteStream,
  pieces: Iterable<string>,
  as: (piece: string) => string,
): Promise<void> => {
  const flush = async (text: string): Promise<void> => {
    await new Promise<void>((resolve) => {
      stream.write(text, () => {
        resolve();
      });
    });
  };
  let waiting = "";
  for (const piece of pieces) {
    waiting += as(piece);
    if (waiting.length < 65_536) continue;
    await flush(waiting);
    waiting = "";
  }
  await flush(waiting);
};

/** Longer lines of prose are hard to read. */
const maxWidth = 100;

export const widthOf = (stream: NodeJS.WriteStream): number => Math.min(stream.columns || maxWidth, maxWidth);

export const styleOf = (stream: NodeJS.WriteStream): Style => {
  const { NO_COLOR = "", TERM } = process.env;
  const colors = picocolors.createColors(isTerminal(stream) && NO_COLOR === "" && TERM !== "dumb");
  const paint = (name: "bold" | "dim" | "red" | "yellow" | "green" | "cyan"): ((text: string) => string) => {
    const [open = "", close = ""] = colors[name](" ").replaceAll("\u001b", ownEscape).split(" ");
    return (text) => open + text + close;
  };
  return {
    bold: paint("bold"),
    dim: paint("dim"),
    red: paint("red"),
    yellow: paint("yellow"),
    green: paint("green"),
    cyan: paint("cyan"),
    path: shownPath,
  };
};

/** `isTTY` is missing on other streams, and picocolors needs a boolean. */
export const isTerminal = (stream: NodeJS.WriteStream): boolean => "isTTY" in stream && stream.isTTY;

/** The current directory; undefined if it was removed. */
export const currentDirectory = (): string | undefined => {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
};

const shownPath = (file: string): string => {
  const here = currentDirectory();
  // From the root, it would lose the slash that shows a path.
  const fromHere = here === undefined || here === "/" ? "" : relative(here, file);
  return visibleInLine(fromHere === "" || fromHere.startsWith("..") ? file : fromHere);
};

/** The streams of this process, saved before a config can replace them. */
export const { stdout, stderr } = ownProcess;
