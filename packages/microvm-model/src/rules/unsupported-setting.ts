import { type HypervisorName, hypervisors, needsMacos, type Support, supportOf } from "../catalogue/hypervisors.js";
import type { VmPlan } from "../plan/plan.js";
import { formatPath, type Problem, problem } from "../problems/problem.js";
import { type FeatureUse, features } from "./hypervisor-features.js";
import type { Rule } from "./rule.js";

/**
 * Setting not supported by the hypervisor
 *
 * The [table of hypervisors](../../../docs/hardware.md#hypervisors) shows the settings that each one supports. It is an error if
 * microvm.nix cannot build the runner, and a warning if the runner silently ignores the setting, or if microvm.nix's README says
 * that it does not work. The message suggests hypervisors that support every setting of the VM.
 *
 * ## Fails
 *
 * ```ts vm
 * { devices: [{ bus: "usb", path: "vendorid=0x046d,productid=0xc52b" }] }
 * ```
 *
 * ```ts vm
 * { hypervisor: "qemu", hugepages: true }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { hypervisor: "qemu", devices: [{ bus: "usb", path: "vendorid=0x046d,productid=0xc52b" }] }
 * ```
 *
 * ```ts vm
 * { hugepages: true }
 * ```
 */
const unsupportedSetting = problem("unsupported-setting", "error or warning");

export const check: Rule = ({ vms }) =>
  vms
    // `hypervisor-needs-macos` reports the others.
    .filter((vm) => !needsMacos(vm.machine.hypervisor))
    .flatMap((vm) => firstOfEach(features.flatMap((feature) => problemsOf(feature, vm))));

/** Drops parts of a feature that is missing as a whole: both have one path. */
const firstOfEach = (problems: readonly Problem[]): readonly Problem[] =>
  problems.filter(({ path }, position) => {
    const key = formatPath(path);
    return !problems.slice(0, position).some((earlier) => formatPath(earlier.path) === key);
  });

const problemsOf = (feature: FeatureUse, vm: VmPlan): readonly Problem[] => {
  const support = supportOf(vm.machine.hypervisor, feature.feature);
  if (support === "yes") return [];
  const [severity, message] = words[support];
  const uses = feature.uses(vm);
  if (uses.length === 0) return [];
  const others = orUse(able(vm));
  const otherwise = typeof feature.instead === "string" ? feature.instead : feature.instead(vm.machine.hypervisor);
  return uses.map(({ path, what, instead = otherwise }) =>
    unsupportedSetting[severity](path, message(vm.machine.hypervisor, feature.does(what)), `${instead}${others}.`),
  );
};

type Message = (name: HypervisorName, does: string) => string;

const words: Readonly<Record<Exclude<Support, "yes">, readonly [Problem["severity"], Message]>> = {
  fails: ["error", (name, does) => `${name} cannot ${does}`],
  ignored: ["warning", (name, does) => `${name} does not ${does}: its runner ignores the setting`],
  doubtful: ["warning", (name, does) => `${name} cannot ${does}, according to microvm.nix's README`],
};

/** Hypervisors that support every setting of the VM. */
const able = (vm: VmPlan): readonly HypervisorName[] =>
  hypervisors.filter(
    (name) =>
      !needsMacos(name) &&
      features.every(({ feature, uses }) => supportOf(name, feature) === "yes" || uses(vm).length === 0),
  );

const orUse = (names: readonly HypervisorName[]): string =>
  names.length === 0
    ? ""
    : `, or use hypervisor ${names
        .map((name) => `"${name}"`)
        .join(", ")
        .replace(/, (?=[^,]*$)/, " or ")}`;
