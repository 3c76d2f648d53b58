import type { HostPlan, VmPlan } from "@microvm-emit/model";
import {
  attrs,
  binding,
  type Binding,
  blankLine,
  comment,
  type Expr,
  formals,
  inherit,
  lambda,
  list,
  path,
} from "@microvm-emit/nix-ast";
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
    ...(host.vms.length === 0
      ? []
      : [blankLine(binding(["microvm", "vms"], attrs(host.vms.map((vm) => compileVm(host, vm)))))]),
  );
  return {
    kind: "nix",
    path: `hosts/${host.name}.nix`,
    expr: comment(lambda(formals(["inputs"]), module), {
      before: `The network and the microVMs of ${host.name}.`,
    }),
  };
};

const compileVm = (host: HostPlan, vm: VmPlan): Binding =>
  bindingAt(
    vm.path,
    vm.name,
    attrs([
      inherit("specialArgs"),
      bindingAt([...vm.path, "autostart"], "autostart", vm.autostart),
      bindingAt([...vm.path, "restartIfChanged"], "restartIfChanged", vm.restartIfChanged),
      binding(["config", "imports"], list([path(`../guests/${host.name}/${vm.name}.nix`)])),
    ]),
  );
