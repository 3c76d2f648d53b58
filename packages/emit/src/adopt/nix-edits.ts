import { getAttr, type NixFile, openNix, positionOf, removeAttr } from "@microvm-emit/nix-ast";
import type { AdoptedVm } from "./adopted.js";
import type { HostReading, VmReading } from "./reading.js";

/** A file of the flake without the parts that a config has now. */
export interface NixEdit {
  /** Relative to the root of the flake's source. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** A part that no edit can remove. */
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

/** A part of a file to remove. Any of the paths may be the one that the file has. */
interface Removal {
  /** The files that may have it. */
  readonly paths: readonly string[];
  readonly names: readonly string[];
  /** Folders of names that an edit may leave empty, and that then go too. */
  readonly parents: number;
  /** True if the files may lack it. */
  readonly isOptional?: true;
  /** Why it cannot go. */
  readonly kept?: string;
}

/** Removes everything that the config replaces from the files of a flake. */
export const removeAdopted = (
  host: HostReading,
  vms: readonly AdoptedVm[],
  read: (path: string) => string | undefined,
): NixEdits => {
  const drafts = new Map<string, NixFile>();
  const before = new Map<string, string>();
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
  for (const { paths, names, parents, isOptional, kept } of removalsOf(host, vms)) {
    const attribute = names.join(".");
    const failures = paths.flatMap((path): ByHand[] => {
      const file = draftOf(path);
      const removed: Removed =
        kept !== undefined
          ? { line: null, reason: kept }
          : file === undefined
            ? { line: null, reason: "the file cannot be parsed" }
            : remove(file, names, parents);
      if (!("file" in removed))
        return [{ path, line: removed.line, kind: "remove", attribute, reason: removed.reason }];
      drafts.set(path, removed.file);
      return [];
    });
    // One file has the definition that another one lacks.
    if (isOptional !== true && failures.length === paths.length) byHand.push(...failures);
  }
  return {
    edits: [...drafts].flatMap(([path, { text }]) => {
      const was = before.get(path) ?? "";
      return text === was ? [] : [{ path, before: was, after: text }];
    }),
    byHand,
  };
};

type Removed = { readonly file: NixFile } | { readonly line: number | null; readonly reason: string };

/** A module has its settings at the top or below `config`; so has a guest's module inside a host's. */
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

const removalsOf = (host: HostReading, vms: readonly AdoptedVm[]): readonly Removal[] => {
  const inSource = (file: string): string | undefined =>
    file.startsWith(`${host.source}/`) ? file.slice(host.source.length + 1) : undefined;
  const all = Object.values(host.vms);
  const adopted = new Map(vms.map((vm) => [vm.name, vm]));
  /** True if no VM that stays needs the file's definition. */
  const isFree = (isDefinedFor: (vm: VmReading) => boolean, isReplacedFor: (vm: AdoptedVm) => boolean): boolean =>
    all.every((vm) => {
      const one = adopted.get(vm.name);
      return !isDefinedFor(vm) || (one !== undefined && isReplacedFor(one));
    });
  const removals: Removal[] = [];
  const add = (removal: Removal): void => {
    const key = ({ paths, names }: Removal): string => [...paths, ...names].join("\0");
    if (removal.paths.length > 0 && !removals.some((one) => key(one) === key(removal))) removals.push(removal);
  };
  for (const { name, options, networks } of vms) {
    const vm = host.vms[name];
    if (vm === undefined) continue;
    const hostFiles = host.definitions.flatMap(({ file, vms: defined }) => {
      const path = inSource(file);
      return path !== undefined && defined.includes(name) ? [path] : [];
    });
    const entry = ["microvm", "vms", name];
    /** A definition in a file of the guest, or in the module that the host's files have in them. */
    const place = (file: string, defines: readonly string[], isFreeThere: () => boolean): void => {
      const path = inSource(file);
      if (path === undefined || hostFiles.includes(path))
        add({ paths: hostFiles, names: [...entry, "config", ...defines], parents: defines.length + 2 });
      else
        add({
          paths: [path],
          names: defines,
          parents: defines.length,
          ...(!isFreeThere() && { kept: "VMs that stay need it, too" }),
        });
    };
    if (vm.kind === "config")
      for (const setting of ["autostart", "restartIfChanged"])
        add({ paths: hostFiles, names: [...entry, setting], parents: 2, isOptional: true });
    else add({ paths: hostFiles, names: entry, parents: 1 });
    for (const [option, { files }] of Object.entries(vm.options)) {
      if (!options.has(option)) continue;
      for (const file of files)
        place(file, ["microvm", ...option.split(".")], () =>
          isFree(
            (other) => other.options[option]?.files.includes(file) === true,
            (other) => other.options.has(option),
          ),
        );
    }
    for (const { file, names } of vm.networkFiles)
      for (const network of names.filter((one) => networks.has(one)))
        place(file, ["systemd", "network", "networks", network], () =>
          isFree(
            (other) => other.networkFiles.some((one) => one.file === file && one.names.includes(network)),
            (other) => other.networks.has(network),
          ),
        );
  }
  return removals;
};
