import { type Checked, gather, withProblems } from "../problems/checked.js";
import type { HostModel, Model, VmModel } from "../config/config.js";
import { defaultInputs } from "../catalogue/flake-inputs.js";
import type { Lock } from "../plan/lock.js";
import { entriesOf, freedIndex, type LockEntries, lockedIndex, nextEntries, withEntries } from "./lock-entries.js";
import type { HostPlan, ImportedSource, NetworkPlan, Plan } from "../plan/plan.js";
import type { ConfigPath } from "../problems/problem.js";
import { unknownFormerNames } from "./former-names.js";
import { groupGuests } from "./guests.js";
import { chooseIndexes, identifier } from "./indexes.js";
import { writtenNames } from "./interfaces.js";
import { mentionsOf } from "./mentions.js";
import { planNetworks } from "./networks.js";
import { planModule, splitReference } from "../plan/references.js";
import { planInputs } from "./inputs.js";
import { type Draft, draftVm, planVm } from "./vm.js";
import { exposeFolders } from "./writable.js";

/** A plan, and the lock that remembers its indexes. */
export interface Resolution {
  /** Hosts, VMs and their addresses. */
  readonly plan: Plan;
  /** The lock to keep for the next run. */
  readonly lock: Lock;
}

/** Converts names to addresses: follows every reference, and sets every default that depends on other settings. */
export const resolve =
  (lock: Lock, earlierLocks: readonly Lock[] = []) =>
  (written: Model): Checked<Resolution> => {
    const model = withoutSecondNixpkgs(written);
    const hosts = gather(
      Object.entries(model.hosts).map(([name, host]) =>
        resolveHost(
          name,
          host,
          entriesOf(lock, name),
          earlierLocks.map((earlier) => entriesOf(earlier, name)),
        ),
      ),
    );
    if (hosts._tag === "Left") return hosts;
    const { inputs, problems } = planInputs(model, mentionsOf(model));
    return withProblems([...(hosts._tag === "Both" ? hosts.left : []), ...problems], {
      plan: { description: model.description, library: model.library, flake: model.flake, inputs, hosts: hosts.right },
      lock: hosts.right.reduce(
        (next, { name, vms }) => withEntries(next, name, nextEntries(entriesOf(lock, name), vms)),
        lock,
      ),
    });
  };

/** Agents come from `nixpkgs` if it is nixpkgs-unstable, so that the flake has no second copy of it. */
const withoutSecondNixpkgs = (model: Model): Model => {
  const { nixpkgs, "nixpkgs-unstable": unstable } = defaultInputs(model.inputs["nixpkgs"]?.url);
  const isSame =
    !Object.hasOwn(model.inputs, "nixpkgs-unstable") &&
    (model.inputs["nixpkgs"]?.url ?? nixpkgs?.url) === unstable?.url;
  if (!isSame) return model;
  const ofNixpkgs = (vm: VmModel): VmModel =>
    vm.agent === false ? vm : { ...vm, agent: { ...vm.agent, packagesFrom: "nixpkgs" } };
  return { ...model, hosts: map(model.hosts, (host) => ({ ...host, vms: map(host.vms, ofNixpkgs) })) };
};

const map = <A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

const resolveHost = (
  name: string,
  host: HostModel,
  entries: LockEntries,
  earlier: readonly LockEntries[],
): Checked<HostPlan> => {
  const path = ["hosts", name];
  const networks = planNetworks(host, path);
  const drafts = gather(
    Object.entries(host.vms).map(([vmName, vm]) => {
      const locked = lockedIndex(entries, vmName, vm.renamedFrom);
      return draftVm(vmName, vm, [...path, "vms", vmName], networks.value, {
        locked,
        lockedEarlier: earlier.map((lock) => lockedIndex(lock, vmName, vm.renamedFrom) === locked),
        freed: freedIndex(entries, vmName),
      });
    }),
  );
  if (drafts._tag === "Left") return drafts;
  const { indexes, problems } = chooseIndexes(
    drafts.right.map(({ request }) => request),
    explicitIdentifiers(networks.value, drafts.right),
    [...entries.freed.map(({ index }) => index), ...Object.values(entries.vms)],
  );
  const vms = exposeFolders(
    drafts.right.flatMap((draft) => {
      const index = indexes.get(draft.request.name);
      return index === undefined ? [] : [planVm(draft, index, host, path)];
    }),
  );
  const found = [
    ...(drafts._tag === "Both" ? drafts.left : []),
    ...networks.problems,
    ...problems,
    ...unknownFormerNames(host.vms, entries, path),
  ];
  return withProblems(found, {
    path,
    name,
    system: host.system,
    stateVersion: host.stateVersion,
    modules: host.modules.map((module, position) => planModule(module, [...path, "modules", position])),
    networks: networks.value,
    vms,
    guests: groupGuests(vms),
    importedVms: Object.entries(host.importedVms).map(([vmName, vm]) => planImported(vmName, vm, path)),
    stateDirectory: host.stateDirectory,
    startupTimeoutSeconds: host.startupTimeoutSeconds,
    useNotifySockets: host.useNotifySockets,
    enable: host.microvm.host?.enable ?? true,
  });
};

const planImported = (
  name: string,
  vm: HostModel["importedVms"][string],
  hostPath: ConfigPath,
): HostPlan["importedVms"][number] => ({
  path: [...hostPath, "importedVms", name],
  name,
  autostart: vm.autostart,
  restartIfChanged: vm.restartIfChanged,
  source: "flake" in vm ? { kind: "flake", input: vm.flake, updateFlake: vm.updateFlake ?? null } : planSystem(vm),
});

const planSystem = ({
  evaluatedConfig,
}: Extract<HostModel["importedVms"][string], { evaluatedConfig: unknown }>): ImportedSource => {
  if (typeof evaluatedConfig !== "string") return { kind: "nix", expr: evaluatedConfig };
  const [input, attribute] = splitReference(evaluatedConfig);
  return { kind: "input", input, attribute };
};

const explicitIdentifiers = (networks: readonly NetworkPlan[], drafts: readonly Draft[]): ReadonlySet<string> =>
  new Set([
    ...networks
      .flatMap((network) => [network.name, ...(network.kind === "bridge" ? network.ports : [])])
      .map(identifier.tap),
    ...drafts.flatMap(({ vm, links }) => [
      ...(vm.vsock !== false && vm.vsock.cid !== undefined ? [identifier.cid(vm.vsock.cid)] : []),
      ...links.flatMap((link) => {
        const { tap, mac } = writtenNames(link);
        return [
          ...(tap === undefined ? [] : [identifier.tap(tap)]),
          ...(mac === undefined ? [] : [identifier.mac(mac)]),
          ...link.addresses.map(({ value }) => identifier.address(value)),
        ];
      }),
    ]),
  ]);
