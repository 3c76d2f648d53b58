import { readFileSync, realpathSync } from "node:fs";
import { SourceMap, type SourceMapPayload, createRequire } from "node:module";
import { dirname, extname, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { requireJiti } from "./commonjs.js";

/** A stack frame; line and column of the source file, from 1. */
export interface Frame {
  /** Empty at the top level of a file. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export const formatFrame = ({ name, file, line, column }: Frame): string =>
  name === "" ? `at ${file}:${line}:${column}` : `at ${name} (${file}:${line}:${column})`;

/** The frames in the user's files, without Node, packages and our code. */
export const userFrames = (error: unknown): Frame[] => {
  const ours = ownDirectories();
  const frames = stackOf(error)
    .split("\n")
    .flatMap((text) => {
      const groups =
        /^\s+at (?:async )?(?:(?<name>.*) \()?(?<file>(?:file:\/\/)?\/.*?):(?<line>\d+):(?<column>\d+)\)?$/.exec(
          text,
        )?.groups;
      if (groups?.["file"] === undefined) return [];
      const file = groups["file"].startsWith("file:") ? fileURLToPath(groups["file"]) : groups["file"];
      if (file.includes(`${sep}node_modules${sep}`) || ours.some((dir) => file.startsWith(dir))) return [];
      return [{ name: groups["name"] ?? "", file, line: Number(groups["line"]), column: Number(groups["column"]) }];
    });
  return frames.length === 0 ? [] : frames.map(toOriginal());
};

/** The stack begins with the message, which can have any length. */
const maxLength = 16_384;

/** The stack of a thrown value, which may throw when it is read. */
const stackOf = (error: unknown): string => {
  try {
    return error instanceof Error ? String(error.stack).slice(-maxLength) : "";
  } catch {
    return "";
  }
};

/** Folders of our packages; in a checkout they are outside `node_modules`. An installed package has all in one folder. */
const ownDirectories = (): string[] => {
  const require = createRequire(import.meta.url);
  return [
    realpathSync(fileURLToPath(new URL("../..", import.meta.url))),
    ...["@microvm-emit/model", "@microvm-emit/nix-ast"].flatMap((name) => {
      try {
        return dirname(realpathSync(require.resolve(`${name}/package.json`)));
      } catch {
        return [];
      }
    }),
  ].map((dir) => (dir.endsWith(sep) ? dir : dir + sep));
};

/** Restores columns, because the loader keeps lines but moves the code in them. */
const toOriginal = (): ((frame: Frame) => Frame) => {
  const { createJiti } = requireJiti();
  const jiti = createJiti(import.meta.url, { fsCache: false, sourceMaps: true });
  return (frame) => {
    // The loader prepends a wrapper to the first line.
    if (frame.line === 1) return { ...frame, column: 1 };
    try {
      const code = jiti.transform({
        source: readFileSync(frame.file, "utf8"),
        filename: frame.file,
        ts: /^\.[mc]?ts$/.test(extname(frame.file)),
        async: true,
      });
      const payload = /sourceMappingURL=data:application\/json;charset=utf-8;base64,(?<map>\S+)/.exec(code)?.groups?.[
        "map"
      ];
      const map = new SourceMap(JSON.parse(atob(payload ?? "")) as SourceMapPayload);
      const entry = map.findEntry(frame.line - 1, frame.column - 1);
      return "originalColumn" in entry && entry.originalLine === frame.line - 1
        ? { ...frame, column: entry.originalColumn + 1 }
        : frame;
    } catch {
      return frame;
    }
  };
};
