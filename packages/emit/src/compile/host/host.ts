import { type ConfigPath, guestBases, type HostPlan, type ImportedVmPlan, type Plan } from "@microvm-emit/model";
import {
  attrs,
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
import { compileSharedGuest, guestFile } from "../guest/guest.js";
import { libraryModule } from "../flake/library.js";
import type { Relocate } from "../locations.js";
import { hostModule } from "../module.js";
import { compileNetworks } from "./network.js";
import type { SharedModules } from "../shared-modules.js";
import { at, bindingAt, input, setAt, setsAt } from "../terms.js";
import { compileGuestOptions, compileVm } from "./vm.js";
import { fileOf } from "./vm-file.js";

/**
 * The files of a host: `hosts/NAME/default.nix`, one file per VM beside it, and `guests/NAME/` for guests of several
 * VMs.
 */
export const compileHost = (
  host: HostPlan,
  library: Plan["library"],
  shared: SharedModules,
  relocate: Relocate,
): readonly OutputFile[] => {
  const bases = guestBases(host);
  const named = new Map(host.vms.map((vm) => [vm.name, vm]));
  // Guests stay in the order of their first VM's index, so that a later VM renames no module.
  const guests = host.guests.map((guest) => {
    const vms = guest.vms.flatMap((name) => named.get(name) ?? []);
    return {
      vms: vms.map((vm) => ({ vm, ...compileVm(host, guest, vm, shared, relocate) })),
      // Any of the VMs would do: they share all options of the guest.
      shared: (guest.own === null ? vms.slice(0, 1) : []).map((vm) => ({
        option: setAt(vm.path, guest.name, compileGuestOptions(vm, path(`../../${guestFile(host, guest)}`))),
        file: compileSharedGuest(host, guest, vm, bases.get(guest.name), shared, relocate),
      })),
    };
  });
  const sharedGuests = guests.flatMap((guest) => guest.shared);
  const vms = guests.flatMap((guest) => guest.vms).sort((a, b) => (a.vm.name < b.vm.name ? -1 : 1));
  const imports = vms.map(({ vm, needsInputs }) => {
    const file = path(`./${fileOf(vm)}`);
    return at(vm.path, needsInputs ? importApply(file) : file);
  });
  const body = [
    binding("imports", list([importApply(libraryModule(library)), ...imports])),
    ...setsAt(host.path, "microvm-emit", [
      ...compileUser(host),
      ...compileNetworks(host),
      ...setsAt(
        [...host.path, "vms"],
        "guests",
        sharedGuests.map(({ option }) => option),
      ).map(blankLine),
      ...setsAt([], "specialArgs", importPackageSets(host)).map(blankLine),
    ]).map(blankLine),
    ...compileMicrovm(host),
  ];
  return [
    {
      kind: "nix",
      path: `hosts/${host.name}/default.nix`,
      expr: comment(hostModule(body, body).expr, { before: `The network and the microVMs of ${host.name}.` }),
    },
    ...vms.map(({ file }) => file),
    ...sharedGuests.map(({ file }) => file),
  ];
};

/** Applies a file that is a function of the flake's inputs, which gives a module. */
const importApply = (file: Expr): Expr =>
  call(select(ident("lib"), "modules", "importApply"), file, attrs([inherit("inputs")]));

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
