import { z } from "zod";
import { defaultStateDir, type HostFacts, type VmFacts } from "./facts.js";
import type { VmHost } from "./find.js";
import { capture, type Machine } from "./machine.js";
import { isStale, runnersOn } from "./status.js";
import { showUnits, stateOf, unitOf, type VmState } from "./units.js";

/** The store paths that a switch of a host installs. */
export const wantedPathsSchema = z.object({
  system: z.string(),
  /** The runners of its VMs, by VM. */
  vms: z.record(z.string(), z.string()),
});

export type WantedPaths = z.output<typeof wantedPathsSchema>;

/** A running host, compared with the config, as `diff --deployed --json` prints it. */
export interface DeployedHost {
  readonly host: string;
  /** The ssh destination; null for this machine. */
  readonly ssh: string | null;
  /** True if a switch would change nothing. */
  readonly isCurrent: boolean;
  /** Store paths of the system that runs, and of the one of the config; null if the host has none. */
  readonly system: { readonly deployed: string | null; readonly wanted: string };
  readonly vms: readonly DeployedVm[];
}

export interface DeployedVm {
  readonly name: string;
  readonly change: "new" | "gone" | "changed" | "same";
  readonly state: VmState;
  /** A VM that runs after a switch: with the config's build, restarted by the switch, or with an old build until its restart. */
  readonly afterSwitch: "current" | "restarted" | "stale" | "stopped";
  /** Store paths of its runner: the one that runs, the one for its next start, and the config's. */
  readonly booted: string | null;
  readonly deployed: string | null;
  readonly wanted: string | null;
  /** Facts of the VM that differ on the host, as JSON values. */
  readonly facts: readonly { readonly fact: string; readonly deployed: unknown; readonly wanted: unknown }[];
}

/** The system that a machine runs, as a store path; null if it runs no NixOS. */
const runningSystem = async (machine: Machine): Promise<string | null> => {
  const { exitCode, stdout } = await capture(machine, ["readlink", "/run/current-system"]);
  return exitCode === 0 ? stdout.trim() : null;
};

/** Compares a host with the store paths of its config. */
export const deploymentOf = async (host: VmHost, wanted: WantedPaths): Promise<DeployedHost> => {
  const { machine, deployed, planned } = host;
  const stateDir = (deployed ?? planned?.facts)?.stateDir ?? defaultStateDir;
  const [running, runners] = await Promise.all([runningSystem(machine), runnersOn(machine, stateDir)]);
  // A folder without other facts is a leftover, which `gc` lists.
  const names = [
    ...new Set([...Object.keys(wanted.vms), ...(deployed?.vms.keys() ?? [])].filter((name) => name !== "")),
  ].sort();
  const units = await showUnits(machine, names.map(unitOf));
  const restarts = new Set(planned?.host.vms.filter((vm) => vm.restartIfChanged).map(({ name }) => name));
  return {
    host: planned?.host.name ?? machine.name,
    ssh: machine.destination,
    isCurrent: running === wanted.system,
    system: { deployed: running, wanted: wanted.system },
    vms: names.map((name, at): DeployedVm => {
      const runner = runners.get(name) ?? { booted: null, deployed: null };
      const path = wanted.vms[name] ?? null;
      const unit = units[at];
      const state = unit === undefined ? "unknown" : stateOf(unit, isStale(runner));
      const isRunning = state === "running" || state === "stale";
      return {
        name,
        change: changeOf(runner.deployed, path),
        state,
        afterSwitch: !isRunning
          ? "stopped"
          : runner.booted === path
            ? "current"
            : path !== null && runner.deployed !== path && restarts.has(name)
              ? "restarted"
              : "stale",
        ...{ booted: runner.booted, deployed: runner.deployed, wanted: path },
        facts: factsThatDiffer(factsOf(deployed, name), factsOf(planned?.facts, name)),
      };
    }),
  };
};

const changeOf = (deployed: string | null, wanted: string | null): DeployedVm["change"] => {
  if (wanted === null) return "gone";
  if (deployed === null) return "new";
  return deployed === wanted ? "same" : "changed";
};

const factsOf = (host: HostFacts | undefined, name: string): VmFacts | undefined => host?.vms.get(name);

const factsThatDiffer = (deployed: VmFacts | undefined, wanted: VmFacts | undefined): DeployedVm["facts"] =>
  deployed === undefined || wanted === undefined
    ? []
    : (Object.keys(wanted) as (keyof VmFacts)[])
        .map((fact) => ({ fact, deployed: deployed[fact], wanted: wanted[fact] }))
        .filter((one) => JSON.stringify(one.deployed) !== JSON.stringify(one.wanted));
