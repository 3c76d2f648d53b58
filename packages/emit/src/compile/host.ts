import type { ConfigPath, HostPlan, ImportedVmPlan } from "@microvm-emit/model";
import {
  attrs,
  binding,
  type Binding,
  blankLine,
  call,
  comment,
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
import { compileHostUser, defineHostUser } from "./host-user.js";
import { microvmHost } from "./microvm-host.js";
import { moduleWithin } from "./module.js";
import { compileExistingBridges, compileNetwork, compileNetworkd } from "./network.js";
import { compilePolicy } from "./policy.js";
import { compileVmSecrets } from "./secrets.js";
import type { SharedModules } from "./shared-modules.js";
import { bindingAt, input } from "./terms.js";
import { compileGuests, compileVm } from "./vm.js";
import { compileVmState } from "./vm-state.js";
import { compileVmUnits } from "./vm-units.js";

/** `hosts/NAME.nix`: the network of a host's VMs, what they need on the host, their guests, and the VMs. */
export const compileHost = (host: HostPlan, shared: SharedModules): NixFile => {
  const sets = importPackageSets(host);
  const user = defineHostUser(host);
  const specialArgs = binding(
    "specialArgs",
    attrs([inherit("inputs", ...sets.map(({ name }) => name), ...user.map(() => "hostUser"))]),
  );
  const module = moduleWithin(
    [...sets.map(({ binding: set }) => set), ...user, specialArgs, ...compileGuests(host)],
    binding(
      "imports",
      list([
        call(ident("import"), path(`../modules/${shared.use("microvm-host", null, microvmHost)}`), input("microvm")),
        ...compileHostUser(host),
        compileVmUnits(host, shared),
        ...compileNetworkd(host, shared),
        ...compileExistingBridges(host, shared),
        ...compilePolicy(host, shared),
        ...compileVmState(host, shared),
        ...compileVmSecrets(host, shared),
      ]),
    ),
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
