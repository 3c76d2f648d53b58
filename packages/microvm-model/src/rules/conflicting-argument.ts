import type { Rule } from "./rule.js";
import { textsOf } from "../plan/option-texts.js";
import type { VmPlan } from "../plan/plan.js";
import { type Problem, problem } from "../problems/problem.js";
import { isSquashed, translatesOwners } from "../resolve/writable.js";

/**
 * Argument repeats a setting
 *
 * microvm.nix adds `--vsock` and `--cpus` to cloud-hypervisor's command line, and its runner throws if `extraArgs`
 * contains the CID or the number of CPUs too. virtiofsd refuses a second translation of owners. Every writable share
 * already has one, for the host's user, unless it has `owners: "guest"`.
 *
 * ## Fails
 *
 * ```ts vm
 * { microvm: { "cloud-hypervisor": { extraArgs: ["--cpus", "boot=4"] } } }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { vcpu: 4, microvm: { "cloud-hypervisor": { extraArgs: ["--cpus", "max=8"] } } }
 * ```
 */
const conflictingArgument = problem("conflicting-argument", "error");

export const check: Rule = (host) => host.vms.flatMap((vm) => [...ofCloudHypervisor(vm), ...ofVirtiofsd(vm)]);

/** The runner throws if `extraArgs` repeats its arguments (microvm.nix runners/cloud-hypervisor.nix). */
const ofCloudHypervisor = (vm: VmPlan): readonly Problem[] => {
  if (vm.machine.hypervisor !== "cloud-hypervisor") return [];
  const given = textsOf(vm.machine.options, "cloud-hypervisor.extraArgs");
  return clashes
    .filter(({ option, part }) => given.some((text, at) => text === option && given[at + 1]?.includes(part) === true))
    .filter(({ setting }) => setting !== "vsock" || vm.machine.vsockCid !== null)
    .map(({ option, part, setting }) =>
      conflictingArgument(
        [...vm.path, "microvm", "cloud-hypervisor", "extraArgs"],
        `${option} ${part}… repeats the VM's \`${setting}\``,
        `Remove the argument and set \`${setting}\`.`,
      ),
    );
};

const clashes = [
  { option: "--vsock", part: "cid=", setting: "vsock" },
  { option: "--cpus", part: "boot=", setting: "vcpu" },
] as const;

/** A squashed share already has a translation, and virtiofsd refuses a second one. */
const ofVirtiofsd = ({
  path,
  machine: { options },
  storage: { shares },
  guest: {
    users: [{ name: user }],
  },
}: VmPlan): readonly Problem[] => {
  const squashed = shares.filter(isSquashed);
  const everywhere = textsOf(options, "virtiofsd.extraArgs").some(translatesOwners);
  return [
    ...(everywhere && squashed.length > 0 ? [[...path, "microvm", "virtiofsd", "extraArgs"]] : []),
    ...squashed
      .filter(({ extraArgs }) => extraArgs.some(translatesOwners))
      .map((share) => [...share.path, "extraArgs"]),
  ].map((place) =>
    conflictingArgument(
      place,
      `The share's \`owners\` already makes ${user} the owner of all files`,
      'Remove the translation, or set owners: "guest" on the share.',
    ),
  );
};
