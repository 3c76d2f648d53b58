import type { Plan } from "@microvm-emit/model";
import { compileFlake } from "./compile/flake.js";
import { compileGuest } from "./compile/guest.js";
import { compileHost } from "./compile/host.js";
import { type Locations, relocate } from "./compile/locations.js";
import { sharedModules } from "./compile/shared-modules.js";
import { compileSkill } from "./compile/skill.js";
import type { OutputFile } from "./file.js";

/** A plan becomes the files of a flake: one for the flake, one a host, one a guest, and the modules they share. */
export const compile = (plan: Plan, locations: Locations): readonly OutputFile[] => {
  const place = relocate(locations);
  const shared = sharedModules();
  const hosts = plan.hosts.map((host) => compileHost(host, shared));
  // By index, which a new VM leaves as they are, so that the numbers of shared modules stay too.
  const guests = plan.hosts.flatMap((host) =>
    host.vms.toSorted((a, b) => a.index - b.index).map((vm) => compileGuest(host, vm, shared, place)),
  );
  return [compileFlake(plan, place), ...hosts, ...guests, ...shared.files(), compileSkill(plan, locations)];
};
