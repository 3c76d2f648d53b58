import type { HostPlan, Plan, VmPlan } from "@microvm-emit/model";
import { collect, seenByGuest } from "@microvm-emit/model/internal";
import { isolationOn } from "../report/isolation-summary.js";
import { changesOf, isSame } from "./aspect.js";
import { accessOf, type Change, type Comparison, type HostChange, type VmChange, type VmPlace } from "./comparison.js";
import { hostAspects, partsOfHost, partsOfPlan, planAspects } from "./host-aspects.js";
import { renameVms } from "./renamed.js";
import { type ComparedVm, partsOfVm, vmAspects } from "./vm-aspects.js";

/**
 * Compares two plans by hosts and VMs.
 *
 * @example
 *
 * ```ts
 * import { comparePlans, type Host, plan } from "microvm-emit";
 *
 * const planOf = (vcpu: number) => {
 *   const bridges = { microbr: { address: "192.168.83.1/24" } };
 *   const host: Host = { stateVersion: "26.05", user: { name: "alice" }, bridges, vms: { api: { vcpu } } };
 *   const planned = plan({ hosts: { web: host } });
 *   if (planned._tag === "Left") throw new Error("The config has problems.");
 *   return planned.right.plan;
 * };
 * const { hosts } = comparePlans(planOf(2), planOf(4));
 * for (const { vm, changes } of hosts.flatMap(({ vms }) => vms))
 *   for (const { aspect, lost, gained } of changes) console.log(`${vm}: ${aspect} ${lost.join()} → ${gained.join()}`);
 * ```
 *
 * ```text
 * api: vcpu 2 → 4
 * ```
 */
export const comparePlans = (before: Plan, after: Plan): Comparison => {
  const flake = changesOf(planAspects, partsOfPlan, before, after);
  const pairs = pairHosts(before, after);
  const places = placesOf(pairs);
  const hosts = pairs.flatMap((pair) => {
    const change = compareHosts(pair, places);
    return change === undefined ? [] : [change];
  });
  // Every host is evaluated with all inputs.
  const isEveryHost = flake.some(({ aspect }) => aspect !== "description");
  return {
    flake,
    hosts,
    switch: isEveryHost
      ? after.hosts.map(({ name }) => name)
      : hosts.filter(({ change }) => change !== "gone").map(({ host }) => host),
  };
};

const compareHosts = ({ name, before, after, formerNames }: HostPair, places: Places): HostChange | undefined => {
  const names = [...new Set([...vmNames(before), ...vmNames(after)])].sort(byNumbers);
  const vms = names.flatMap((vm): readonly VmChange[] => {
    const move = places.moves.get(vm);
    const here = { host: name, vm };
    const was = places.before(move?.to === name ? { host: move.from, vm } : here);
    const is = places.after(here);
    if (is === undefined) {
      if (was === undefined) return [];
      return [gone(was, move?.from === name ? { host: move.to, vm } : null)];
    }
    const former = formerNames.get(vm);
    const change =
      was === undefined ? "new" : move?.to === name ? "moved" : former === undefined ? "changed" : "renamed";
    const from = { host: change === "moved" ? (move?.from ?? name) : name, vm: former ?? vm };
    const changed = compareVms(was ?? null, is, change, change === "moved" || change === "renamed" ? from : null);
    return changed === undefined ? [] : [changed];
  });
  const settings = before === null || after === null ? [] : changesOf(hostAspects, partsOfHost, before, after);
  if (before !== null && after !== null && vms.length === 0 && settings.length === 0) return undefined;
  return {
    host: name,
    change: before === null ? "new" : after === null ? "gone" : "changed",
    settings,
    vms,
    unchanged: names.length - vms.length,
  };
};

/** `worker2` comes before `worker10`. */
const byNumbers = new Intl.Collator("en", { numeric: true }).compare;

const vmNames = (host: HostPlan | null): readonly string[] => host?.vms.map(({ name }) => name) ?? [];

/** A VM that moved keeps its permissions, so its old host reports no lost access. */
const gone = (was: PlacedVm, to: VmPlace | null): VmChange => {
  const changes = to === null ? changesOf(vmAspects, partsOfVm, was, null) : [];
  return {
    vm: was.vm.name,
    change: "gone",
    from: null,
    to,
    addresses: addressesOf(was.vm),
    access: accessOf(changes),
    changes,
    isRebuilt: false,
    running: "current",
  };
};

const compareVms = (
  was: PlacedVm | null,
  is: PlacedVm,
  change: VmChange["change"],
  from: VmPlace | null,
): VmChange | undefined => {
  const changes = changesOf(vmAspects, partsOfVm, was, is);
  const isRebuilt = was !== null && !isSame(guestOf(was), guestOf(is));
  if (change === "changed" && changes.length === 0 && !isRebuilt) return undefined;
  return {
    vm: is.vm.name,
    change,
    from,
    to: null,
    addresses: addressesOf(is.vm),
    access: accessOf(changes),
    changes,
    isRebuilt,
    running: change === "changed" ? runningAfter(changes, isRebuilt, is.vm) : "current",
  };
};

