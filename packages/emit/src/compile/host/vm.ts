import type {
  ForwardEndPlan,
  GuestPlan,
  HostPlan,
  InterfacePlan,
  LimitsPlan,
  SecretPlan,
  VmPlan,
} from "@microvm-emit/model";
import { readsOptions } from "@microvm-emit/model/internal";
import {
  attrs,
  binding,
  type Binding,
  blankLine,
  comment,
  type Expr,
  list,
  path,
  type NixInput,
  str,
  toNix,
} from "@microvm-emit/nix-ast";
import { foldersNamedFor } from "../../folders-named-for.js";
import type { NixFile } from "../../output-file.js";
import { compileGuest } from "../guest/guest.js";
import { compileMachine, compileShare, compileVolume } from "../guest/hardware.js";
import type { Relocate } from "../locations.js";
import { vmModule } from "../module.js";
import { compilePolicy } from "./policy.js";
import type { SharedModules } from "../shared-modules.js";
import { vmFile } from "../host-files.js";
import { at, bindingAt, input, setAt, setsAt } from "../terms.js";

/**
 * `hosts/HOST/vms/NAME.nix`: the settings of a VM that it does not share with other VMs, and the definition of its
 * guest if it is the first VM of the guest.
 */
export const compileVm = (
  host: HostPlan,
  guest: GuestPlan,
  vm: VmPlan,
  shared: SharedModules,
  relocate: Relocate,
): NixFile => {
  const own = compileOptions(host, guest, vm);
  const options =
    guest.own === null
      ? own
      : [...own, blankLine(bindingAt(vm.path, "config", compileGuest(guest, vm, shared, relocate)))];
  const guests =
    guest.own === null && guest.name === vm.name
      ? [setAt(vm.path, guest.name, compileGuestOptions(vm, path(`../guests/${guest.name}.nix`)))]
      : [];
  const vms = setAt(vm.path, "vms", [bindingAt(vm.path, vm.name, attrs(options))]);
  const body = setAt(vm.path, "microvm-emit", [
    ...setsAt(vm.path, "guests", guests),
    guests.length === 0 ? vms : blankLine(vms),
  ]);
  return {
    kind: "nix",
    path: vmFile(host, vm),
    expr: comment(vmModule([...own, ...guests], [body]), { before: titleOf(host, vm) }),
  };
};

const titleOf = (host: HostPlan, { name, network: { interfaces } }: VmPlan): string => {
  const [address] = interfaces.flatMap(({ addresses }) => addresses);
  return `The microVM ${name} of ${host.name}${address === undefined ? "" : `, at ${address.value}`}.`;
};

/** The options below `microvm-emit.vms.NAME`. */
const compileOptions = (host: HostPlan, guest: GuestPlan, vm: VmPlan): readonly Binding[] => {
  const { machine, network, storage } = vm;
  return [
    ...compilePolicy(vm),
    ...compileRenamed(host, vm),
    ...many(vm, "interfaces", network.interfaces.map(compileInterface)),
    ...many(vm, "nameservers", network.nameservers),
    ...(machine.vsockCid === null ? [] : [bindingAt(machine.vsockCid.path, "vsockCid", machine.vsockCid.value)]),
    ...given(vm, "socket", machine.socket, "control.socket"),
    ...given(vm, "autostart", vm.autostart, false),
    ...given(vm, "restartIfChanged", vm.restartIfChanged, false),
    ...given(vm, "sshHostKeys", storage.sshHostKeys, null),
    ...(storage.shares.some(({ role }) => role === "store")
      ? []
      : [bindingAt([...vm.path, "store"], "shareStore", false)]),
    ...many(vm, "shares", storage.shares.filter(({ role }) => isWritten.has(role)).map(compileShare)),
    ...many(vm, "volumes", storage.volumes.map(compileVolume)),
    ...compileRepository(vm),
    ...given(vm, "writableStoreOverlay", storage.writableStoreOverlay, "/nix/.rw-store"),
    ...set(
      vm,
      "keys",
      vm.keys.map(({ path: origin, provider, file, requestsPerMinute }) =>
        bindingAt(
          origin,
          provider,
          requestsPerMinute === null
            ? file
            : attrs([binding("file", file), binding("requestsPerMinute", requestsPerMinute)]),
        ),
      ),
    ),
    ...set(vm, "secrets", vm.secrets.map(compileSecret)),
    ...set(vm, "environment", recordOf(vm, "environment", vm.guest.environment)),
    ...(machine.machineId === undefined ? [] : [bindingAt([...vm.path, "machineId"], "machineId", machine.machineId)]),
    ...set(vm, "limits", compileLimits(vm)),
    ...(guest.own === null ? [binding("guest", guest.name)] : [...compileSpecialArgs(vm), ...compilePackageSet(vm)]),
    ...set(vm, "microvm", [
      ...(guest.own === null && !readsOptions(vm) ? compileMachine(vm) : []),
      ...compileRunner(vm),
    ]),
  ];
};

/** Roles of the shares that the config writes; the library derives the others from options. */
const isWritten: ReadonlySet<string> = new Set(["agent", "workspace", "own"]);

/** Binds a library option, unless it has its default. */
const given = (vm: VmPlan, option: string, value: NixInput, fallback: NixInput): readonly Binding[] =>
  value === fallback ? [] : [bindingAt([...vm.path, option], option, value)];

