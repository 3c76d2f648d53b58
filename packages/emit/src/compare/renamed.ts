import type { HostPlan, VmPlan } from "@microvm-emit/model";
import { mapStrings } from "../map-strings.js";

/** The host folders that end in the name of their VM by default: its state, host keys, workspace and agent's state. */
export const foldersNamedFor = (stateDirectory: string, vm: VmPlan): readonly string[] => {
  const {
    name,
    storage: { sshHostKeys, workspace, directories },
    guest: { users },
  } = vm;
  const named = [
    { folders: [sshHostKeys], parent: "/var/lib/microvm-host-keys/" },
    { folders: [workspace], parent: `${users[0].homeDirectory}/microvm/` },
    // An agent's state of `agentState: "own"`.
    { folders: directories.map(({ path }) => path), parent: "-vms/" },
  ].flatMap(({ folders, parent }) => folders.filter((folder) => folder?.endsWith(parent + name) === true));
  return [`${stateDirectory}/${name}`, ...new Set(named.filter((folder) => folder !== null))];
};

/** The same folder of a VM by another name. */
export const folderOf = (folder: string, vm: string, other: string): string => folder.slice(0, -vm.length) + other;

/** A host with other names for some of its VMs, as if it had never had the former ones. */
export const renameVms = (host: HostPlan, names: ReadonlyMap<string, string>): HostPlan => {
  if (names.size === 0) return host;
  const nameOf = (name: string): string => names.get(name) ?? name;
  return {
    ...host,
    vms: host.vms.map((vm) => {
      const name = nameOf(vm.name);
      const folders = name === vm.name ? [] : foldersNamedFor(host.stateDirectory, vm);
      const moved = new Map(folders.map((folder) => [folder, folderOf(folder, vm.name, name)]));
      return {
        ...vm,
        name,
        storage: mapStrings(vm.storage, (text) => moved.get(text) ?? text),
        network: {
          ...vm.network,
          policy: {
            ...vm.network.policy,
            vms: vm.network.policy.vms.map((reached) => ({ ...reached, value: nameOf(reached.value) })),
          },
        },
      };
    }),
    guests: host.guests.map((guest) => {
      const [first, ...others] = guest.vms;
      return { ...guest, vms: [nameOf(first), ...others.map(nameOf)] };
    }),
  };
};
