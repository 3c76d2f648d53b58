import { Failed } from "../report/failure.js";
import type { FoundVm, Project } from "../vm/find.js";
import { showHere } from "../vm/machine.js";
import { isBehind } from "./behind.js";
import { emitConfig } from "./commands/emit.js";
import { preparations } from "./next-commands.js";
import { agrees } from "./questions.js";
import { shown, stderr, styleOf } from "./streams.js";
import { lineOf, switchWords } from "./switch.js";

/** A VM with the config of its host. */
type PlannedVm = FoundVm & { readonly host: { readonly planned: { readonly project: Project } } };

const isPlanned = (vm: FoundVm): vm is PlannedVm => vm.host.planned !== undefined;

/** The command that deploys the host of a VM. */
export const switchLine = (vm: FoundVm): string =>
  isPlanned(vm)
    ? lineOf(switchWords(vm.host.planned.project, vm.host.planned.host.name, vm.host.machine))
    : "sudo nixos-rebuild switch";

interface UpdateOptions {
  /** Deploys even if the host seems to be current. */
  readonly isForced: boolean;
  /** Asks nothing. */
  readonly isAgreed: boolean;
  /** True if a person can answer. */
  readonly isInteractive: boolean;
}

/**
 * Emits the flake and deploys the host of a VM if the config, or a file that it names, changed since the last deployment.
 *
 * @returns true if it deployed the host
 * @throws {Failed} the failures of the config, of writing and of the commands; with `isForced`, also without agreement
 */
export const updateHost = async (
  vm: FoundVm,
  { isForced, isAgreed, isInteractive }: UpdateOptions,
): Promise<boolean> => {
  const refused = (isAsked: boolean): Failed =>
    new Failed({ kind: "not-confirmed", question: `Switch ${vm.host.machine.name}?`, isAsked });
  if (!isPlanned(vm)) {
    if (!isForced) return false;
    throw new Failed({
      kind: "usage",
      message: "--switch needs a config.",
      remedy: "Run it below the folder of the config, or name the config with -c.",
    });
  }
  if (!isAgreed && !isInteractive) {
    if (isForced) throw refused(false);
    return false;
  }
  const isNew = vm.host.deployed?.vms.has(vm.name) !== true;
  if (!isForced && !isNew && (await isBehind(vm.host)) !== true) return false;
  const isDeployed = await applyConfig(vm, isAgreed);
  if (isForced && !isDeployed) throw refused(true);
  return isDeployed;
};

/** Emits the flake, and switches the host unless the user refuses. */
const applyConfig = async ({ host }: PlannedVm, isAgreed: boolean): Promise<boolean> => {
  const { machine, planned } = host;
  const { places } = planned.project;
  const { json, plan } = await emitConfig(places.config, {
    output: places.isDefaultOutput ? undefined : places.typedOutput,
    force: false,
    planned: planned.project.file,
  });
  const count = json.written.length + json.removed.length;
  const style = styleOf(stderr);
  if (count > 0)
    stderr.write(shown(`${style.green("emitted")}  ${style.path(json.directory)} (${String(count)} files changed)\n`));
  const { configDir, outputDir, lock } = places;
  const commands = [
    ...preparations({ plan, configDir, outputDir, lock: { file: lock } }),
    switchWords(planned.project, planned.host.name, machine),
  ];
  const list = commands.map((words) => `\n  ${lineOf(words)}`).join("");
  if (!isAgreed && !(await agrees(`${machine.name} may not have the current config. Run these commands?${list}\n`)))
    return false;
  for (const words of commands) {
    const exitCode = await showHere(words);
    if (exitCode !== 0)
      throw new Failed({ kind: "command-failed", host: machine.name, command: lineOf(words), cause: "" });
  }
  return true;
};
