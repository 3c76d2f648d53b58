import { map } from "fp-ts/lib/These.js";
import { pipe } from "fp-ts/lib/function.js";
import type { Checked } from "../problems/checked.js";
import type { HostModel, VmModel } from "../config/config.js";
import type {
  AgentPlan,
  AgentStatePlan,
  FirewallPlan,
  ForwardPortPlan,
  NetworkPlan,
  SecretPlan,
  ToolchainPlan,
  UserPlan,
  VmPlan,
  VolumePlan,
} from "../plan/plan.js";
import type { ConfigPath } from "../problems/problem.js";
import { secretsBy } from "../catalogue/hypervisors.js";
import { agentStateToCopy, expandHome, nameFolders, planDirectories, planShares } from "./folders.js";
import { planMachine } from "./machine.js";
import type { IndexRequest } from "./indexes.js";
import { isInLan, type Link, linkInterfaces, planInterface, writtenNames } from "./interfaces.js";
import { planPolicy } from "./policy.js";
import { planModule, planPackage } from "./references.js";
import { planGroups, planUsers } from "./users.js";

/** A VM whose networks are known and whose index is not. */
export interface Draft {
  readonly request: IndexRequest;
  readonly vm: VmModel;
  readonly links: readonly Link[];
}

/** Follows a VM's references to networks, and says what it needs of an index. */
export const draftVm = (
  name: string,
  vm: VmModel,
  path: ConfigPath,
  networks: readonly NetworkPlan[],
  lock: Pick<IndexRequest, "locked" | "lockedEarlier" | "freed">,
): Checked<Draft> =>
  pipe(
    linkInterfaces(vm, path, networks),
    map((links) => ({
      vm,
      links,
      request: {
        name,
        path,
        fixed: vm.index,
        ...lock,
        wantsCid: vm.vsock !== false && vm.vsock.cid === undefined,
        interfaces: links.map((link) => {
          const { tap, mac } = writtenNames(link);
          return { tap: tap === undefined, mac: mac === undefined && !isInLan(link), addresses: link.allocates };
        }),
      },
    })),
  );

/** A VM with its index, complete. */
export const planVm = (
  { request: { name, path }, vm, links }: Draft,
  index: number,
  host: HostModel,
  hostPath: ConfigPath,
): VmPlan => {
  const users = planUsers(host, hostPath, vm, path);
  const [owner] = users;
  const folders = nameFolders(name, vm, owner);
  const shares = planShares(vm, folders, owner, path, `${host.stateDirectory}/${name}`);
  return {
    path,
    name,
    index,
    renamedFrom: vm.renamedFrom ?? null,
    autostart: vm.autostart,
    restartIfChanged: vm.restartIfChanged,
    machine: planMachine(vm, index, host, owner, path),
    network: {
      interfaces: links.map((link, position) => planInterface(link, index, position, path)),
      forwardPorts: vm.forwardPorts.map((forward, position) =>
        planForward(forward, [...path, "forwardPorts", position]),
      ),
      policy: planPolicy(vm, links, path),
      nameservers: vm.nameservers,
    },
    storage: {
      shares,
      volumes: vm.volumes.map((volume, position) => planVolume(volume, [...path, "volumes", position])),
      storeDisk: typeof vm.store === "string" ? null : { type: vm.store.disk, flags: vm.store.flags ?? null },
      writableStoreOverlay: vm.writableStoreOverlay,
      directories: planDirectories(shares, folders, owner),
      sshHostKeys: folders.sshHostKeys,
      workspace: folders.workspace,
    },
    guest: {
      nixos: vm.guest,
      users,
      groups: planGroups(users, vm, path),
      sudo: vm.sudo,
      firewall: planFirewall(vm),
      toolchains: vm.toolchains.map(planToolchain),
      unpatchedBinaries: vm.unpatchedBinaries ?? vm.toolchains.some((toolchain) => toolchain.unpatchedBinaries),
      environment: vm.environment,
      packages: vm.packages.map(planPackage),
      modules: vm.modules.map((module, position) => planModule(module, [...path, "modules", position])),
      specialArgs: vm.specialArgs,
      pkgs: vm.pkgs,
      nixpkgs: vm.nixpkgs ?? null,
      stateVersion: vm.stateVersion ?? host.stateVersion,
    },
    agent: vm.agent === false ? null : planAgent(vm, vm.agent, folders.agentMountPoint, owner),
    secrets: Object.entries(vm.secrets).map(([secret, written]) =>
      planSecret(secret, written, vm.hypervisor, owner, [...path, "secrets", secret]),
    ),
  };
};

