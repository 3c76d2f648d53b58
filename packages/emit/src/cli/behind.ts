import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { oncePer } from "../config-file/once.js";
import { plannedPaths } from "../config-file/planned-paths.js";
import { wantedOf } from "../config-file/wanted.js";
import { manifestName } from "../output/manifest.js";
import { pendingChanges } from "../output/write.js";
import type { Project, VmHost } from "../vm/find.js";
import { capture, type Machine } from "../vm/machine.js";
import { flakeFolder } from "./next-commands.js";

/**
 * True if the config, the flake or a file that the config names changed after the last switch of the host. This needs no evaluation
 * by Nix, so a change without an effect counts too. Null if it is unknown: without a config, a flake in its directory, or NixOS.
 */
export const isBehind = async ({ machine, planned }: VmHost): Promise<boolean | null> => {
  if (planned === undefined || !existsSync(manifestOf(planned.project))) return null;
  const switched = await switchedMs(machine);
  return switched === undefined ? null : changedMs(planned.project) > switched;
};

const manifestOf = ({ places }: Project): string => join(places.outputDir, manifestName);

/**
 * The time of the last change in milliseconds since 1970; infinite for a change that the flake lacks. All hosts of a config share it,
 * because it takes the text of the whole flake.
 */
const changedMs = oncePer((project: Project): number => {
  const { places, file } = project;
  if (pendingChanges(wantedOf(file)).length > 0) return Infinity;
  const { plan } = file.planned;
  const read = [
    manifestOf(project),
    join(flakeFolder(plan, places.outputDir), "flake.lock"),
    ...plannedPaths(plan).map(({ path }) => resolve(places.configDir, path)),
  ];
  return Math.max(...read.map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0));
});

/** The time of the last switch; undefined on a machine without NixOS. */
const switchedMs = async (machine: Machine): Promise<number | undefined> => {
  const { exitCode, stdout } = await capture(machine, ["stat", "--format=%.3Y", "/nix/var/nix/profiles/system"]);
  return exitCode === 0 ? Number(stdout) * 1000 : undefined;
};
