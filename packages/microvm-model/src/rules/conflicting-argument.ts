import type { Rule } from "./rule.js";
import { textsOf } from "../plan/option-texts.js";
import type { VmPlan } from "../plan/plan.js";
import { type Problem, problem } from "../problems/problem.js";
import { isSquashed, translatesOwners } from "../resolve/writable.js";

/**
 * An argument says again what a setting says
 *
 * microvm.nix merges `--vsock` and `--cpus` of `extraArgs` with its own, and its runner throws where both name the CID
 * or the number of CPUs. virtiofsd refuses a second translation of the same owners, and a writable share has one: it makes the host's
 * user the owner of all that is written, unless its `owners` is `"guest"`.
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

/** What a setting says already, arguments do not say again. */
export const check: Rule = (host) => host.vms.flatMap((vm) => [...ofCloudHypervisor(vm), ...ofVirtiofsd(vm)]);

/** What the VM says and cloud-hypervisor's `extraArgs` say again makes the runner throw (microvm.nix runners/cloud-hypervisor.nix). */
const ofCloudHypervisor = (vm: VmPlan): readonly Problem[] => {
  if (vm.machine.hypervisor !== "cloud-hypervisor") return [];
  const given = textsOf(vm.machine.options, "cloud-hypervisor.extraArgs");
  return clashes
    .filter(({ option, part }) => given.some((text, at) => text === option && given[at + 1]?.includes(part) === true))
    .filter(({ setting }) => setting !== "vsock" || vm.machine.vsockCid !== null)
    .map(({ option, part, setting }) =>
      conflictingArgument(
        [...vm.path, "microvm", "cloud-hypervisor", "extraArgs"],
        `${option} ${part}… says again what the VM's \`${setting}\` says`,
        `Take it out, and set \`${setting}\`.`,
      ),
    );
};

const clashes = [
  { option: "--vsock", part: "cid=", setting: "vsock" },
  { option: "--cpus", part: "boot=", setting: "vcpu" },
] as const;

/** Where owners are squashed, the translation is ours; virtiofsd refuses two of one owner. */
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
      `The daemon of the share makes all that is written ${user}'s already, by its \`owners\``,
      'Take the translation out, or set the share\'s owners: "guest" to have this one alone.',
    ),
  );
};