const planForward = (
  { from, proto, host, guest }: VmModel["forwardPorts"][number],
  path: ConfigPath,
): ForwardPortPlan => ({
  path,
  from,
  proto,
  host: { address: host.address ?? null, port: host.port },
  guest: { address: guest.address ?? null, port: guest.port },
});

const planFirewall = ({ firewall }: VmModel): FirewallPlan =>
  typeof firewall === "boolean"
    ? { enable: firewall, allowedTCPPorts: [], allowedUDPPorts: [] }
    : { enable: true, ...firewall };

const planVolume = (
  { image, mountPoint, fsType, readOnly, neededForBoot, ...disk }: VmModel["volumes"][number],
  path: ConfigPath,
): VolumePlan => ({
  path,
  image,
  mountPoint: mountPoint === undefined ? null : { value: mountPoint, path: [...path, "mountPoint"] },
  sizeMiB: disk.sizeMiB ?? null,
  fsType,
  readOnly,
  neededForBoot,
  autoCreate: disk.autoCreate ?? true,
  label: disk.label ?? null,
  serial: disk.serial ?? null,
  direct: disk.direct ?? false,
  imageType: disk.imageType ?? null,
  mkfsExtraArgs: disk.mkfsExtraArgs ?? [],
});

const planSecret = (
  name: string,
  written: VmModel["secrets"][string],
  hypervisor: VmModel["hypervisor"],
  owner: UserPlan,
  path: ConfigPath,
): SecretPlan => {
  const { file, variable } =
    typeof written === "string" || "kind" in written ? { file: written, variable: name } : written;
  return {
    path,
    name,
    file: typeof file === "string" ? expandHome(file, owner) : file,
    variable: variable ?? null,
    by: secretsBy(hypervisor),
  };
};

const planAgent = (
  { agentState }: VmModel,
  agent: Exclude<VmModel["agent"], false>,
  directory: string | null,
  owner: UserPlan,
): AgentPlan => ({
  name: agent.name,
  package: planPackage(agent.package),
  packagesFrom: agent.packagesFrom,
  releases: agent.releases ?? null,
  unfree: agent.unfree,
  state:
    agent.state === undefined || directory === null ? null : planAgentState(agentState, agent.state, directory, owner),
  homeManagerProgram: agent.homeManagerProgram ?? null,
  command: agent.command,
});

const planAgentState = (
  agentState: VmModel["agentState"],
  state: NonNullable<Exclude<VmModel["agent"], false>["state"]>,
  directory: string,
  owner: UserPlan,
): AgentStatePlan => {
  const links = Object.fromEntries(
    Object.entries(state.links)
      .map(([from, part]) => [expandHome(from, owner), part === "." ? directory : `${directory}/${part}`] as const)
      // A config may keep the folder where the agent looks anyway.
      .filter(([from]) => !`${directory}/`.startsWith(`${from}/`)),
  );
  const parts = Object.values(links).filter((target) => target !== directory);
  const parents = [directory, ...Object.keys(links)].flatMap((path) => parentsOf(path, owner));
  return {
    directory,
    copiedFrom: agentState === "copy" ? agentStateToCopy : null,
    variable: state.variable ?? null,
    parents: [...new Set([...parents, ...parts])],
    links,
  };
};

/** The folders between a user's home and a folder in it. */
const parentsOf = (directory: string, { homeDirectory }: UserPlan): readonly string[] => {
  if (!directory.startsWith(`${homeDirectory}/`)) return [];
  const steps = directory
    .slice(homeDirectory.length + 1)
    .split("/")
    .slice(0, -1);
  return steps.map((_, last) => [homeDirectory, ...steps.slice(0, last + 1)].join("/"));
};

const planToolchain = ({ name, packages, environment, searchPath }: VmModel["toolchains"][number]): ToolchainPlan => ({
  name,
  packages: packages.map(planPackage),
  environment,
  searchPath,
});
