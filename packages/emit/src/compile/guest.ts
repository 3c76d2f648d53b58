import { formatAddress, type GroupPlan, type HostPlan, type InterfacePlan, type VmPlan } from "@microvm-emit/model";
import { attrs, binding, type Binding, blankLine, comment, type Expr, list, path } from "@microvm-emit/nix-ast";
import type { NixFile } from "../file.js";
import * as modules from "./guest-modules.js";
import { compileHome, homeManager } from "./home.js";
import type { Relocate } from "./locations.js";
import { moduleOf } from "./module.js";
import type { SharedModules } from "./shared-modules.js";
import { importModule, packages } from "./terms.js";

/** `guests/HOST/NAME.nix`: who the guest is, what it is made of, and the modules that it shares with others. */
export const compileGuest = (host: HostPlan, vm: VmPlan, shared: SharedModules, relocate: Relocate): NixFile => {
  const [first] = vm.interfaces;
  return {
    kind: "nix",
    path: `guests/${host.name}/${vm.name}.nix`,
    expr: comment(
      moduleOf(
        binding(
          "imports",
          list([...importShared(vm, shared), ...vm.modules.map((module) => importModule(module, relocate, 2))]),
        ),
        blankLine(binding("networking", compileNetworking(vm))),
        ...vm.interfaces.map((link, position) => compileLink(link, position, vm)),
        ...(vm.packages.length === 0
          ? []
          : [blankLine(binding(["environment", "systemPackages"], packages(vm.packages)))]),
        ...vm.users.flatMap((user) => compileHome(user, vm, shared, relocate)).map(blankLine),
        blankLine(binding("microvm", compileHardware(vm))),
        blankLine(binding(["system", "stateVersion"], vm.stateVersion)),
      ),
      { before: `The microVM ${vm.name} of ${host.name}, at ${formatAddress(first.address.value)}.` },
    ),
  };
};

const importShared = (vm: VmPlan, shared: SharedModules): readonly Expr[] => {
  const use = (name: string, key: unknown, make: () => Expr): Expr =>
    path(`../../modules/${shared.use(name, key, make)}`);
  const { agent, writableStoreOverlay } = vm;
  const groups = otherGroups(vm);
  return [
    use("base", null, modules.base),
    ...(vm.sshHostKeys === null ? [] : [use("ssh-host-keys", null, modules.sshHostKeys)]),
    ...(writableStoreOverlay === null
      ? []
      : [use("writable-store", writableStoreOverlay, () => modules.writableStore(writableStoreOverlay))]),
    ...vm.users.map((user) => {
      const { path: _, home, ...account } = user;
      return use(`user-${user.name}`, [account, home.some(({ kind }) => kind === "zsh")], () => modules.user(user));
    }),
    ...(groups.length === 0 ? [] : [use("groups", groups, () => modules.groups(groups))]),
    ...(vm.users.some(({ home }) => home.length > 0) ? [use("home-manager", null, homeManager)] : []),
    ...(agent === null ? [] : [use(agent.name, agent, () => modules.agent(agent))]),
    ...vm.toolchains.map((toolchain) => use(toolchain.name, toolchain, () => modules.toolchain(toolchain))),
  ];
};

/** The groups that are no user's own, without their places in the config. */
const otherGroups = ({ groups, users }: VmPlan): readonly Omit<GroupPlan, "path">[] =>
  groups.filter(({ name }) => users.every(({ group }) => group !== name)).map(({ name, gid }) => ({ name, gid }));

const compileNetworking = ({ name, nameservers, firewall }: VmPlan): Expr =>
  attrs([
    binding("hostName", name),
    binding("nameservers", nameservers),
    binding(["firewall", "enable"], firewall.enable),
    ...(firewall.allowedTCPPorts.length === 0
      ? []
      : [binding(["firewall", "allowedTCPPorts"], firewall.allowedTCPPorts)]),
    ...(firewall.allowedUDPPorts.length === 0
      ? []
      : [binding(["firewall", "allowedUDPPorts"], firewall.allowedUDPPorts)]),
  ]);

/** The only interface is found by what kernels call it, several by their MACs; the first one leads out. */
const compileLink = (link: InterfacePlan, position: number, { interfaces }: VmPlan): Binding =>
  binding(
    ["systemd", "network", "networks", position === 0 ? "10-e" : `10-e${String(position)}`],
    attrs([
      interfaces.length === 1
        ? binding(["matchConfig", "Name"], "e*")
        : binding(["matchConfig", "MACAddress"], link.mac.value),
      binding("addresses", [{ Address: `${formatAddress(link.address.value)}/${String(link.subnet.prefixLength)}` }]),
      ...(position === 0 ? [binding("routes", [{ Gateway: formatAddress(link.subnet.gateway) }])] : []),
    ]),
  );

const compileHardware = (vm: VmPlan): Expr =>
  attrs([
    binding("hypervisor", vm.hypervisor),
    binding("vcpu", vm.vcpu),
    binding("mem", vm.memoryMiB),
    binding("socket", vm.socket),
    ...(vm.vsockCid === null ? [] : [binding(["vsock", "cid"], vm.vsockCid.value)]),
    binding(
      "interfaces",
      vm.interfaces.map(({ tap, mac }) => ({ type: "tap", id: tap.value, mac: mac.value })),
    ),
    binding(
      "shares",
      vm.shares.map(({ proto, tag, source, mountPoint, readOnly }) => ({
        proto,
        tag: tag.value,
        source,
        mountPoint: mountPoint.value,
        readOnly: readOnly || undefined,
      })),
    ),
    binding(
      "volumes",
      vm.volumes.map(({ image, mountPoint, sizeMiB, fsType, readOnly }) => ({
        image,
        mountPoint: mountPoint?.value,
        size: sizeMiB,
        fsType: fsType === "ext4" ? undefined : fsType,
        readOnly: readOnly || undefined,
      })),
    ),
  ]);
