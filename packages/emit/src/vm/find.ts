import type { HostPlan } from "@microvm-emit/model";
import type { PlannedFile } from "../config-file/plan-file.js";
import type { Places } from "../config-file/places.js";
import { Failed, type Failure, failuresOf } from "../report/failure.js";
import { defaultStateDir, deployedFacts, type HostFacts, isVmName, plannedFacts, type VmFacts } from "./facts.js";
import { capture, type Machine, machineOf, remoteMachine, thisMachine } from "./machine.js";

/** The options of a command line that select the machine of a VM. */
export interface Where {
  /** The config as typed. */
  readonly config?: string | undefined;
  /** The output directory as typed. */
  readonly output?: string | undefined;
  /** The ssh destination of the host. */
  readonly hostSsh?: string | undefined;
  readonly configFile: (typed: string | undefined) => Promise<string>;
  /** True if the command compares the VM with the config. */
  readonly needsPlan?: boolean;
  /** The config, if the command read it already. */
  readonly project?: Project | undefined;
}

/** A host of VMs. */
export interface VmHost {
  readonly machine: Machine;
  /** Facts of its deployed VMs; undefined without a file of facts. */
  readonly deployed: HostFacts | undefined;
  /** The host in the config; undefined without a config. */
  readonly planned: { readonly host: HostPlan; readonly facts: HostFacts; readonly project: Project } | undefined;
}

/** A config that a command read. */
export interface Project {
  readonly places: Places;
  readonly file: PlannedFile;
}

/** A VM, and the host that has it or will have it. */
export interface FoundVm {
  readonly name: string;
  readonly host: VmHost;
  /** Deployed facts, otherwise planned ones. */
  readonly facts: VmFacts | undefined;
  readonly stateDir: string;
}

/** The config as typed or found; undefined without one. */
const projectOf = async ({ config, output, configFile, project }: Where): Promise<Project | undefined> => {
  if (project !== undefined) return project;
  let file: string;
  try {
    file = await configFile(config);
  } catch (error) {
    if (failuresOf(error)[0].kind === "config-not-found") return undefined;
    throw error;
  }
  const [{ placesOf }, { planFile }] = await Promise.all([
    import("../config-file/places.js"),
    import("../config-file/plan-file.js"),
  ]);
  const planned = await planFile(placesOf(file, output));
  return { places: planned.places, file: planned };
};

const plannedOn = (project: Project | undefined, name: string | undefined): VmHost["planned"] => {
  const host = project?.file.planned.plan.hosts.find((one) => one.name === name);
  return project === undefined || host === undefined ? undefined : { host, facts: plannedFacts(host), project };
};

/** A machine that the command line names, with its host in the config. */
const namedHost = async (where: Where, destination: string): Promise<VmHost> => {
  const machine = remoteMachine(destination);
  const deployed = await deployedFacts(machine);
  const project = where.config === undefined ? undefined : await projectOf(where);
  const hosts = project?.file.planned.plan.hosts ?? [];
  return {
    machine,
    deployed,
    planned: plannedOn(project, deployed?.name ?? (hosts.length === 1 ? hosts[0]?.name : machine.name)),
  };
};

/** The names of VMs with a folder on a machine, with or without a file of facts. */
export const namesOn = async (machine: Machine, stateDir: string): Promise<readonly string[]> => {
  const { stdout } = await capture(machine, [
    "find",
    stateDir,
    ...["-mindepth", "1", "-maxdepth", "1", "-type", "d", "-printf", String.raw`%f\0`],
  ]);
  return stdout.split("\0").filter(isVmName).sort();
};

/**
 * The host of a VM: the machine that `--host-ssh` names, otherwise this machine if it has the VM, otherwise the host of
 * the config.
 *
 * @throws {Failed} `vm-unknown`, `vm-ambiguous`, or the failures of the config
 */
