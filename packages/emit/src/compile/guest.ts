import {
  formatSubnet,
  type ForwardEndPlan,
  type GroupPlan,
  type HostPlan,
  type InterfacePlan,
  type Subnet,
  type VmPlan,
} from "@microvm-emit/model";
import {
  attrs,
  binding,
  type Binding,
  blankLine,
  comment,
  type Expr,
  list,
  type NixInput,
  path,
  str,
  toNix,
} from "@microvm-emit/nix-ast";
import type { NixFile } from "../file.js";
import * as modules from "./guest-modules.js";
import { compileHardware, compileShare, compileVolume } from "./hardware.js";
import { compileHome, homeManager } from "./home.js";
import type { Relocate } from "./locations.js";
import { moduleOf } from "./module.js";
import { hostRoute } from "./network.js";
import { credentialFiles, secretsKey, secretsModule } from "./secrets.js";
import type { SharedModules } from "./shared-modules.js";
import { at, bindingAt, importModule, packageFrom } from "./terms.js";

/** `guests/HOST/NAME.nix`: who the guest is, what it is made of, and the modules that it shares with others. */
export const compileGuest = (host: HostPlan, vm: VmPlan, shared: SharedModules, relocate: Relocate): NixFile => {
  const [address] = vm.interfaces.flatMap(({ addresses }) => addresses);
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
      {
        before: `The microVM ${vm.name} of ${host.name}${address === undefined ? "" : `, at ${address.value}`}.`,
      },
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
const compileLink = (link: InterfacePlan, position: number, { interfaces }: VmPlan): Binding => {
  const isFirst = position === 0;
  const fixed = link.addresses.filter(({ subnet }) => !(link.dhcp && subnet.family === 4));
  const routes = fixed.flatMap(({ subnet }) => routesBy(subnet, link, isFirst));
  return bindingAt(
    fixed[0]?.path ?? link.path,
    ["systemd", "network", "networks", isFirst ? "10-e" : `10-e${String(position)}`],
    attrs([
      interfaces.length === 1
        ? binding(["matchConfig", "Name"], "e*")
        : bindingAt(link.mac.path, ["matchConfig", "MACAddress"], link.mac.value),
      ...(link.dhcp ? [binding(["networkConfig", "DHCP"], "ipv4")] : []),
      ...compileDhcpClient(link, isFirst),
      ...(fixed.length === 0
        ? []
        : [
            binding(
              "addresses",
              list(
                fixed.map(({ value, subnet, path: origin }) =>
                  at(origin, attrs({ Address: `${value}/${String(prefixIn(link, subnet))}` })),
                ),
              ),
            ),
          ]),
      ...(routes.length === 0 ? [] : [binding("routes", routes)]),
    ]),
  );
};

const compileDhcpClient = ({ dhcp, addresses }: InterfacePlan, leadsOut: boolean): readonly Binding[] => {
  if (!dhcp) return [];
  const isLeased = addresses.some(({ subnet }) => subnet.family === 4);
  return [
    ...(isLeased
      ? [
          comment(binding(["dhcpV4Config", "ClientIdentifier"], "mac"), {
            before: "The host's server knows its guests by their MAC addresses.",
          }),
        ]
      : []),
    ...(leadsOut ? [] : [binding(["dhcpV4Config", "UseGateway"], false)]),
  ];
};

/** In a routed network, a guest is alone on its link: everyone else is behind the host. */
const isRouted = ({ network }: InterfacePlan): boolean => network?.kind === "routed";

const prefixIn = (link: InterfacePlan, subnet: Subnet): number =>
  isRouted(link) ? hostRoute(subnet) : subnet.prefixLength;

const routesBy = (
  subnet: Subnet,
  link: InterfacePlan,
  leadsOut: boolean,
): readonly Readonly<Record<string, NixInput>>[] => {
  if (subnet.gateway === null) return [];
  const gateway = { Gateway: subnet.gateway.value };
  if (!isRouted(link)) return leadsOut ? [gateway] : [];
  return [{ ...(leadsOut ? {} : { Destination: formatSubnet(subnet) }), ...gateway, GatewayOnLink: true }];
};

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
      vm.interfaces.map((link) =>
        at(
          link.path,
          toNix({
            type: link.type,
            id: at(link.id.path, str(link.id.value)),
            mac: at(link.mac.path, str(link.mac.value)),
            bridge: link.type === "bridge" ? link.network.name : undefined,
            macvtap: link.type === "macvtap" ? { link: link.link, mode: link.mode } : undefined,
            tap: link.type === "tap" && link.vhost ? { vhost: true } : undefined,
          }),
        ),
      ),
    ),
    ...credentialFiles(vm),
    ...(vm.forwardPorts.length === 0
      ? []
      : [
          bindingAt(
            [...vm.path, "forwardPorts"],
            "forwardPorts",
            vm.forwardPorts.map(({ path: origin, from, proto, host, guest }) =>
              at(origin, toNix({ from, proto, host: forwardEnd(host), guest: forwardEnd(guest) })),
            ),
          ),
        ]),
    bindingAt([...vm.path, "shares"], "shares", vm.shares.map(compileShare)),
    bindingAt([...vm.path, "volumes"], "volumes", vm.volumes.map(compileVolume)),
    ...compileHardware(vm),
  ]);

const forwardEnd = ({ address, port }: ForwardEndPlan): NixInput => ({ address: address ?? undefined, port });
