import type { AgentPlan, AgentStatePlan, HostPlan } from "@microvm-emit/model";
import {
  attrs,
  binding,
  type Binding,
  blankLine,
  call,
  comment,
  ident,
  indentedStr,
  inheritFrom,
  lambda,
  list,
  select,
} from "@microvm-emit/nix-ast";
import { input, lib } from "./terms.js";

/** Which package set an agent comes from: the guests' own, or one that the host's file imports for all guests. */
export const packageSetOf = ({ packagesFrom, unfree }: AgentPlan): "pkgs" | ImportedSet =>
  packagesFrom === "nixpkgs-unstable" ? "pkgsUnstable" : unfree ? "pkgsUnfree" : "pkgs";

type ImportedSet = keyof typeof importedSets;

const importedSets = {
  pkgsUnfree: "nixpkgs",
  pkgsUnstable: "nixpkgs-unstable",
} as const;

const packageSets = Object.keys(importedSets) as ImportedSet[];

/** The package sets that a host's agents need besides the guests' own, each imported once. */
export const importPackageSets = ({
  vms,
}: HostPlan): readonly { readonly name: ImportedSet; readonly binding: Binding }[] => {
  const agents = vms.flatMap(({ agent }) => (agent === null ? [] : [agent]));
  return packageSets.flatMap((name) => {
    const members = agents.filter((agent) => packageSetOf(agent) === name);
    if (members.length === 0) return [];
    const unfree = [...new Set(members.filter((agent) => agent.unfree).map(packageNameOf))].sort();
    return [
      {
        name,
        binding: comment(
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
          { before: "One set for all guests, since each import costs an evaluation of its own." },
        ),
      },
    ];
  });
};

/** How the agent finds its login and settings in the guest. */
export const agentState = (state: AgentStatePlan, user: string): readonly Binding[] => [
  ...(state.variable === null ? [] : [binding(["environment", "variables", state.variable], state.directory)]),
  ...(state.copiedFrom === null ? stateParents(state) : [copyState(state.copiedFrom, state.directory, user)]),
];

/** Brings the state to where the agent may write it. */
const copyState = (from: string, to: string, user: string): Binding =>
  blankLine(
    binding(
      ["systemd", "services", "agent-state"],
      attrs([
        binding("description", "A copy of the agent's login and settings"),
        binding("wantedBy", ["multi-user.target"]),
        binding("before", ["sshd.service", "systemd-user-sessions.service"]),
        binding(["unitConfig", "RequiresMountsFor"], from),
        binding("serviceConfig", { Type: "oneshot", RemainAfterExit: true, User: user }),
        binding("script", indentedStr(`mkdir -p ${to}\n`, `cp -rT --preserve=mode,timestamps ${from} ${to}\n`)),
      ]),
    ),
  );

const stateParents = ({ parents }: AgentStatePlan): readonly Binding[] => [
  ...(parents.length === 0
    ? []
    : [
        blankLine(
          comment(
            binding(
              ["systemd", "tmpfiles", "settings", "agent-state"],
              attrs(parents.map(({ path, user, group }) => binding([path, "d"], { mode: "0755", user, group }))),
            ),
            { before: "Mounting makes the folders on the way as root's; they are the user's." },
          ),
        ),
      ]),
];

/** What `lib.getName` says of the agent's package, as far as the config tells. */
const packageNameOf = (agent: AgentPlan): string =>
  agent.package.kind === "attribute" ? (agent.package.attribute.at(-1) ?? agent.name) : agent.name;
