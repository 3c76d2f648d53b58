import type { AgentPlan, HostPlan } from "@microvm-emit/model";
import {
  attrs,
  binding,
  type Binding,
  call,
  comment,
  type Expr,
  ident,
  inheritFrom,
  lambda,
  list,
  select,
} from "@microvm-emit/nix-ast";
import { moduleOf } from "../module.js";
import { input, lib, packageFrom } from "../terms.js";

/** The package set with the agent's package: the guest's own, or one that the host imports once for all guests. */
const packageSetOf = ({ packagesFrom, unfree }: AgentPlan): "pkgs" | ImportedSet =>
  packagesFrom === "nixpkgs-unstable" ? "pkgsUnstable" : unfree === false ? "pkgs" : "pkgsUnfree";

type ImportedSet = keyof typeof importedSets;

const importedSets = {
  pkgsUnfree: "nixpkgs",
  pkgsUnstable: "nixpkgs-unstable",
} as const;

const packageSets = Object.keys(importedSets) as ImportedSet[];

/** The package sets that the agents of a host need in addition to `pkgs`. */
export const importPackageSets = ({ vms }: HostPlan): readonly Binding[] => {
  const agents = vms.flatMap(({ agent }) => (agent === null ? [] : [agent]));
  return packageSets.flatMap((name) => {
    const members = agents.filter((agent) => packageSetOf(agent) === name);
    if (members.length === 0) return [];
    const unfree = [...new Set(members.flatMap(unfreeNamesOf))].sort();
    return [
      comment(
        binding(
          name,
          call(
            ident("import"),
            input(importedSets[name]),
            attrs([
              inheritFrom(select(ident("pkgs"), "stdenv", "hostPlatform"), "system"),
              ...(unfree.length === 0
                ? []
                : [
                    binding(
                      ["config", "allowUnfreePredicate"],
                      lambda(
                        "package",
                        call(select(ident("builtins"), "elem"), lib("getName", ident("package")), list(unfree)),
                      ),
                    ),
                  ]),
            ]),
          ),
        ),
        { before: "Imported once for all guests: each import of nixpkgs costs time and memory." },
      ),
    ];
  });
};

/** The module of an agent: its package, and its state directory as an option of the guest's library. */
export const compileAgent = (plan: AgentPlan): Expr => {
  const { state, homeManagerProgram } = plan;
  return moduleOf(
    binding(
      ["microvm-emit", "agent"],
      attrs([
        binding("package", packageFrom(packageSetOf(plan), plan.package)),
        binding("command", plan.command),
        ...(plan.instructions === null ? [] : [binding("instructions", plan.instructions)]),
        ...(homeManagerProgram === null ? [] : [binding("homeManagerProgram", homeManagerProgram)]),
        ...(state === null
          ? []
          : [
              binding("directory", state.directory),
              ...(state.variable === null ? [] : [binding("variable", state.variable)]),
              ...(Object.keys(state.links).length === 0 ? [] : [binding("links", attrs(state.links))]),
              ...(state.copiedFrom === null ? [] : [binding("copiedFrom", state.copiedFrom)]),
            ]),
      ]),
    ),
  );
};

/** The names of the agent's unfree packages, as `lib.getName` returns them. */
const unfreeNamesOf = (agent: AgentPlan): readonly string[] => {
  if (typeof agent.unfree !== "boolean") return agent.unfree;
  if (!agent.unfree) return [];
  return [agent.package.kind === "attribute" ? (agent.package.attribute.at(-1) ?? agent.name) : agent.name];
};