const many = (vm: VmPlan, option: string, items: readonly NixInput[]): readonly Binding[] =>
  items.length === 0 ? [] : [bindingAt([...vm.path, option], option, list(items))];

const set = (vm: VmPlan, option: string, bindings: readonly Binding[]): readonly Binding[] =>
  setsAt([...vm.path, option], option, bindings);

const recordOf = (vm: VmPlan, setting: string, record: Readonly<Record<string, NixInput>>): readonly Binding[] =>
  Object.entries(record).map(([name, value]) => bindingAt([...vm.path, setting, name], name, value));

const compileRepository = ({ path: origin, storage: { repository } }: VmPlan): readonly Binding[] =>
  repository === null
    ? []
    : [
        setAt([...origin, "workspace"], "repository", [
          ...(repository.mountPoint.value === "/workspace"
            ? []
            : [bindingAt(repository.mountPoint.path, "mountPoint", repository.mountPoint.value)]),
          ...(repository.clone === null ? [] : [bindingAt(repository.clone.path, "clone", repository.clone.value)]),
        ]),
      ];

/** The former name, and the parent folders of folders with this name. The library adds the state folder. */
const compileRenamed = ({ stateDirectory }: HostPlan, vm: VmPlan): readonly Binding[] => {
  if (vm.renamedFrom === null) return [];
  const folders = foldersNamedFor(stateDirectory, vm).slice(1).map(dirname);
  return setsAt([...vm.path, "renamedFrom"], "renamed", [
    binding("from", vm.renamedFrom),
    ...(folders.length === 0 ? [] : [binding("folders", list(folders))]),
  ]);
};

/** The folder of a path, which is absolute. */
const dirname = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

const compileInterface = (link: InterfacePlan): Expr =>
  at(
    link.path,
    toNix({
      type: link.type === "tap" ? undefined : link.type,
      id: at(link.id.path, str(link.id.value)),
      mac: at(link.mac.path, str(link.mac.value)),
      bridge: link.network === null || link.network.kind === "routed" ? undefined : link.network.name,
      macvtap: link.type === "macvtap" ? { link: link.link, mode: link.mode } : undefined,
      addresses:
        link.addresses.length === 0
          ? undefined
          : link.addresses.map(({ value, path, subnet }) => at(path, str(`${value}/${String(subnet.prefixLength)}`))),
      dhcp: link.dhcp ? true : undefined,
      gateways: gatewaysOf(link),
      vhost: link.type === "tap" && link.vhost ? true : undefined,
    }),
  );

/** The routers of an interface, if they differ from its network's. */
const gatewaysOf = ({ addresses, dhcp, network }: InterfacePlan): NixInput | undefined => {
  const own = addresses.filter(({ subnet }) => !(dhcp && subnet.family === 4)).map(({ subnet }) => subnet);
  const routers = own.flatMap(({ gateway }) => (gateway === null ? [] : [gateway.value]));
  const isOfNetwork = network !== null && own.every((subnet) => network.subnets.includes(subnet));
  return isOfNetwork || (network === null && routers.length === 0) ? undefined : routers;
};

const compileSecret = ({ path: origin, name, file, variable }: SecretPlan): Binding =>
  setAt(origin, name, [
    bindingAt(origin, "file", file),
    ...(variable === null ? [] : [bindingAt(origin, "variable", variable)]),
  ]);

const compileLimits = ({ path: origin, machine: { limits } }: VmPlan): readonly Binding[] =>
  (Object.entries(limits) as [keyof LimitsPlan, number | null][]).flatMap(([limit, value]) =>
    value === null ? [] : [bindingAt([...origin, "limits", limit], limit, value)],
  );

/** The microvm.nix options of one VM that do not change its NixOS. */
const compileRunner = (vm: VmPlan): readonly Binding[] => [
  ...set(vm, "credentialFiles", recordOf(vm, "credentialFiles", vm.machine.credentialFiles)),
  ...many(
    vm,
    "forwardPorts",
    vm.network.forwardPorts.map(({ path: origin, from, proto, host, guest }) =>
      at(origin, toNix({ from, proto, host: forwardEnd(host), guest: forwardEnd(guest) })),
    ),
  ),
];

const forwardEnd = ({ address, port }: ForwardEndPlan): NixInput => ({ address: address ?? undefined, port });

const compilePackageSet = (vm: VmPlan): readonly Binding[] =>
  setsAt(vm.path, "packageSet", [
    ...(vm.guest.pkgs === undefined ? [] : [bindingAt([...vm.path, "pkgs"], "pkgs", vm.guest.pkgs)]),
    ...(vm.guest.nixpkgs === null ? [] : [bindingAt([...vm.path, "nixpkgs"], "nixpkgs", input(vm.guest.nixpkgs))]),
  ]);

/** Module arguments of a guest. */
const compileSpecialArgs = (vm: VmPlan): readonly Binding[] =>
  set(vm, "specialArgs", recordOf(vm, "specialArgs", vm.guest.specialArgs));

/** The options of a shared guest below `microvm-emit.guests.NAME` on the host. */
const compileGuestOptions = (vm: VmPlan, config: Expr): readonly Binding[] => [
  ...compileSpecialArgs(vm),
  ...compilePackageSet(vm),
  bindingAt(vm.path, "config", config),
];
