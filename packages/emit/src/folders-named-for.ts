import type { VmPlan } from "@microvm-emit/model";

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
