import type { ConfigPath, EmacsPlan, HomePlan, UserPlan, VmPlan, ZshPlan } from "@microvm-emit/model";
import {
  attrs,
  binding,
  type Binding,
  call,
  type Expr,
  ident,
  indentedStr,
  interp,
  list,
  path as nixPath,
  select,
  type StringPart,
} from "@microvm-emit/nix-ast";
import { match } from "ts-pattern";
import type { Relocate } from "../locations.js";
import { moduleOf } from "../module.js";
import type { SharedModules } from "../shared-modules.js";
import { at, bindingAt, importModule, inputFile, lib, packageFrom } from "../terms.js";

/** The home-manager configuration of a user, if it has one. */
export const compileHome = (
  { path, name, homeDirectory, home }: UserPlan,
  vm: VmPlan,
  shared: SharedModules,
  relocate: Relocate,
): readonly Binding[] => {
  if (home.length === 0) return [];
  // The VM sets `home` for its main user, so errors point to the VM.
  const origin = [...(name === vm.guest.users[0].name ? vm.path : path), "home"];
  const extraInit = home.flatMap((part) => (part.kind === "zsh" && part.extraInit !== null ? [part.extraInit] : []));
  return [
    bindingAt(
      origin,
      ["home-manager", "users", name],
      attrs([
        binding(
          "imports",
          list(home.map((part, position) => importPart(part, vm, shared, relocate, [...origin, position]))),
        ),
        binding("home", attrs({ username: name, homeDirectory, stateVersion: vm.guest.stateVersion })),
        ...(extraInit.length === 0
          ? []
          : [
              binding(
                ["programs", "zsh", "initContent"],
                lib("mkAfter", indentedStr(extraInit.map((text) => ensureNewline(text)).join(""))),
              ),
            ]),
      ]),
    ),
  ];
};

const importPart = (
  part: HomePlan,
  { name: vm }: VmPlan,
  shared: SharedModules,
  relocate: Relocate,
  origin: ConfigPath,
): Expr =>
  match(part)
    .with({ kind: "module" }, ({ module }) => importModule(module, relocate, 3, origin))
    .with({ kind: "zsh" }, (plan) =>
      at(plan.path, sharedModule(shared.use("zsh", [plan.history, plan.init], vm, () => zsh(plan)))),
    )
    .with({ kind: "emacs" }, (plan) =>
      at(plan.path, sharedModule(shared.use("emacs", [plan.package, plan.configDirectory], vm, () => emacs(plan)))),
    )
    .exhaustive();

const sharedModule = (fileName: string): Expr => nixPath(`../../../modules/${fileName}`);

const zsh = ({ path: origin, history, init }: ZshPlan): Expr =>
  moduleOf(
    bindingAt(
      origin,
      ["programs", "zsh"],
      attrs([
        binding("enable", true),
        ...(Object.keys(history).length === 0 ? [] : [bindingAt([...origin, "history"], "history", history)]),
        ...(init.length === 0
          ? []
          : [bindingAt([...origin, "init"], "initContent", indentedStr(...init.flatMap(initPart)))]),
      ]),
    ),
  );

const initPart = (part: ZshPlan["init"][number]): readonly StringPart[] =>
  typeof part === "string"
    ? [ensureNewline(part)]
    : [interp(call(select(ident("builtins"), "readFile"), inputFile(part))), "\n"];

const ensureNewline = (text: string): string => (text.endsWith("\n") ? text : `${text}\n`);

const emacs = ({ path: origin, package: emacsPackage, configDirectory }: EmacsPlan): Expr =>
  moduleOf(
    bindingAt(
      origin,
      ["programs", "emacs"],
      attrs([
        binding("enable", true),
        ...(emacsPackage === null
          ? []
          : [bindingAt([...origin, "package"], "package", packageFrom("pkgs", emacsPackage))]),
      ]),
    ),
    ...(configDirectory === null
      ? []
      : [
          bindingAt(
            [...origin, "configDirectory"],
            ["home", "file", ".config/emacs", "source"],
            inputFile(configDirectory),
          ),
        ]),
  );
