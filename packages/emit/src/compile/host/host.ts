import type { ConfigPath, HostPlan, ImportedVmPlan, Plan } from "@microvm-emit/model";
import { guestBases } from "@microvm-emit/model/internal";
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
  path,
  select,
} from "@microvm-emit/nix-ast";
import { match } from "ts-pattern";
import type { OutputFile } from "../../output-file.js";
import { importPackageSets } from "../guest/agents.js";
import { compileSharedGuest } from "../guest/guest.js";
import { libraryModule } from "../flake/library.js";
import type { Relocate } from "../locations.js";
import { hostModule } from "../module.js";
import { compileNetworks } from "./network.js";
import type { SharedModules } from "../shared-modules.js";
import { bindingAt, input, setAt, setsAt } from "../terms.js";
import { compileVm } from "./vm.js";

/**
 * The files of a host: `hosts/NAME/default.nix`, a file for each VM in `vms/`, and for each guest of several VMs in
 * `guests/`.
 */
export const compileHost = (
  host: HostPlan,
  library: Plan["library"],
  shared: SharedModules,
  relocate: Relocate,
): readonly OutputFile[] => {
  const bases = guestBases(host);
  const named = new Map(host.vms.map((vm) => [vm.name, vm]));
  // Guests are in the order of their first VM's index, so that a later VM does not rename a module.
  const files = host.guests.flatMap((guest) => {
    const vms = guest.vms.flatMap((name) => named.get(name) ?? []);
    return [
      ...vms.map((vm) => compileVm(host, guest, vm, shared, relocate)),
      // All VMs share the options of the guest, so any of them gives the same result.
      ...(guest.own === null ? vms.slice(0, 1) : []).map((vm) =>
        compileSharedGuest(host, guest, vm, bases.get(guest.name), shared, relocate),
      ),
    ];
  });
  const body = [
    binding("imports", importsOf(host, library)),
    ...setsAt(host.path, "microvm-emit", [
      ...compileUser(host),
      ...compileNetworks(host),
      ...setsAt([], "specialArgs", importPackageSets(host)).map(blankLine),
    ]).map(blankLine),
    ...compileMicrovm(host),
  ];
  return [
    {
      kind: "nix",
      path: `hosts/${host.name}/default.nix`,
      expr: comment(hostModule(body), { before: `The network and the microVMs of ${host.name}.` }),
    },
    ...files.sort((a, b) => (a.path < b.path ? -1 : 1)),
  ];
};

/** The library, and all files of the VMs' folder: a list of files would conflict when git merges two new VMs. */
const importsOf = (host: HostPlan, library: Plan["library"]): Expr => {
  const modules = list([
    call(select(ident("lib"), "modules", "importApply"), libraryModule(library), attrs([inherit("inputs")])),
  ]);
  if (host.vms.length === 0) return modules;
  return binary(modules, "++", call(select(ident("lib"), "filesystem", "listFilesRecursive"), path("./vms")));
};

/** The main user. The host's own NixOS configuration supplies the ids that the config leaves out. */
const compileUser = ({ vms: [vm] }: HostPlan): readonly Binding[] => {
  if (vm === undefined) return [];
  const [{ path: origin, name, homeDirectory, uid, gid, group }] = vm.guest.users;
  const written = Object.entries({ name, homeDirectory, uid, gid, group });
  return [
    setAt(
      origin,
      "user",
      written.flatMap(([setting, value]) => (value === null ? [] : [bindingAt([...origin, setting], setting, value)])),
    ),
  ];
};

/** The microvm.nix options that differ from their defaults, and the VMs that other flakes define. */
const compileMicrovm = (host: HostPlan): readonly Binding[] =>
  [
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
    ...(host.importedVms.length === 0
      ? []
      : [binding(["microvm", "vms"], attrs(host.importedVms.map(compileImported)))]),
  ].map(blankLine);

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
