import type { GroupPlan, ToolchainPlan, UserPlan } from "@microvm-emit/model";
import { attrs, binding, type Binding, comment, type Expr, ident, select } from "@microvm-emit/nix-ast";
import { moduleOf } from "../module.js";
import { bindingAt, lib, packages } from "../terms.js";

const usesZsh = ({ home }: UserPlan): boolean => home.some(({ kind }) => kind === "zsh");

/** Whether a guest has more of the host's user than its ids. */
export const addsToUser = (user: UserPlan): boolean =>
  user.extraGroups.length > 0 || user.sshKeys.length > 0 || usesZsh(user);

/** What a guest has besides the ids of the host's user; all of a user that only the guest has. */
export const user = (plan: UserPlan, isHostUser: boolean): Expr => {
  const { path: origin, name, extraGroups, homeDirectory, sshKeys, uid, gid, group } = plan;
  const settings: readonly Binding[] = [
    ...(isHostUser
      ? []
      : [
          binding("isNormalUser", true),
          binding("uid", uid),
          binding("group", group),
          ...(homeDirectory === `/home/${name}` ? [] : [binding("home", homeDirectory)]),
        ]),
    ...(extraGroups.length === 0 ? [] : [binding("extraGroups", extraGroups)]),
    ...(usesZsh(plan)
      ? [
          comment(binding("shell", lib("mkOverride", 900, select(ident("pkgs"), "zsh"))), {
            before: "Stronger than NixOS's default, weaker than a module of yours.",
          }),
        ]
      : []),
    ...(sshKeys.length === 0 ? [] : [binding(["openssh", "authorizedKeys", "keys"], sshKeys)]),
  ];
  return moduleOf(
    ...(isHostUser ? [] : [bindingAt([...origin, "gid"], ["users", "groups", group ?? name, "gid"], gid)]),
    bindingAt(origin, ["users", "users", name], attrs(settings)),
    ...(usesZsh(plan) ? [binding(["programs", "zsh", "enable"], true)] : []),
  );
};

/** What makes a user root where it asks for it. */
export const sudo = (user: string): Expr =>
  moduleOf(
    binding(["users", "users", user, "extraGroups"], ["wheel"]),
    comment(binding(["security", "sudo", "wheelNeedsPassword"], false), {
      before: "Who logs in by key has no password to give.",
    }),
  );

/** Groups that are no user's own, with the ids that the host knows. */
export const groups = (plans: readonly Omit<GroupPlan, "path">[]): Expr =>
  moduleOf(...plans.map(({ name, gid }) => binding(["users", "groups", name, "gid"], gid)));

/** A toolchain's packages and environment. */
export const toolchain = ({ packages: plans, environment, searchPath }: ToolchainPlan): Expr => {
  const variables = { ...environment, ...(searchPath.length === 0 ? {} : { PATH: searchPath }) };
  return moduleOf(
    binding(["environment", "systemPackages"], packages(plans)),
    ...(Object.keys(variables).length === 0 ? [] : [binding(["environment", "variables"], attrs(variables))]),
  );
};
