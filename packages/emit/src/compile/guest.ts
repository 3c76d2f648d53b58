import { formatAddress, type GroupPlan, type HostPlan, type InterfacePlan, type VmPlan } from "@microvm-emit/model";
import { attrs, binding, type Binding, blankLine, comment, type Expr, list, path, str } from "@microvm-emit/nix-ast";
import type { NixFile } from "../file.js";
import * as modules from "./guest-modules.js";
import { compileHardware, compileShare, compileVolume } from "./hardware.js";
import { compileHome, homeManager } from "./home.js";
import type { Relocate } from "./locations.js";
import { moduleOf } from "./module.js";
import { credentialFiles, secretsKey, secretsModule } from "./secrets.js";
import type { SharedModules } from "./shared-modules.js";
import { at, bindingAt, importModule, packageFrom } from "./terms.js";

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
          list([
            ...importShared(vm, shared),
            ...vm.modules.map((module, position) =>
              importModule(module, relocate, 2, [...vm.path, "modules", position]),
            ),
          ]),
        ),
        blankLine(bindingAt(vm.path, "networking", compileNetworking(vm))),
        ...vm.interfaces.map((link, position) => compileLink(link, position, vm)),
        ...(vm.packages.length === 0
          ? []
          : [blankLine(bindingAt([...vm.path, "packages"], ["environment", "systemPackages"], packagesOf(vm)))]),
        ...vm.users.flatMap((user) => compileHome(user, vm, shared, relocate)).map(blankLine),
        blankLine(bindingAt(vm.path, "microvm", compileMachine(vm))),
        blankLine(bindingAt([...vm.path, "stateVersion"], ["system", "stateVersion"], vm.stateVersion)),
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
  const agentPath = [...vm.path, "agent"];
  return [
    use("base", null, modules.base),
    ...(vm.sshHostKeys === null ? [] : [use("ssh-host-keys", null, modules.sshHostKeys)]),
    ...(writableStoreOverlay === null
      ? []
      : [use("writable-store", writableStoreOverlay, () => modules.writableStore(writableStoreOverlay))]),
    ...vm.users.map((user) => {
      const { path: _, home, ...account } = user;
      const key = [account, home.some(({ kind }) => kind === "zsh")];
      return at(
        user.path,
        use(`user-${user.name}`, key, () => modules.user(user)),
      );
    }),
    ...(groups.length === 0 ? [] : [use("groups", groups, () => modules.groups(groups))]),
    ...(vm.users.some(({ home }) => home.length > 0) ? [use("home-manager", null, homeManager)] : []),
    ...(agent === null
      ? []
      : [
          at(
            agentPath,
            use(agent.name, [agent, agent.state?.copiedFrom == null ? null : vm.users[0].name], () =>
              at(agentPath, modules.agent(agent, vm.users[0].name)),
            ),
          ),
        ]),
    ...(vm.secrets.length === 0
      ? []
      : [
          at(
            [...vm.path, "secrets"],
            use("secrets", secretsKey(vm), () => secretsModule(vm.secrets, vm.users[0])),
          ),
        ]),
    ...vm.toolchains.map((toolchain, position) => {
      const origin = [...vm.path, "toolchains", position];
      return at(
        origin,
        use(toolchain.name, toolchain, () => at(origin, modules.toolchain(toolchain))),
      );
    }),
  ];
};

/** The groups that are no user's own, without their places in the config. */
const otherGroups = ({ groups, users }: VmPlan): readonly Omit<GroupPlan, "path">[] =>
  groups.filter(({ name }) => users.every(({ group }) => group !== name)).map(({ name, gid }) => ({ name, gid }));

const packagesOf = ({ path: origin, packages }: VmPlan): Expr =>
  list(packages.map((plan, position) => at([...origin, "packages", position], packageFrom("pkgs", plan))));

const compileNetworking = ({ path: origin, name, nameservers, firewall }: VmPlan): Expr =>
  attrs([
    bindingAt(origin, "hostName", name),
    bindingAt([...origin, "nameservers"], "nameservers", nameservers),
    bindingAt([...origin, "firewall"], ["firewall", "enable"], firewall.enable),
    ...(firewall.allowedTCPPorts.length === 0
      ? []
      : [
          bindingAt(
            [...origin, "firewall", "allowedTCPPorts"],
            ["firewall", "allowedTCPPorts"],
            firewall.allowedTCPPorts,
          ),
        ]),
    ...(firewall.allowedUDPPorts.length === 0
      ? []
      : [
          bindingAt(
            [...origin, "firewall", "allowedUDPPorts"],
            ["firewall", "allowedUDPPorts"],
            firewall.allowedUDPPorts,
          ),
        ]),
  ]);

/** The only interface is found by what kernels call it, several by their MACs; the first one leads out. */
const compileLink = (link: InterfacePlan, position: number, { interfaces }: VmPlan): Binding =>
  bindingAt(
    link.address.path,
    ["systemd", "network", "networks", position === 0 ? "10-e" : `10-e${String(position)}`],
    attrs([
      interfaces.length === 1
        ? binding(["matchConfig", "Name"], "e*")
        : bindingAt(link.mac.path, ["matchConfig", "MACAddress"], link.mac.value),
      binding("addresses", [{ Address: `${formatAddress(link.address.value)}/${String(link.subnet.prefixLength)}` }]),
      ...(position === 0 ? [binding("routes", [{ Gateway: formatAddress(link.subnet.gateway) }])] : []),
    ]),
  );

const compileMachine = (vm: VmPlan): Expr =>
  attrs([
    bindingAt([...vm.path, "hypervisor"], "hypervisor", vm.hypervisor),
    bindingAt([...vm.path, "vcpu"], "vcpu", vm.vcpu),
    bindingAt([...vm.path, "memoryMiB"], "mem", vm.memoryMiB),
    bindingAt([...vm.path, "socket"], "socket", vm.socket),
    ...(vm.vsockCid === null ? [] : [bindingAt(vm.vsockCid.path, ["vsock", "cid"], vm.vsockCid.value)]),
    bindingAt(
      [...vm.path, "interfaces"],
      "interfaces",
      vm.interfaces.map(({ tap, mac }) => ({
        type: "tap",
        id: at(tap.path, str(tap.value)),
        mac: at(mac.path, str(mac.value)),
      })),
    ),
    ...credentialFiles(vm),
    bindingAt([...vm.path, "shares"], "shares", vm.shares.map(compileShare)),
    bindingAt([...vm.path, "volumes"], "volumes", vm.volumes.map(compileVolume)),
    ...compileHardware(vm),
  ]);
