import { basename } from "node:path";
import { type HostFacts, defaultStateDir } from "./facts.js";
import { namesOn, type VmHost } from "./find.js";
import { capture, type Machine } from "./machine.js";
import { showUnits, stateOf, type Unit, unitOf, type VmState } from "./units.js";

/** The VMs of a host, as `status --json` prints them. */
export interface HostStatus {
  readonly host: string;
  /** The ssh destination; null for this machine. */
  readonly ssh: string | null;
  /** True if the config, the flake or a file that the config names changed after the last switch; null if unknown. */
  readonly isBehind: boolean | null;
  readonly vms: readonly VmStatus[];
}

export interface VmStatus {
  readonly name: string;
  readonly state: VmState;
  readonly addresses: readonly string[];
  /** The NixOS that it shares with other VMs; null for its own. */
  readonly guest: string | null;
  /** The shell command of its agent. */
  readonly agent: string | null;
  readonly uptimeSeconds: number | null;
  /** Bytes of memory of the hypervisor and, on the host, of the guest. */
  readonly memoryBytes: number | null;
  /** Store paths of microvm.nix's runners: the one that runs, and the one for the next start. */
  readonly booted: string | null;
  readonly deployed: string | null;
  /** True if the config has the VM; null without a config. */
  readonly inConfig: boolean | null;
}

/** The runners of a host's VMs, by VM. The user of the hypervisors can change them. */
export const runnersOn = async (
  machine: Machine,
  stateDir: string,
): Promise<ReadonlyMap<string, { readonly booted: string | null; readonly deployed: string | null }>> => {
  const { stdout } = await capture(machine, [
    ...(["find", stateDir, "-mindepth", "2", "-maxdepth", "2", "-type", "l"] as const),
    ...["(", "-name", "current", "-o", "-name", "booted", ")", "-printf", String.raw`%P\0%l\0`],
  ]);
  const fields = stdout.split("\0");
  const links = new Map(
    fields.flatMap((path, at): [string, string][] =>
      at % 2 === 0 && path !== "" ? [[path, fields[at + 1] ?? ""]] : [],
    ),
  );
  const names = new Set([...links.keys()].map((path) => path.slice(0, path.indexOf("/"))));
  return new Map(
    [...names].map((name) => [
      name,
      { booted: links.get(`${name}/booted`) ?? null, deployed: links.get(`${name}/current`) ?? null },
    ]),
  );
};

export const isStale = (
  runner: { readonly booted: string | null; readonly deployed: string | null } | undefined,
): boolean => runner != null && runner.booted !== null && runner.deployed !== null && runner.booted !== runner.deployed;

/** The status of a host's VMs, or of one of them. */
export const statusOf = async (
  { machine, deployed, planned }: VmHost,
  only?: string,
): Promise<Omit<HostStatus, "isBehind">> => {
  const facts: HostFacts | undefined = deployed ?? planned?.facts;
  const stateDir = facts?.stateDir ?? defaultStateDir;
  const imported = planned?.host.importedVms.map(({ name }) => name) ?? [];
  const names = [
    ...new Set([
      ...(deployed?.vms.keys() ?? []),
      ...(planned?.facts.vms.keys() ?? []),
      ...imported,
      ...(await namesOn(machine, stateDir)),
    ]),
  ]
    .filter((name) => only === undefined || name === only)
    .sort();
  const [units, runners, clock] = await Promise.all([
    showUnits(machine, names.map(unitOf)),
    runnersOn(machine, stateDir),
    clockOf(machine),
  ]);
  return {
    host: machine.name,
    ssh: machine.destination,
    vms: names.map((name, at) => {
      const unit = units[at];
      const runner = runners.get(name);
      const vm = deployed?.vms.get(name) ?? planned?.facts.vms.get(name);
      return {
        name,
        ...ofUnit(unit, isStale(runner), clock),
        addresses: vm?.addresses ?? [],
        guest: vm?.guest ?? null,
        agent: vm?.agent ?? null,
        booted: runner?.booted ?? null,
        deployed: runner?.deployed ?? null,
        inConfig: planned === undefined ? null : planned.facts.vms.has(name) || imported.includes(name),
      };
    }),
  };
};

const ofUnit = (
  unit: Unit | undefined,
  stale: boolean,
  clock: number,
): Pick<VmStatus, "state" | "uptimeSeconds" | "memoryBytes"> => ({
  state: unit === undefined ? "unknown" : stateOf(unit, stale),
  uptimeSeconds: unit?.since == null ? null : Math.max(0, clock - unit.since),
  memoryBytes: unit?.memory ?? null,
});

/** The clock of a machine, in seconds since 1970. */
const clockOf = async (machine: Machine): Promise<number> =>
  machine.destination === null
    ? Math.floor(Date.now() / 1000)
    : Number((await capture(machine, ["date", "+%s"])).stdout.trim());

/** The program of a shell command, without variables that it sets. */
export const programOf = (command: string): string =>
  basename(command.split(/\s+/).find((word) => !word.includes("=")) ?? command);
