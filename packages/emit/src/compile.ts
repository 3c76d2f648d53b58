import { isSquashed, type Plan } from "@microvm-emit/model";
import { confined } from "./compile/confined.js";
import { compileFlake } from "./compile/flake.js";
import { compileGuest } from "./compile/guest.js";
import { guestLibrary } from "./compile/guest-library.js";
import { compileHost } from "./compile/host.js";
import { hostUserLibrary } from "./compile/host-user.js";
import { type Locations, relocate } from "./compile/locations.js";
import { sharedModules } from "./compile/shared-modules.js";
import { compileSkill } from "./compile/skill.js";
import { squashLibrary } from "./compile/squash.js";
import { firstVm } from "./compile/vm.js";
import { isOwnImage } from "./compile/vm-units.js";
import type { OutputFile } from "./file.js";
import { library } from "./library.generated.js";

/** A plan becomes the files of a flake: one for the flake, one a host, one a guest, and what they share. */
export const compile = (plan: Plan, locations: Locations): readonly OutputFile[] => {
  const place = relocate(locations);
  const shared = sharedModules();
  const hosts = plan.hosts.map((host) => compileHost(host, shared));
  const guests = plan.hosts.flatMap((host) =>
    host.guests.map((guest) => compileGuest(host, guest, firstVm(host, guest), shared, place)),
  );
  const isShared = plan.hosts.some((host) => host.guests.some(({ own }) => own === null));
  const vms = plan.hosts.flatMap((host) => host.vms);
  const isSquashing = vms.some(({ shares }) => shares.some(isSquashed));
  const asks = vms.some(({ policy }) => policy.network === "allowlist");
  return [
    compileFlake(plan, place),
    ...hosts,
    ...guests,
    ...shared.files(),
    ...(vms.length > 0 ? [hostUserLibrary()] : []),
    ...(isShared ? guestLibrary() : []),
    ...(isSquashing ? [squashLibrary()] : []),
    confined(),
    ...(asks ? [program("resolver.py", library["resolver/resolver.py"])] : []),
    ...(vms.some(({ directories }) => directories.length > 0) ? [program("state.py", library["vm/state.py"])] : []),
    ...(vms.some(({ volumes }) => volumes.some(isOwnImage)) ? [program("image.sh", library["vm/image.sh"])] : []),
    compileSkill(plan, locations),
  ];
};

const program = (name: string, text: string): OutputFile => ({
  kind: "text",
  path: `lib/${name}`,
  isFixed: true,
  text,
});
