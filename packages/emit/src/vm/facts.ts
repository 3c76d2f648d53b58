import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { HostPlan, VmPlan, VolumePlan } from "@microvm-emit/model";
import { isRecord } from "@microvm-emit/model/internal";
import { capture, type Machine } from "./machine.js";

/** The facts of a VM that commands need, from the host or from the plan. */
export interface VmFacts {
  /** Its addresses in its networks, without prefix lengths; the first one is the one to connect to. */
  readonly addresses: readonly string[];
  /** The user to log in as. */
  readonly user: string | null;
  /** The folder that the agent works in, as the guest sees it. */
  readonly workspace: string | null;
  /** The repository on its disk that is the workspace; null for a shared folder. */
  readonly repository: RepositoryFacts | null;
  /** The shell command of its agent. */
  readonly agent: string | null;
  /** The NixOS that it shares with other VMs; null for its own. */
  readonly guest: string | null;
  /** The folder of the host with its SSH host key; null if the guest makes one. */
  readonly sshHostKeys: string | null;
  /** Its disk images: absolute, or relative to its folder. */
  readonly images: readonly string[];
  /** The interfaces of the host that lead to it. */
  readonly taps: readonly string[];
}

export interface RepositoryFacts {
  /** The clone of the user, below `~/` or absolute; null for the clone in the current directory. */
  readonly clone: string | null;
  /** The disk image with it: absolute, or relative to the folder of the VM. */
  readonly image: string | null;
}

/** The VMs of a host. */
export interface HostFacts {
  readonly name: string;
  /** The folder of the VMs' folders. */
  readonly stateDir: string;
  readonly bridges: readonly string[];
  readonly vms: ReadonlyMap<string, VmFacts>;
}

/** The file of facts on the host, which the emitted modules write (`vm/names.nix`). */
const factsFile = "/etc/microvm/vms.json";

export const defaultStateDir = "/var/lib/microvms";

/** The VMs that are deployed on a machine; undefined if it has no VMs of this program, or of an older version. */
export const deployedFacts = async (machine: Machine): Promise<HostFacts | undefined> => {
  if (machine.destination === null)
    return existsSync(factsFile) ? parseFacts(readFileSync(factsFile, "utf8")) : undefined;
  const { exitCode, stdout } = await capture(machine, ["cat", factsFile]);
  return exitCode === 0 ? parseFacts(stdout) : undefined;
};

/** Reads the file; undefined for a form that this version does not know. */
export const parseFacts = (text: string): HostFacts | undefined => {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(read) || !isRecord(read["vms"])) return undefined;
  return {
    name: textOf(read["host"]) ?? "",
    stateDir: textOf(read["stateDir"]) ?? defaultStateDir,
    bridges: textsOf(read["bridges"]),
    vms: new Map(
      Object.entries(read["vms"]).flatMap(([name, vm]) =>
        isRecord(vm) && isVmName(name) ? [[name, vmFacts(vm)]] : [],
      ),
    ),
  };
};

const vmFacts = (vm: Readonly<Record<string, unknown>>): VmFacts => ({
  // Both become part of commands, and another machine wrote the file.
  addresses: textsOf(vm["addresses"]).filter((address) => isIP(address) !== 0),
  user: [vm["user"]].map(textOf).find((user) => user !== null && /^[a-zA-Z_][\w.-]*$/.test(user)) ?? null,
  workspace: textOf(vm["workspace"]),
  repository: repositoryOf(vm["repository"]),
  agent: textOf(vm["agent"]),
  guest: textOf(vm["guest"]),
  sshHostKeys: textOf(vm["sshHostKeys"]),
  images: textsOf(vm["images"]),
  taps: textsOf(vm["taps"]),
});

const repositoryOf = (value: unknown): RepositoryFacts | null =>
  isRecord(value) ? { clone: textOf(value["clone"]), image: textOf(value["image"]) } : null;

/** The facts of a host after its next deployment. */
export const plannedFacts = (host: HostPlan): HostFacts => ({
  name: host.name,
  stateDir: host.stateDirectory,
  bridges: host.networks.flatMap(({ kind, name }) => (kind === "routed" ? [] : [name])),
  vms: new Map(host.vms.map((vm) => [vm.name, plannedVm(host, vm)])),
});

const plannedVm = (host: HostPlan, { name, network, storage, guest, agent }: VmPlan): VmFacts => ({
  addresses: network.interfaces.flatMap(({ addresses }) => addresses.map(({ value }) => value)),
  user: guest.users[0].name,
  workspace: (storage.repository ?? storage.shares.find(({ role }) => role === "workspace"))?.mountPoint.value ?? null,
  repository:
    storage.repository === null
      ? null
      : {
          clone: storage.repository.clone?.value ?? null,
          image: imageAt(storage.repository.mountPoint.value, storage.volumes),
        },
  agent: agent?.command ?? null,
  guest: host.guests.find(({ vms, own }) => own === null && vms.includes(name))?.name ?? null,
  sshHostKeys: storage.sshHostKeys,
  images: storage.volumes.map(({ image }) => image),
  taps: network.interfaces.flatMap(({ type, id }) => (type === "tap" ? [id.value] : [])),
});

/** The image with a folder of the guest; the innermost mount has the longest path. */
const imageAt = (folder: string, volumes: readonly VolumePlan[]): string | null =>
  volumes
    .flatMap(({ image, mountPoint }) => (mountPoint === null ? [] : [{ image, at: mountPoint.value }]))
    .filter(({ at }) => at === "/" || `${folder}/`.startsWith(`${at}/`))
    .sort((a, b) => b.at.length - a.at.length)[0]?.image ?? null;

/** The name of a VM: a host name, which is also safe in units, paths and commands. */
export const isVmName = (name: string): boolean => /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$/.test(name);

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);
const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
