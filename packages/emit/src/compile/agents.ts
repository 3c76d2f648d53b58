import type { AgentPlan, AgentStatePlan, HostPlan, UserPlan } from "@microvm-emit/model";
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
  nix,
  select,
} from "@microvm-emit/nix-ast";
import { groupOf, input, lib, packageFrom } from "./terms.js";

/** Which package set an agent comes from: the guests' own, or one that the host's file imports for all guests. */
export const packageSetOf = ({ packagesFrom, unfree }: AgentPlan): "pkgs" | ImportedSet =>
  packagesFrom === "nixpkgs-unstable" ? "pkgsUnstable" : unfree === false ? "pkgs" : "pkgsUnfree";

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
    const unfree = [...new Set(members.flatMap(unfreeNamesOf))].sort();
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
export const agentState = (state: AgentStatePlan, user: UserPlan): readonly Binding[] => [
  ...(state.variable === null
    ? []
    : [
        binding(["environment", "variables", state.variable], state.directory),
        sameForHomeManager(state.variable, state.directory, user),
      ]),
  ...stateFolders(state, user),
  ...(state.copiedFrom === null ? [] : [copyState(state.copiedFrom, state.directory, user)]),
];

/** home-manager exports variables too, in shells that start later, and would move the login to a folder that is lost. */
const sameForHomeManager = (variable: string, directory: string, { name }: UserPlan): Binding =>
  blankLine(
    binding(
      "assertions",
      nix`
        let
          seen = config.home-manager.users.${name}.home.sessionVariables.${variable} or ${directory};
        in
        [
          {
            assertion = seen == ${directory};
            message = "home-manager sets ${variable} to \${toString seen}, but the agent's login is at ${directory}. Leave out the option that sets it, such as \`configDir\`.";
          }
        ]
      `,
    ),
  );

/** home-manager's module installs the same package, and is held to the version that runs. */
export const packageInHomeManager = (plan: AgentPlan, { name }: UserPlan): readonly Binding[] =>
  plan.homeManagerProgram === null
    ? []
    : [
        blankLine(
          binding(
            ["home-manager", "users", name],
            nix`
              { lib, options, ... }:
              {
                config = lib.optionalAttrs (options.programs ? ${plan.homeManagerProgram}) {
                  programs.${plan.homeManagerProgram}.package = lib.mkDefault ${packageFrom(packageSetOf(plan), plan.package)};
                };
              }
            `,
          ),
        ),
      ];

/** Brings the state to where the agent may write it. */
const copyState = (from: string, to: string, { name }: UserPlan): Binding =>
  blankLine(
    binding(
      ["systemd", "services", "agent-state"],
      attrs([
        binding("description", "A copy of the agent's login and settings"),
        binding("wantedBy", ["multi-user.target"]),
        binding("before", [
          `home-manager-${name.replaceAll("-", "\\x2d")}.service`,
          "sshd.service",
          "systemd-user-sessions.service",
        ]),
        binding(["unitConfig", "RequiresMountsFor"], from),
        binding("serviceConfig", { Type: "oneshot", RemainAfterExit: true, User: name }),
        binding("script", indentedStr(`mkdir -p ${to}\n`, `cp -rT --preserve=mode,timestamps ${from} ${to}\n`)),
      ]),
    ),
  );

const stateFolders = ({ parents, links }: AgentStatePlan, { name: user }: UserPlan): readonly Binding[] => {
  const group = groupOf(user);
  return parents.length + Object.keys(links).length === 0
    ? []
    : [
        blankLine(
          comment(
            binding(
              ["systemd", "tmpfiles", "settings", "agent-state"],
              attrs([
                ...parents.map((path) => binding([path, "d"], { mode: "0755", user, group })),
                ...Object.entries(links).map(([from, argument]) => binding([from, "L"], { user, group, argument })),
              ]),
            ),
            {
              before:
                Object.keys(links).length === 0
                  ? "A mount would create the parent folders as root's."
                  : "Dotfiles in the usual place are those that the agent reads.",
            },
          ),
        ),
      ];
};

/** The names that `lib.getName` gives the agent's unfree packages. */
const unfreeNamesOf = (agent: AgentPlan): readonly string[] => {
  if (typeof agent.unfree !== "boolean") return agent.unfree;
  if (!agent.unfree) return [];
  return [agent.package.kind === "attribute" ? (agent.package.attribute.at(-1) ?? agent.name) : agent.name];
};
