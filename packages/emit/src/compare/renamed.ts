import type { HostPlan } from "@microvm-emit/model";
import { foldersNamedFor } from "../folders-named-for.js";
import { mapStrings } from "../map-strings.js";

/** The path of a VM's folder under another name. */
const folderOf = (folder: string, vm: string, other: string): string => folder.slice(0, -vm.length) + other;

/** A host with new names for some of its VMs, as if they had always had these names. */
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
