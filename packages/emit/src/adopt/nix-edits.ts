import { posix } from "node:path";
import { getAttr, type NixFile, nodesOf, openNix, positionOf, removeAttr } from "@microvm-emit/nix-ast";
import type { AdoptedVm } from "./adopted.js";
import type { HostReading, VmReading } from "./reading.js";

/** A file of the flake without the parts that moved to the config. */
export interface NixEdit {
  /** Relative to the root of the flake's source. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** A part that must be removed by hand. */
export interface ByHand {
  readonly path: string;
  readonly line: number | null;
  readonly kind: "remove" | "add";
  /** The attribute to remove, or the lines to add. */
  readonly attribute: string;
  /** A clause. */
  readonly reason: string;
}

export interface NixEdits {
  readonly edits: readonly NixEdit[];
  readonly byHand: readonly ByHand[];
}

/** A part of a file to remove. */
interface Removal {
  /** The files that may have it, each with the path of the attribute there. */
  readonly places: readonly Place[];
  /** Parent attributes that are removed too if the edit leaves them empty. */
  readonly parents: number;
  /** True if the files may lack it. */
  readonly isOptional?: true;
  /** The reason why it cannot be removed. */
  readonly kept?: string;
}

interface Place {
  readonly path: string;
  readonly names: readonly string[];
}

/** Removes everything that the config replaces from the files of a flake. */
export const removeAdopted = (
  host: HostReading,
  vms: readonly AdoptedVm[],
  read: (path: string) => string | undefined,
): NixEdits => {
  const drafts = new Map<string, NixFile>();
  const before = new Map<string, string>();
  const done = new Set<string>();
  const byHand: ByHand[] = [];
  const draftOf = (path: string): NixFile | undefined => {
    const known = drafts.get(path);
    if (known !== undefined) return known;
    const text = read(path);
    const opened = text === undefined ? undefined : openNix(text);
    if (text === undefined || opened?._tag !== "Right") return undefined;
    before.set(path, text);
    drafts.set(path, opened.right);
    return opened.right;
  };
  const tree: SourceFiles = {
    fileAt: (path) =>
      read(path) === undefined && read(`${path}/default.nix`) !== undefined ? `${path}/default.nix` : path,
    importsOf: (path) => {
      const file = draftOf(path);
      return file === undefined ? [] : pathsIn(file, path);
    },
  };
  for (const { places, parents, isOptional, kept } of removalsOf(host, vms, tree)) {
    const failures = places.map(({ path, names }): ByHand | undefined => {
      const attribute = names.join(".");
      const key = [path, ...names].join("\0");
      // Several VMs can share a module.
      if (done.has(key)) return undefined;
      const file = draftOf(path);
      const removed: Removed =
        kept !== undefined
          ? { line: null, reason: kept }
          : file === undefined
            ? { line: null, reason: "the file cannot be parsed" }
            : remove(file, names, parents);
      if (!("file" in removed)) return { path, line: removed.line, kind: "remove", attribute, reason: removed.reason };
      drafts.set(path, removed.file);
      done.add(key);
      return undefined;
    });
    // One file has the definition that another one lacks.
    const [first] = failures;
    if (isOptional !== true && first !== undefined && failures.every((failure) => failure !== undefined))
      byHand.push(first);
  }
  return {
    edits: [...drafts].flatMap(([path, { text }]) => {
      const was = before.get(path) ?? "";
      return text === was ? [] : [{ path, before: was, after: text }];
    }),
    byHand,
  };
};

/** The files of the flake's source. */
interface SourceFiles {
  /** The file that Nix reads for a path, which may be a folder. */
  readonly fileAt: (path: string) => string;
  /** The paths that a file names, in the source. */
  readonly importsOf: (path: string) => readonly string[];
}

const pathsIn = ({ expr }: NixFile, path: string): readonly string[] =>
  nodesOf(expr).flatMap((node) => {
    if (node.kind !== "path" || node.parts.length !== 1) return [];
    const target = posix.join(posix.dirname(path), node.parts[0]);
    return target.startsWith("..") || target.startsWith("/") ? [] : [target];
  });

/** The files that a file names, directly or through other files. A module that a function returns has no file. */
const reachableFrom = (paths: readonly string[], { fileAt, importsOf }: SourceFiles): readonly string[] => {
  const reached = new Set(paths);
  // A set also visits the items that are added on the way.
  for (const path of reached)
    for (const next of importsOf(path)) if (reached.size < maxFiles) reached.add(fileAt(next));
  return [...reached].filter((path) => path.endsWith(".nix") && !paths.includes(path));
};

const maxFiles = 500;

type Removed = { readonly file: NixFile } | { readonly line: number | null; readonly reason: string };

/** Settings are at the top of a module or below `config`, also in a guest's module inside a host's module. */
const spellings = (names: readonly string[]): readonly (readonly string[])[] => {
  const [, , , inner] = names;
  const guest = inner === "config" && names.length > 4 ? [names.toSpliced(4, 0, "config")] : [];
  return [names, ...guest].flatMap((one) => [one, ["config", ...one]]);
};

const remove = (file: NixFile, names: readonly string[], parents: number): Removed => {
  let problem: Removed = { line: null, reason: "it is computed" };
  for (const spelling of spellings(names)) {
    const edited = removeAttr(file, spelling);
    if (edited._tag === "Right") return { file: withoutEmpty(edited.right, spelling, parents) };
    const { kind, message, range } = edited.left;
    if (kind !== "missing")
      problem = { line: range === undefined ? null : positionOf(file.text, range.start).line, reason: message };
  }
  return problem;
};

/** Removes sets that became empty, from the inside. */
const withoutEmpty = (file: NixFile, names: readonly string[], parents: number): NixFile => {
  let current = file;
  for (let depth = names.length - 1; depth >= names.length - parents && depth > 0; depth--) {
    const path = names.slice(0, depth);
    const set = getAttr(current, path);
    if (set === undefined) continue;
    if (set.kind !== "attrs" || set.bindings.length > 0) break;
    const edited = removeAttr(current, path);
    if (edited._tag === "Left") break;
    current = edited.right;
  }
  return current;
};

const removalsOf = (host: HostReading, vms: readonly AdoptedVm[], tree: SourceFiles): readonly Removal[] => {
  const inSource = (file: string): string | undefined =>
    file.startsWith(`${host.source}/`) ? tree.fileAt(file.slice(host.source.length + 1)) : undefined;
  const all = Object.values(host.vms);
  const adopted = new Map(vms.map((vm) => [vm.name, vm]));
  /** True if no VM that stays needs the file's definition. */
  const isFree = (isDefinedFor: (vm: VmReading) => boolean, isReplacedFor: (vm: AdoptedVm) => boolean): boolean =>
    all.every((vm) => {
      const one = adopted.get(vm.name);
      return !isDefinedFor(vm) || (one !== undefined && isReplacedFor(one));
    });
  return vms.flatMap(({ name, options, networks }): readonly Removal[] => {
    const vm = host.vms[name];
    if (vm === undefined) return [];
    const hostFiles = host.definitions.flatMap(({ file, vms: defined }) => {
      const path = inSource(file);
      return path !== undefined && defined.includes(name) ? [path] : [];
    });
    const entry = ["microvm", "vms", name];
    const inHost = (names: readonly string[]): readonly Place[] => hostFiles.map((path) => ({ path, names }));
    /** A definition in a file of the guest, in the module inside the host's files, or in one that a function returns. */
    const place = (
      file: string,
      names: readonly string[],
      isFreeIn: (isOfFile: (file: string) => boolean) => boolean,
    ): readonly Removal[] => {
      const path = inSource(file);
      if (path !== undefined && !hostFiles.includes(path) && posix.basename(path) !== "flake.nix") {
        const isKept = !isFreeIn((other) => other === file);
        return [
          {
            places: [{ path, names }],
            parents: names.length,
            ...(isKept && { kept: "VMs that are not adopted need it too" }),
          },
        ];
      }
      // The config does not list modules that are inline in flake.nix.
      if (vm.kind === "flake") return [];
      const isAnywhere = isFreeIn((other) => inSource(other) === undefined);
      const returned = isAnywhere ? reachableFrom(hostFiles, tree).map((other) => ({ path: other, names })) : [];
      const places = [...inHost([...entry, "config", ...names]), ...returned];
      return places.length === 0 ? [] : [{ places, parents: names.length + 2 }];
    };
    return [
      ...(vm.kind === "config"
        ? ["autostart", "restartIfChanged"].map((setting): Removal => ({
            places: inHost([...entry, setting]),
            parents: 2,
            isOptional: true,
          }))
        : [{ places: inHost(entry), parents: 1 }]),
      ...Object.entries(vm.options).flatMap(([option, { files }]) =>
        options.has(option)
          ? files.flatMap((file) =>
              place(file, ["microvm", ...option.split(".")], (isOfFile) =>
                isFree(
                  (other) => other.options[option]?.files.some(isOfFile) === true,
                  (other) => other.options.has(option),
                ),
              ),
            )
          : [],
      ),
      ...vm.networkFiles.flatMap(({ file, names }) =>
        names
          .filter((network) => networks.has(network))
          .flatMap((network) =>
            place(file, ["systemd", "network", "networks", network], (isOfFile) =>
              isFree(
                (other) => other.networkFiles.some((one) => isOfFile(one.file) && one.names.includes(network)),
                (other) => other.networks.has(network),
              ),
            ),
          ),
      ),
    ];
  });
};
