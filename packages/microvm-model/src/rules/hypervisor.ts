import { type HypervisorName, hypervisors, needsMacos, type Support, supportOf } from "../catalogue/hypervisors.js";
import type { HostPlan, VmPlan } from "../plan/plan.js";
import { error, formatPath, type Problem, warning } from "../problems/problem.js";
import { type FeatureUse, features } from "./hypervisor-features.js";

/** What a VM asks that its hypervisor cannot do. */
export const hypervisor = (host: HostPlan): readonly Problem[] =>
  host.vms
    // What no NixOS host runs is told as that alone.
    .filter((vm) => !needsMacos(vm.machine.hypervisor))
    .flatMap((vm) => firstOfEach(features.flatMap((feature) => problemsOf(feature, vm))));

/** What lacks the whole of something lacks its parts too, and need not be told so. */
const firstOfEach = (problems: readonly Problem[]): readonly Problem[] =>
  problems.filter(({ code, path }, position) => {
    const key = formatPath(path);
    return !problems.slice(0, position).some((earlier) => earlier.code === code && formatPath(earlier.path) === key);
  });

const problemsOf = (feature: FeatureUse, vm: VmPlan): readonly Problem[] => {
  const support = supportOf(vm.machine.hypervisor, feature.feature);
  if (support === "yes") return [];
  const [tell, say] = WORDS[support];
  const uses = feature.uses(vm);
  if (uses.length === 0) return [];
  const others = orUse(able(vm));
  const otherwise = typeof feature.instead === "string" ? feature.instead : feature.instead(vm.machine.hypervisor);
  return uses.map(({ path, what, instead = otherwise }) =>
    tell(feature.code, path, say(vm.machine.hypervisor, feature.does(what)), `${instead}${others}.`),
  );
};

type Say = (name: HypervisorName, does: string) => string;

const WORDS: Readonly<Record<Exclude<Support, "yes">, readonly [typeof error, Say]>> = {
  fails: [error, (name, does) => `${name} cannot ${does}`],
  ignored: [warning, (name, does) => `${name} would not ${does}: its runner leaves that out`],
  doubtful: [warning, (name, does) => `${name} cannot ${does}, by microvm.nix's README`],
};

/** The hypervisors that can do all that a VM asks. */
const able = (vm: VmPlan): readonly HypervisorName[] =>
  hypervisors.filter(
    (name) =>
      !needsMacos(name) &&
      features.every(({ feature, uses }) => supportOf(name, feature) === "yes" || uses(vm).length === 0),
  );

const orUse = (names: readonly HypervisorName[]): string =>
  names.length === 0 ? "" : `, or hypervisor ${names.map((name) => `"${name}"`).join(" or ")}`;
