import { map } from "fp-ts/lib/These.js";
import { pipe } from "fp-ts/lib/function.js";
import type { HostModel, VmModel } from "../config/config.js";
import { planAgent } from "../plan/agent.js";
import { nameFolders } from "../plan/folders.js";
import { planGuestSystem } from "../plan/guest-system.js";
import type { NetworkPlan } from "../plan/host-network.js";
import { planKeys } from "../plan/keys.js";
import { planMachine } from "../plan/machine.js";
import { planForward } from "../plan/network.js";
import { planPolicy } from "../plan/policy.js";
import { planSecret } from "../plan/secret.js";
import { planStorage } from "../plan/storage.js";
import { planUsers } from "../plan/users.js";
import type { VmPlan } from "../plan/vm.js";
import type { Checked } from "../problems/checked.js";
import type { ConfigPath } from "../problems/problem.js";
import type { IndexRequest } from "./indexes.js";
import { isInLan, type Link, linkInterfaces, planInterface, writtenNames } from "./interfaces.js";

/** A VM whose networks are known and whose index is not. */
export interface Draft {
  readonly request: IndexRequest;
  readonly vm: VmModel;
  readonly links: readonly Link[];
}

/** Resolves a VM's networks, and lists its needs for an index. */
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
  const interfaces = links.map((link, position) => planInterface(link, index, position, path));
  const keys = planKeys(host, hostPath, vm, path, interfaces, owner);
  return {
    path,
    name,
    index,
    renamedFrom: vm.renamedFrom ?? null,
    autostart: vm.autostart,
    restartIfChanged: vm.restartIfChanged,
    machine: planMachine(vm, index, host, owner, path),
    network: {
      interfaces,
      forwardPorts: vm.forwardPorts.map((forward, position) =>
        planForward(forward, [...path, "forwardPorts", position]),
      ),
      policy: planPolicy(vm, links, path),
      nameservers: vm.nameservers,
    },
    storage: planStorage(name, vm, folders, owner, host, path),
    guest: planGuestSystem(vm, keys, users, host, path),
    agent: vm.agent === false ? null : planAgent(vm, vm.agent, folders.agentMountPoint, owner),
    secrets: Object.entries(vm.secrets).map(([secret, written]) =>
      planSecret(secret, written, vm.hypervisor, owner, [...path, "secrets", secret]),
    ),
    keys,
  };
};
