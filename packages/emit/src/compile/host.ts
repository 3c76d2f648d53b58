import type { ConfigPath, HostPlan, ImportedVmPlan, VmPlan } from "@microvm-emit/model";
import {
  attrs,
  binary,
  binding,
  type Binding,
  blankLine,
  comment,
  type Expr,
  formals,
  ident,
  inherit,
  lambda,
  list,
  path,
} from "@microvm-emit/nix-ast";
import { match } from "ts-pattern";
import type { NixFile } from "../file.js";
import { importPackageSets } from "./agents.js";
import { moduleWithin } from "./module.js";
import { compileNetwork } from "./network.js";
import { compileVmSecrets } from "./secrets.js";
import type { SharedModules } from "./shared-modules.js";
import { at, bindingAt, input } from "./terms.js";
import { compileVmState } from "./vm-state.js";

/** `hosts/NAME.nix`: the network of a host's VMs, what they need on the host, and the VMs. */
export const compileHost = (host: HostPlan, shared: SharedModules): NixFile => {
  const sets = importPackageSets(host);
  const specialArgs = binding("specialArgs", attrs([inherit("inputs", ...sets.map(({ name }) => name))]));
  const state = host.vms.flatMap((vm): Expr[] =>
    [compileVmState(vm, shared), compileVmSecrets(vm, shared)].flatMap((module) =>
      module === undefined ? [] : [at(vm.path, module)],
    ),
  );
  const module = moduleWithin(
    [...sets.map(({ binding: set }) => set), specialArgs],
    binding("imports", list([input("microvm", "nixosModules", "host"), ...state])),
    ...compileNetwork(host),
    ...compileHostOptions(host).map((option, position) => (position === 0 ? blankLine(option) : option)),
    ...(host.vms.length + host.importedVms.length === 0
      ? []
      : [
          blankLine(
            binding(
              ["microvm", "vms"],
              attrs([...host.vms.map((vm) => compileVm(host, vm)), ...host.importedVms.map(compileImported)]),
            ),
          ),
        ]),
  );
  return {
    kind: "nix",
    path: `hosts/${host.name}.nix`,
    expr: comment(lambda(formals(["inputs"]), module), {
      before: `The network and the microVMs of ${host.name}.`,
    }),
  };
};

/** How the host runs VMs, where that is not as microvm.nix has it. */
const compileHostOptions = (host: HostPlan): readonly Binding[] => [
  ...(host.enable
    ? []
    : [bindingAt([...host.path, "microvm", "host", "enable"], ["microvm", "host", "enable"], false)]),
  ...(host.stateDirectory === "/var/lib/microvms"
    ? []
    : [bindingAt([...host.path, "stateDirectory"], ["microvm", "stateDir"], host.stateDirectory)]),
  ...(host.startupTimeoutSeconds === 150
    ? []
    : [
        bindingAt(
          [...host.path, "startupTimeoutSeconds"],
          ["microvm", "host", "startupTimeout"],
          host.startupTimeoutSeconds,
        ),
      ]),
  ...(host.useNotifySockets
    ? [bindingAt([...host.path, "useNotifySockets"], ["microvm", "host", "useNotifySockets"], true)]
    : []),
];

const compileImported = ({ path: origin, name, autostart, restartIfChanged, source }: ImportedVmPlan): Binding =>
  bindingAt(
    origin,
    name,
    attrs([
      bindingAt([...origin, "autostart"], "autostart", autostart),
      bindingAt([...origin, "restartIfChanged"], "restartIfChanged", restartIfChanged),
      ...compileSource(source, origin),
    ]),
  );

const compileSource = (source: ImportedVmPlan["source"], origin: ConfigPath): readonly Binding[] =>
  match(source)
    .with({ kind: "flake" }, ({ input: name, updateFlake }) => [
      bindingAt([...origin, "flake"], "flake", input(name)),
      ...(updateFlake === null ? [] : [bindingAt([...origin, "updateFlake"], "updateFlake", updateFlake)]),
    ])
    .with({ kind: "input" }, ({ input: name, attribute }) => [
      bindingAt([...origin, "evaluatedConfig"], "evaluatedConfig", input(name, ...attribute)),
    ])
    .with({ kind: "nix" }, ({ expr }) => [bindingAt([...origin, "evaluatedConfig"], "evaluatedConfig", expr)])
    .exhaustive();

const compileVm = (host: HostPlan, vm: VmPlan): Binding =>
  bindingAt(
    vm.path,
    vm.name,
    attrs([
      compileSpecialArgs(vm),
      bindingAt([...vm.path, "autostart"], "autostart", vm.autostart),
      bindingAt([...vm.path, "restartIfChanged"], "restartIfChanged", vm.restartIfChanged),
      ...(vm.pkgs === undefined ? [] : [bindingAt([...vm.path, "pkgs"], "pkgs", vm.pkgs)]),
      ...(vm.nixpkgs === null ? [] : [bindingAt([...vm.path, "nixpkgs"], "nixpkgs", input(vm.nixpkgs))]),
      binding(["config", "imports"], list([path(`../guests/${host.name}/${vm.name}.nix`)])),
    ]),
  );

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
