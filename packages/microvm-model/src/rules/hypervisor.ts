import { features, hypervisors, type Feature, type HypervisorName, type Support } from "../hypervisors.js";
import type { HostPlan, VmPlan } from "../plan.js";
import { error, warning, type Problem } from "../problem.js";

/** What a VM asks that its hypervisor cannot do. */
export const hypervisor = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap((vm) => [...features.flatMap((feature) => problemsOf(feature, vm)), ...memory(vm)]);

const problemsOf = (feature: Feature, vm: VmPlan): readonly Problem[] => {
  const support = feature.support[vm.hypervisor];
  if (support === "yes") return [];
  const [tell, say] = WORDS[support];
  const remedy = `${feature.instead}${orUse(able(vm))}.`;
  return feature
    .uses(vm)
    .map(({ path, what }) => tell(feature.code, path, say(vm.hypervisor, feature.does(what)), remedy));
};

type Say = (name: HypervisorName, does: string) => string;

const WORDS: Readonly<Record<Exclude<Support, "yes">, readonly [typeof error, Say]>> = {
  fails: [error, (name, does) => `${name} cannot ${does}`],
  ignored: [warning, (name, does) => `${name} would not ${does}, and microvm.nix does not say so`],
  doubtful: [warning, (name, does) => `${name} cannot ${does}, by microvm.nix's README`],
};

/** The hypervisors that can do all that a VM asks. */
const able = (vm: VmPlan): readonly HypervisorName[] =>
  hypervisors.filter((name) => features.every(({ support, uses }) => support[name] === "yes" || uses(vm).length === 0));

const orUse = (names: readonly HypervisorName[]): string =>
  names.length === 0 ? "" : `, or hypervisor ${names.map((name) => `"${name}"`).join(" or ")}`;

// https://github.com/microvm-nix/microvm.nix/issues/171
const memory = ({ path, hypervisor: name, memoryMiB }: VmPlan): readonly Problem[] =>
  name === "qemu" && memoryMiB === 2048
    ? [error("qemu-memory", [...path, "memoryMiB"], "QEMU hangs with exactly 2048 MiB", "Use 2047 or 2049.")]
    : [];
