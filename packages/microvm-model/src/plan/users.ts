import { match } from "ts-pattern";
import type { HostModel, VmModel } from "../config/config.js";
import type { InputFile } from "../config/home.js";
import type { ConfigPath } from "../problems/problem.js";
import { type ModulePlan, type PackagePlan, planModule, planPackage } from "./references.js";

/** A user of a guest. */
export interface UserPlan {
  /** The part of the config, for problems. */
  readonly path: ConfigPath;
  /** The login name. */
  readonly name: string;
  /** The numeric user id; null for the host's `users.users.NAME.uid`, which only the main user has. */
  readonly uid: number | null;
  /** The numeric id of the primary group; null for the gid of the host's group. */
  readonly gid: number | null;
  /** The primary group; null for the host's `users.users.NAME.group`. */
  readonly group: string | null;
  /** More groups. */
  readonly extraGroups: readonly string[];
  /** The home folder in the guest. */
  readonly homeDirectory: string;
  /** Public keys that may log in. */
  readonly sshKeys: readonly string[];
  /** Programs that home-manager sets up. */
  readonly home: readonly HomePlan[];
}

/** A group of a guest. */
export interface GroupPlan {
  /** The part of the config, for problems. */
  readonly path: ConfigPath;
  /** Its name. */
  readonly name: string;
  /** Its number. */
  readonly gid: number;
}

/** A program that home-manager sets up, or a module of home-manager. */
export type HomePlan = ZshPlan | EmacsPlan | { readonly kind: "module"; readonly module: ModulePlan };

/** Zsh, set up by home-manager. */
export interface ZshPlan {
  /** The part of the config, for problems. */
  readonly path: ConfigPath;
  readonly kind: "zsh";
  /** Settings of the history, by their names in home-manager. */
  readonly history: Readonly<Record<string, number | boolean | undefined>>;
  /** Parts of `.zshrc`: text, or files with it. */
  readonly init: readonly (string | InputFile)[];
  /** Text at the end of `.zshrc`; null without one. */
  readonly extraInit: string | null;
}

/** Emacs, set up by home-manager. */
export interface EmacsPlan {
  /** The part of the config, for problems. */
  readonly path: ConfigPath;
  readonly kind: "emacs";
  /** Its package; null for the default. */
  readonly package: PackagePlan | null;
  /** The folder that `~/.config/emacs` links to; null without one. */
  readonly configDirectory: InputFile | null;
}

/** The users of a guest: the host's main one, with the VM's `home`, then the VM's own by name. */
export const planUsers = (
  host: HostModel,
  hostPath: ConfigPath,
  vm: VmModel,
  path: ConfigPath,
): readonly [UserPlan, ...UserPlan[]] => [
  planUser(host.user.name, { ...host.user, extraGroups: [], home: vm.home }, [...hostPath, "user"], path),
  ...Object.entries(vm.users).map(([name, { group, ...user }]) => {
    const place = [...path, "users", name];
    return planUser(name, { ...user, group: group ?? (user.gid === usersGid ? "users" : name) }, place, place);
  }),
];

type UserModel = Omit<VmModel["users"][string], "uid" | "gid"> & Pick<HostModel["user"], "uid" | "gid">;

const planUser = (name: string, user: UserModel, path: ConfigPath, homePath: ConfigPath): UserPlan => ({
  path,
  name,
  uid: user.uid ?? null,
  gid: user.gid ?? null,
  group: user.group ?? null,
  extraGroups: user.extraGroups,
  homeDirectory: user.homeDirectory ?? `/home/${name}`,
  sshKeys: user.sshKeys,
  home: user.home.map((home, position) => planHome(home, [...homePath, "home", position])),
});

/** The group that NixOS puts normal users in (nixos/modules/misc/ids.nix); a guest has it by that name already. */
const usersGid = 100;

/** The primary groups that the config sets for users of a guest, then its other groups by name. */
export const planGroups = (users: readonly UserPlan[], vm: VmModel, path: ConfigPath): readonly GroupPlan[] => [
  ...users.flatMap(({ group, gid, path: place }) =>
    group === null || gid === null ? [] : [{ path: [...place, "gid"], name: group, gid }],
  ),
  ...Object.entries(vm.groups).map(([name, { gid }]) => ({ path: [...path, "groups", name, "gid"], name, gid })),
];

const planHome = (home: VmModel["home"][number], path: ConfigPath): HomePlan => {
  if (typeof home === "string" || "kind" in home) return { kind: "module", module: planModule(home, path) };
  return match(home)
    .with({ program: "zsh" }, ({ history = {}, init, extraInit = null }) => ({
      path,
      kind: "zsh" as const,
      history,
      init,
      extraInit,
    }))
    .with({ program: "emacs" }, ({ package: written, configDirectory = null }) => ({
      path,
      kind: "emacs" as const,
      package: written === undefined ? null : planPackage(written),
      configDirectory,
    }))
    .exhaustive();
};