export const findVm = async (name: string, where: Where): Promise<FoundVm> => {
  if (where.hostSsh !== undefined) return foundOn(await namedHost(where, where.hostSsh), name);
  const here = where.config === undefined ? await deployedFacts(thisMachine) : undefined;
  const isHere = here?.vms.has(name) === true;
  // Loading a config takes longer than the command.
  const project = !isHere || where.needsPlan === true ? await projectOf(where) : undefined;
  const { hosts } = project?.file.planned.plan ?? { hosts: [] };
  const having = hosts.filter(({ vms, importedVms }) => [...vms, ...importedVms].some((vm) => vm.name === name));
  // A VM that the config moved to another host is still here until the next switch.
  const isMoved = having.length > 0 && having.every((host) => host.name !== here?.name);
  if (project === undefined || (isHere && !isMoved))
    return foundOn({ machine: thisMachine, deployed: here, planned: plannedOn(project, here?.name) }, name);
  const [host, ...others] = having;
  if (host === undefined) {
    const known = hosts.flatMap(({ vms, importedVms }) => [...vms, ...importedVms].map((vm) => vm.name));
    throw new Failed({ kind: "vm-unknown", vm: name, host: undefined, known });
  }
  if (others.length > 0) throw new Failed({ kind: "vm-ambiguous", vm: name, hosts: having.map((one) => one.name) });
  const machine = machineOf(host.name);
  return foundOn({ machine, deployed: await deployedFacts(machine), planned: plannedOn(project, host.name) }, name);
};

const foundOn = async (host: VmHost, name: string): Promise<FoundVm> => {
  const { machine, deployed, planned } = host;
  const stateDir = (deployed ?? planned?.facts)?.stateDir ?? defaultStateDir;
  const facts = deployed?.vms.get(name) ?? planned?.facts.vms.get(name);
  if (facts === undefined) {
    const known = [...new Set([...(deployed?.vms.keys() ?? []), ...(await namesOn(machine, stateDir))])].sort();
    if (!known.includes(name)) throw new Failed({ kind: "vm-unknown", vm: name, host: machine.name, known });
  }
  return { name, host, facts, stateDir };
};

/** The hosts of a command without a VM, and the reasons why some of them do not answer. */
export interface FoundHosts {
  readonly hosts: readonly VmHost[];
  readonly failures: readonly Failure[];
}

/** The machine that `--host-ssh` names, or the hosts of the config, and this machine if it has VMs or there is no config. */
export const findHosts = async (where: Where): Promise<FoundHosts> => {
  if (where.hostSsh !== undefined) return { hosts: [await namedHost(where, where.hostSsh)], failures: [] };
  const [project, here] = await Promise.all([projectOf(where), deployedFacts(thisMachine)]);
  const machines = (project?.file.planned.plan.hosts ?? []).map((host) => machineOf(host.name));
  const isOfConfig = machines.includes(thisMachine);
  const local = isOfConfig || (project !== undefined && here === undefined) ? [] : [thisMachine];
  const settled = await Promise.allSettled(
    [...local, ...machines].map(async (machine) => ({
      machine,
      deployed: machine === thisMachine ? here : await deployedFacts(machine),
      planned: plannedOn(project, machine.name),
    })),
  );
  return {
    hosts: settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])),
    failures: settled.flatMap((one) => (one.status === "rejected" ? failuresOf(one.reason) : [])),
  };
};

/** Hosts of a config, on the machines that have their names, or on the one that `hostSsh` names. */
export const projectHosts = async (
  project: Project,
  names: readonly string[],
  hostSsh: string | undefined,
): Promise<FoundHosts> => {
  if (hostSsh !== undefined && names.length !== 1)
    throw new Failed({
      kind: "usage",
      message: `--host-ssh names one machine, and the config has ${String(names.length)} hosts.`,
      remedy: "Name the host, too.",
    });
  const settled = await Promise.allSettled(
    names.map(async (name): Promise<VmHost> => {
      const machine = hostSsh === undefined ? machineOf(name) : remoteMachine(hostSsh);
      return { machine, deployed: await deployedFacts(machine), planned: plannedOn(project, name) };
    }),
  );
  return {
    hosts: settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])),
    failures: settled.flatMap((one) => (one.status === "rejected" ? failuresOf(one.reason) : [])),
  };
};
