import {
  type ForwardEndPlan,
  type GuestPlan,
  type HostPlan,
  ownShares,
  readsOptions,
  type VmPlan,
} from "@microvm-emit/model";
import {
  attrs,
  binary,
  binding,
  type Binding,
  blankLine,
  call,
  comment,
  type Expr,
  ident,
  inherit,
  list,
  type NixInput,
  path,
  select,
  str,
  toNix,
} from "@microvm-emit/nix-ast";
import { compileMachine, compileOwnVolume, compileShare } from "./hardware.js";
import { guestFile } from "./guest.js";
import { compileLinkFile } from "./link.js";
import { credentialFiles } from "./secrets.js";
import { defineSquash } from "./squash.js";
import { at, bindingAt, input, setAt } from "./terms.js";

/** What a host's file defines for `microvm.vms`: the guests that VMs may share, and how these become VMs. */
export const compileGuests = (host: HostPlan): readonly Binding[] => {
  const guests = host.guests.filter(({ own }) => own === null);
  if (guests.length === 0) return [];
  const library = (name: string, ...given: [string, ...string[]]): Expr =>
    call(ident("import"), path(`../lib/${name}.nix`), attrs([inherit(...given)]));
  return [
    blankLine(binding("evaluateGuest", library("evaluate-guest", "inputs", "pkgs"))),
    binding("startVm", library("start-vm", "inputs", "lib")),
    ...compileSquash(host, guests),
    comment(
      binding(
        "guests",
        call(
          select(ident("builtins"), "mapAttrs"),
          ident("evaluateGuest"),
          attrs(guests.map((guest) => compileGuestArguments(host, guest))),
        ),
      ),
      {
        before: "Each is evaluated once, however many VMs it has.",
      },
    ),
  ];
};

/** What the shares that VMs of these guests have for themselves need. */
const compileSquash = ({ vms }: HostPlan, guests: readonly GuestPlan[]): readonly Binding[] => {
  const names = new Set(guests.flatMap((guest) => guest.vms));
  const sharing = vms.filter(({ name }) => names.has(name));
  return sharing.slice(0, 1).flatMap(({ users: [user] }) => defineSquash(sharing.flatMap(ownShares), user, 1));
};

const compileGuestArguments = (host: HostPlan, guest: GuestPlan): Binding => {
  const vm = firstVm(host, guest);
  return bindingAt(
    vm.path,
    guest.name,
    attrs([
      compileSpecialArgs(vm),
      binding("modules", list([path(`../${guestFile(host, vm)}`)])),
      ...compilePackageSet(vm),
    ]),
  );
};

/** The VM whose config a guest is made of; the others say the same. */
export const firstVm = (host: HostPlan, { vms: [name] }: GuestPlan): VmPlan => {
  const vm = host.vms.find((other) => other.name === name);
  if (vm === undefined) throw new Error(`There is no VM ${name}.`);
  return vm;
};

/** An attribute of `microvm.vms`. */
export const compileVm = (host: HostPlan, vm: VmPlan): Binding =>
  bindingAt(
    vm.path,
    vm.name,
    attrs([
      bindingAt([...vm.path, "autostart"], "autostart", vm.autostart),
      bindingAt([...vm.path, "restartIfChanged"], "restartIfChanged", vm.restartIfChanged),
      ...compileSystem(host, vm),
    ]),
  );

const compileSystem = (host: HostPlan, vm: VmPlan): readonly Binding[] => {
  const guest = host.guests.find(({ vms }) => vms.includes(vm.name));
  return guest?.own === null
    ? [binding("evaluatedConfig", call(ident("startVm"), compileIdentity(guest, vm)))]
    : [
        compileSpecialArgs(vm),
        ...compilePackageSet(vm),
        binding(["config", "imports"], list([path(`../${guestFile(host, vm)}`)])),
      ];
};

/** What a VM is beside its guest. */
const compileIdentity = (guest: GuestPlan, vm: VmPlan): Expr => {
  const shares = ownShares(vm);
  const volumes = vm.volumes.flatMap(compileOwnVolume);
  const variables = Object.entries(vm.environment);
  return attrs([
    binding("name", vm.name),
    binding("guest", select(ident("guests"), guest.name)),
    binding(
      "microvm",
      attrs([
        ...(readsOptions(vm) ? [] : compileMachine(vm)),
        ...compileOwnOptions(vm),
        ...(shares.length === 0 ? [] : [bindingAt([...vm.path, "shares"], "shares", shares.map(compileShare))]),
      ]),
    ),
    ...(volumes.length === 0 ? [] : [setAt([...vm.path, "volumes"], "volumes", volumes)]),
    ...(vm.interfaces.length === 0
      ? []
      : [
          setAt(
            [...vm.path, "interfaces"],
            "networks",
            vm.interfaces.map((link, position) => compileLinkFile(link, position, vm)),
          ),
        ]),
    ...(variables.length === 0
      ? []
      : [
          setAt(
            [...vm.path, "environment"],
            "environment",
            variables.map(([name, value]) => bindingAt([...vm.path, "environment", name], name, value)),
          ),
        ]),
    ...(vm.machineId === undefined ? [] : [bindingAt([...vm.path, "machineId"], "machineId", vm.machineId)]),
  ]);
};

/** Options of microvm.nix that are a VM's own, whatever its guest is. */
export const compileOwnOptions = (vm: VmPlan): readonly Binding[] => [
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
];

const forwardEnd = ({ address, port }: ForwardEndPlan): NixInput => ({ address: address ?? undefined, port });

const compilePackageSet = (vm: VmPlan): readonly Binding[] => [
  ...(vm.pkgs === undefined ? [] : [bindingAt([...vm.path, "pkgs"], "pkgs", vm.pkgs)]),
  ...(vm.nixpkgs === null ? [] : [bindingAt([...vm.path, "nixpkgs"], "nixpkgs", input(vm.nixpkgs))]),
];

/** What all guests are handed, and what this one is besides. */
const compileSpecialArgs = ({ path: origin, specialArgs }: VmPlan): Binding =>
  Object.keys(specialArgs).length === 0
    ? inherit("specialArgs")
    : bindingAt(
        [...origin, "specialArgs"],
        "specialArgs",
        binary(
          ident("specialArgs"),
          "//",
          attrs(
            Object.entries(specialArgs).map(([name, value]) =>
              bindingAt([...origin, "specialArgs", name], name, value),
            ),
          ),
        ),
      );
