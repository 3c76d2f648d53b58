import { posix } from "node:path";
import type { HostPlan, Plan } from "@microvm-emit/model";
import { collect } from "@microvm-emit/model/internal";
import { nodesOf } from "@microvm-emit/nix-ast";
import { guestFile, vmFile, vmFolder } from "../compile/host-files.js";
import { libraryFolder } from "../compile/flake/library-source.js";
import type { OutputFile } from "../output-file.js";

/** The VMs of a host whose Nix files changed, by name. */
export interface AffectedHost {
  readonly host: HostPlan;
  readonly vms: readonly string[];
}

/**
 * Finds the hosts that are built from changed files, by following the paths in emitted files.
 *
 * @param changed paths of files that a run wrote or removed, relative to the output directory.
 */
export const affectedBy = (
  plan: Plan,
  files: readonly OutputFile[],
  changed: readonly string[],
): readonly AffectedHost[] => {
  // No host reads the documentation.
  const built = new Set(changed.filter((path) => /\.(nix|json|py|sh)$/.test(path)));
  const reads = importsOf(files);
  const isAffected = (...from: readonly string[]): boolean => reachedFrom(reads, from).some((path) => built.has(path));
  return plan.hosts.flatMap((host) => {
    const hasOtherVms = [...built].some((path) => path.startsWith(`${vmFolder(host)}/`));
    // The flake names the modules of each host, and its inputs.
    if (!built.has("flake.nix") && !hasOtherVms && !isAffected(`hosts/${host.name}/default.nix`)) return [];
    const guestOf = new Map(
      host.guests.flatMap(({ name, own, vms }) => (own === null ? vms.map((vm) => [vm, name] as const) : [])),
    );
    const vms = host.vms
      .map(({ name }) => name)
      .filter((vm) => {
        const guest = guestOf.get(vm);
        return isAffected(
          vmFile(host, { name: vm }),
          `${libraryFolder}/default.nix`,
          ...(guest === undefined ? [] : [guestFile(host, { name: guest })]),
        );
      });
    return [{ host, vms }];
  });
};

/**
 * The emitted files that each emitted file names; the library is one unit, since it also reads files that are not Nix.
 */
const importsOf = (files: readonly OutputFile[]): ReadonlyMap<string, readonly string[]> => {
  const paths = files.map(({ path }) => path);
  // A path to a folder is its default.nix, or all of its files.
  const named = collect(paths.flatMap((path) => [path, posix.dirname(path)].map((name) => [name, path] as const)));
  const library = paths.filter((path) => path.startsWith(`${libraryFolder}/`));
  const reads = files.flatMap((file) => {
    if (file.kind !== "nix" || file.path.startsWith(`${libraryFolder}/`)) return [];
    return nodesOf(file.expr).flatMap((node) => {
      if (node.kind !== "path") return [];
      const [path, ...others] = node.parts;
      const target = posix.join(posix.dirname(file.path), path);
      return (others.length > 0 ? [] : (named.get(target) ?? [])).map((each) => [file.path, each] as const);
    });
  });
  return new Map<string, readonly string[]>([...collect(reads), [`${libraryFolder}/default.nix`, library]]);
};

const reachedFrom = (reads: ReadonlyMap<string, readonly string[]>, from: readonly string[]): readonly string[] => {
  const reached = new Set(from);
  // A set also visits the items that are added on the way.
  for (const path of reached) for (const next of reads.get(path) ?? []) reached.add(next);
  return [...reached];
};
