import { cpSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { attrs, binding, call, type Expr, formals, ident, lambda, path, print, toNix } from "@microvm-emit/nix-ast";
import { nixMessage } from "../check/nix-message.js";
import { readNixLog } from "../check/nix-log.js";
import { evaluate, type Override, withTemporaryDirectory, writeNew } from "../check/run-nix.js";
import { ownFile } from "../fs/own-files.js";
import { mirror } from "../fs/source-tree.js";
import type { TextFile } from "../output-file.js";
import { Failed } from "../report/failure.js";
import { type FlakeHost, subfolderOf } from "./flake-host.js";
import { type HostReading, readingSchema } from "./reading.js";

/** A host to evaluate. */
export interface Evaluation {
  readonly subject: FlakeHost;
  readonly overrides: readonly Override[];
  /** Changed and new files of a local flake's source, relative to its root. */
  readonly files?: readonly TextFile[];
  /** Files of emitted modules, which {@link system} reads as `./microvms`. */
  readonly beside?: readonly TextFile[];
  /** A system that replaces the one in the flake, as Nix with `subject` in scope. */
  readonly system?: Expr;
}

/** Name of the read flake as an input of the evaluated flake. */
const subjectName = "subject";

/**
 * Evaluates a host with its VMs, in a copy of the flake. Nothing is built.
 *
 * @throws {Failed} `host-not-read` with Nix's message
 */
export const readHost = ({ subject, overrides, files = [], beside = [], system }: Evaluation): Promise<HostReading> =>
  withTemporaryDirectory(async (directory, signal) => {
    const wrapper = join(directory, "read");
    writeNew(wrapper, [{ kind: "text", path: "flake.nix", text: print(wrapperOf(subject, directory, files, system)) }]);
    writeNew(join(wrapper, "microvms"), beside);
    cpSync(ownFile("evaluate"), join(wrapper, "evaluate"), { recursive: true });
    const named = overrides.map(([name, to]): Override => [`${subjectName}/${name}`, to]);
    const { code, stdout, stderr } = await evaluate("json", `path:${wrapper}#reading`, named, signal);
    if (code !== 0) {
      const log = readNixLog(stderr, stripVTControlCharacters);
      throw new Failed({
        kind: "host-not-read",
        host: subject.host,
        cause: log.error?.message ?? nixMessage(log.text),
      });
    }
    return readingSchema.parse(JSON.parse(stdout));
  });

const wrapperOf = (
  subject: FlakeHost,
  directory: string,
  files: readonly TextFile[],
  system: Expr | undefined,
): Expr => {
  const reading = call(
    ident("import"),
    path("./evaluate/read-host.nix"),
    attrs([
      binding("flake", ident(subjectName)),
      binding("name", subject.host),
      ...(system === undefined ? [] : [binding("host", system)]),
    ]),
  );
  return attrs({
    inputs: attrs({ [subjectName]: toNix(inputOf(subject, directory, files)) }),
    outputs: lambda(formals([subjectName], { ellipsis: true }), attrs([binding("reading", reading)])),
  });
};

/** The flake as an input; a local one is copied with its changed files. */
const inputOf = (
  { flake }: FlakeHost,
  directory: string,
  files: readonly TextFile[],
): Readonly<Record<string, string>> => {
  if (flake.kind === "remote") return { url: flake.reference };
  const copy = join(directory, "source");
  // Written first, so that `mirror` does not replace them.
  writeNew(copy, files);
  mirror(flake.source, copy, directory);
  const dir = subfolderOf(flake);
  // Nix before 2.14 rejects `path:…?dir=…` on the command line, but accepts it as an input.
  return { type: "path", path: copy, ...(dir === "" ? {} : { dir }) };
};
