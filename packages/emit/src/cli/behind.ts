import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { plannedPaths } from "../config-file/planned-paths.js";
import { wantedOf } from "../config-file/wanted.js";
import { manifestName } from "../output/manifest.js";
import { pendingChanges } from "../output/write.js";
import type { VmHost } from "../vm/find.js";
import { capture, type Machine } from "../vm/machine.js";
import { flakeFolder } from "./next-commands.js";

/**
 * True if the config, the flake or a file that the config names changed after the last switch of the host. This needs no evaluation
 * by Nix, so a change without an effect counts too. Null if it is unknown: without a config, a flake in its directory, or NixOS.
 */
export const isBehind = async ({ machine, planned }: VmHost): Promise<boolean | null> => {
  if (planned === undefined) return null;
  const { places, file } = planned.project;
  const manifest = join(places.outputDir, manifestName);
  if (!existsSync(manifest)) return null;
  const switched = await switchedMs(machine);
  if (switched === undefined) return null;
  if (pendingChanges(wantedOf(file)).length > 0) return true;
  const { plan } = file.planned;
  const read = [
    manifest,
    join(flakeFolder(plan, places.outputDir), "flake.lock"),
    ...plannedPaths(plan).map(({ path }) => resolve(places.configDir, path)),
  ];
  return read.some((path) => (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > switched);
};

/** The time of the last switch; undefined on a machine without NixOS. */
const switchedMs = async (machine: Machine): Promise<number | undefined> => {
  const { exitCode, stdout } = await capture(machine, ["stat", "--format=%.3Y", "/nix/var/nix/profiles/system"]);
  return exitCode === 0 ? Number(stdout) * 1000 : undefined;
};
