import { posix } from "node:path";
import { fieldsOf, gitOutput } from "./run.js";

/** A line that names files, with the folders from which its paths can start. */
interface Naming {
  readonly text: string;
  readonly folders: readonly string[];
  /** True if all files below a named folder run too. */
  readonly withFolders: boolean;
}

const linesOf = (text: string): readonly string[] => text.split("\n").filter((line) => !/^\s*#/.test(line));

const folderOf = (path: string): string => (path.includes("/") ? posix.dirname(path) : "");

/** The namings of a file that direnv evaluates, or that such a file sources. */
const ofShell = (path: string, text: string): readonly Naming[] =>
  linesOf(text).map((line) => ({ text: line, folders: [folderOf(path), ""], withFolders: /path|prefix/i.test(line) }));

const ofMakefile = (path: string, text: string): readonly Naming[] =>
  linesOf(text)
    .filter((line) => /^\s*[-s]?include\s/.test(line))
    .map((line) => ({ text: line, folders: [folderOf(path), ""], withFolders: false }));

const ofConfig = async (clone: string): Promise<readonly Naming[]> =>
  fieldsOf(await gitOutput(clone, ["config", "--local", "--null", "--list"]))
    .filter((entry) => !/^(?:branch|remote|user)\./.test(entry))
    .map((entry) => entry.slice(entry.indexOf("\n") + 1))
    .map((text) => ({ text, folders: ["", ".git"], withFolders: true }));

/** The words of a line that can be paths; variables and substitutions before a slash are taken for the folder itself. */
const wordsOf = (text: string): readonly string[] =>
  text
    .split(/[\s"'`;|&(){}<>=:,!]+/)
    .map((word) => word.replace(/^\$\w+\//, "").replace(/^\/+|\/+$/g, ""))
    .filter((word) => word !== "");

/** The files of a tree that run since other files or the clone's config name them. */
export const namedFiles = async (
  clone: string,
  paths: readonly string[],
  read: (paths: readonly string[]) => Promise<ReadonlyMap<string, string>>,
): Promise<ReadonlySet<string>> => {
  const known = new Set(paths);
  const named = new Set<string>();
  const foundBy = (namings: readonly Naming[]): readonly string[] => {
    const files = new Set<string>();
    const inFolders = new Set<string>();
    for (const { text, folders, withFolders } of namings)
      for (const word of wordsOf(text))
        for (const folder of folders) {
          const path = posix.normalize(posix.join(folder, word));
          if (known.has(path)) files.add(path);
          else if (withFolders) inFolders.add(path);
        }
    for (const path of paths) {
      const steps = path.split("/");
      if (steps.some((_, at) => at > 0 && inFolders.has(steps.slice(0, at).join("/")))) files.add(path);
    }
    return [...files].filter((path) => !named.has(path));
  };
  const addFrom = async (namings: readonly Naming[], next: (path: string, text: string) => readonly Naming[]) => {
    let found = foundBy(namings);
    while (found.length > 0) {
      for (const path of found) named.add(path);
      const texts = await read(found);
      found = foundBy([...texts].flatMap(([path, text]) => next(path, text)));
    }
  };
  const startOf = async (pattern: RegExp, next: (path: string, text: string) => readonly Naming[]) => {
    const texts = await read(paths.filter((path) => pattern.test(path)));
    await addFrom(
      [...texts].flatMap(([path, text]) => next(path, text)),
      next,
    );
  };
  await addFrom(await ofConfig(clone), () => []);
  await startOf(/(?:^|\/)\.envrc$/, ofShell);
  await startOf(/(?:^|\/)(?:(?:GNU)?Makefile|makefile|[^/]*\.mk)$/, ofMakefile);
  return named;
};
