import { libraryFolder } from "../compile/flake/library-source.js";
import type { Style } from "./style.js";

/** The files that a run wrote, as `--json` prints them; paths of files are relative to the directory. */
export interface Emitted {
  readonly directory: string;
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
  readonly removed: readonly string[];
  readonly lock: {
    readonly file: string;
    readonly changed: boolean;
    /** The lock file of the config's old name, source of the entries. */
    readonly from?: string;
    /** True if the lock had conflict markers of a merge. */
    readonly merged?: boolean;
  };
  /** Commands that the user must run next. */
  readonly next: readonly string[];
}

/** @param newVm a VM that the run made: one command runs the next ones, and starts the VM. */
export const formatEmitted = (
  { directory, written, unchanged, removed, lock, next }: Emitted,
  style: Style,
  newVm?: string,
): string => {
  const lines = [
    ...listed(written, (path) => `${style.green("written")}  ${style.path(`${directory}/${path}`)}`),
    ...listed(removed, (path) => `${style.red("removed")}  ${style.path(`${directory}/${path}`)}`),
    ...(lock.changed ? [`${style.green("written")}  ${style.path(lock.file)}${lockRemark(lock, style)}`] : []),
    ...(unchanged.length === 0
      ? []
      : [style.dim(`${fileCount(unchanged.length)} unchanged in ${style.path(directory)}`)]),
  ];
  const commands = next.length === 0 ? [] : ["", "Next:", ...next.map((command) => `  ${style.bold(command)}`)];
  const shortcut =
    newVm === undefined
      ? []
      : [
          "Or let this command run them after you confirm, and start the VM:",
          `  ${style.bold(`microvm-emit up ${newVm}`)}`,
        ];
  return `${[...lines, ...commands, ...shortcut].join("\n")}\n`;
};

const lockRemark = ({ from, merged }: Emitted["lock"], { path }: Style): string => {
  const remarks = [
    ...(merged === true ? ["merge conflict resolved"] : []),
    ...(from === undefined ? [] : [`from ${path(from)}`]),
  ];
  return remarks.length === 0 ? "" : ` (${remarks.join(", ")})`;
};

const fileCount = (count: number): string => (count === 1 ? "1 file" : `${count} files`);

/** Longer lists are cut. */
const maxListed = 40;

/** All files of the library share one line. */
const listed = (paths: readonly string[], line: (path: string) => string): string[] => {
  const isOfLibrary = (path: string): boolean => path.startsWith(`${libraryFolder}/`);
  const others = paths.filter((path) => !isOfLibrary(path));
  const ofLibrary = paths.length - others.length;
  return [
    ...others.slice(0, maxListed).map(line),
    ...(others.length > maxListed ? [`…and ${fileCount(others.length - maxListed)} more`] : []),
    ...(ofLibrary === 0 ? [] : [`${line(libraryFolder)} (${fileCount(ofLibrary)})`]),
  ];
};