const runningAfter = (changes: readonly Change[], isRebuilt: boolean, vm: VmPlan): VmChange["running"] => {
  if (isRebuilt || changes.some(({ applies }) => applies === "restart"))
    return vm.restartIfChanged ? "restarted" : "stale";
  return changes.some(({ applies }) => applies === "connections") ? "stale" : "current";
};

const addressesOf = ({ network: { interfaces } }: VmPlan): readonly string[] =>
  interfaces.flatMap(({ addresses }) => addresses.map(({ value }) => value));

/**
 * The facts that determine the NixOS of a guest. For a guest of one VM, these are all facts except those of the host.
 */
const guestOf = (compared: PlacedVm): unknown =>
  compared.sharedGuest !== null
    ? [compared.sharedGuest, seenByGuest(compared.vm)]
    : Object.entries(partsOfVm(compared)).filter(([part]) => !ofHost.has(part));

const ofHost: ReadonlySet<string> = new Set([
  "machine.credentialFiles",
  "machine.limits",
  "network.forwardPorts",
  "network.policy",
  "storage.directories",
  "storage.workspace",
  "vm.autostart",
  "vm.restartIfChanged",
]);

/** A host before and after. The VMs before have their new names. */
interface HostPair {
  readonly name: string;
  readonly before: HostPlan | null;
  readonly after: HostPlan | null;
  /** The names before, by name after. */
  readonly formerNames: ReadonlyMap<string, string>;
}

const pairHosts = (before: Plan, after: Plan): readonly HostPair[] => {
  const names = [...new Set([...before.hosts, ...after.hosts].map(({ name }) => name))].sort();
  return names.map((name) => {
    const [was, is] = [before, after].map(({ hosts }) => hosts.find((host) => host.name === name) ?? null);
    const renames = was == null || is == null ? [] : renamesOf(was, is);
    return {
      name,
      before: was == null ? null : renameVms(was, new Map(renames)),
      after: is ?? null,
      formerNames: new Map(renames.map(([from, to]) => [to, from])),
    };
  });
};

/** The renamed VMs, by `renamedFrom`. A comparison in the other direction finds them too. */
const renamesOf = (before: HostPlan, after: HostPlan): readonly (readonly [from: string, to: string])[] => {
  const [were, are] = [before, after].map(({ vms }) => new Set(vms.map(({ name }) => name)));
  return before.vms.flatMap((was) =>
    after.vms
      .filter((is) => is.renamedFrom === was.name || was.renamedFrom === is.name)
      .filter((is) => are?.has(was.name) === false && were?.has(is.name) === false)
      .slice(0, 1)
      .map((is) => [was.name, is.name] as const),
  );
};

interface PlacedVm extends ComparedVm {
  /** The name of the guest that several VMs may share; null for a guest of its own. A guest with a new name is built again. */
  readonly sharedGuest: string | null;
}

/** The VMs of both plans by their hosts. */
interface Places {
  readonly before: (place: VmPlace) => PlacedVm | undefined;
  readonly after: (place: VmPlace) => PlacedVm | undefined;
  /** The VMs on another host after, by name. */
  readonly moves: ReadonlyMap<string, { readonly from: string; readonly to: string }>;
}

const placesOf = (pairs: readonly HostPair[]): Places => ({
  before: lookup(pairs.flatMap(({ before }) => (before === null ? [] : [before]))),
  after: lookup(pairs.flatMap(({ after }) => (after === null ? [] : [after]))),
  moves: movesBetween(pairs),
});

const lookup = (hosts: readonly HostPlan[]): ((place: VmPlace) => PlacedVm | undefined) => {
  const found = new Map(
    hosts.map((host) => {
      const isolation = isolationOn(host);
      const shared = new Map(
        host.guests.flatMap(({ name, own, vms }) => (own === null ? vms.map((vm) => [vm, name] as const) : [])),
      );
      const vms = host.vms.map(
        (vm) => [vm.name, { vm, isolation: isolation(vm), sharedGuest: shared.get(vm.name) ?? null }] as const,
      );
      return [host.name, new Map(vms)] as const;
    }),
  );
  return ({ host, vm }) => found.get(host)?.get(vm);
};

/** The VMs that left one host and joined another one, by name. */
const movesBetween = (pairs: readonly HostPair[]): Places["moves"] => {
  const only = (some: HostPlan | null, other: HostPlan | null): readonly string[] =>
    vmNames(some).filter((vm) => !vmNames(other).includes(vm));
  const left = collect(
    pairs.flatMap(({ name, before, after }) => only(before, after).map((vm) => [vm, name] as const)),
  );
  const came = collect(
    pairs.flatMap(({ name, before, after }) => only(after, before).map((vm) => [vm, name] as const)),
  );
  return new Map(
    [...left].flatMap(([vm, [from, ...others]]) => {
      const [to, ...more] = came.get(vm) ?? [];
      return to === undefined || others.length > 0 || more.length > 0 ? [] : [[vm, { from, to }] as const];
    }),
  );
};
