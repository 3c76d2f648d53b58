import type { GroupPlan, ToolchainPlan, UserPlan } from "@microvm-emit/model";
import { attrs, binding, type Binding, comment, type Expr, ident, select } from "@microvm-emit/nix-ast";
import { moduleOf } from "../module.js";
import { bindingAt, lib, packages } from "../terms.js";

const usesZsh = ({ home }: UserPlan): boolean => home.some(({ kind }) => kind === "zsh");

/** True if the user needs a module: the library declares the host's user only by its ids. */
export const addsToUser = (user: UserPlan): boolean =>
  user.extraGroups.length > 0 || user.sshKeys.length > 0 || usesZsh(user);

/** The module of a user. The library already declares the ids of the host's user. */
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
            before: "Overrides NixOS's default; your modules override it.",
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

/** The module that gives a user passwordless sudo. */
export const sudo = (user: string): Expr =>
  moduleOf(
    binding(["users", "users", user, "extraGroups"], ["wheel"]),
    comment(binding(["security", "sudo", "wheelNeedsPassword"], false), {
      before: "Users log in with keys and have no password.",
    }),
  );

/** The module of groups with their gids. */
export const groups = (plans: readonly Omit<GroupPlan, "path">[]): Expr =>
  moduleOf(...plans.map(({ name, gid }) => binding(["users", "groups", name, "gid"], gid)));

/** The module of a toolchain: its packages and environment. */
export const toolchain = ({ packages: plans, environment, searchPath }: ToolchainPlan): Expr => {
  const variables = { ...environment, ...(searchPath.length === 0 ? {} : { PATH: searchPath }) };
  return moduleOf(
    binding(["environment", "systemPackages"], packages(plans)),
    ...(Object.keys(variables).length === 0 ? [] : [binding(["environment", "variables"], attrs(variables))]),
  );
};
