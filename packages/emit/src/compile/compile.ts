import type { Plan } from "@microvm-emit/model";
import { compileFlake } from "./flake/flake.js";
import { compileHost } from "./host/host.js";
import { copyLibrary } from "./flake/library.js";
import { type Locations, relocate } from "./locations.js";
import { sharedModules } from "./shared-modules.js";
import { compileSkills } from "./flake/skills.js";
import type { OutputFile } from "../output-file.js";

/** Compiles a plan to the files of a flake: `flake.nix`, hosts, VMs, shared modules and the library. */
export const compile = (plan: Plan, locations: Locations): readonly OutputFile[] => {
  const place = relocate(locations);
  const shared = sharedModules();
  const hosts = plan.hosts.flatMap((host) => compileHost(host, plan.library, shared, place));
  return [
    ...(plan.flake ? [compileFlake(plan, place)] : []),
    ...hosts,
    ...shared.files(),
    ...copyLibrary(plan.library),
    ...compileSkills(plan, locations),
  ];
};
