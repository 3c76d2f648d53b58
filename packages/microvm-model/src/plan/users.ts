import { match } from "ts-pattern";
import type { HostModel, VmModel } from "../config/config.js";
import type { InputFile } from "../config/home.js";
import type { ConfigPath } from "../problems/problem.js";
import { type ModulePlan, type PackagePlan, planModule, planPackage } from "./references.js";

export interface UserPlan {
  readonly path: ConfigPath;
  readonly name: string;
  /** Null for the host's `users.users.NAME.uid`, which only the main user has. */
  readonly uid: number | null;
  /** Null for the gid of the host's group. */
  readonly gid: number | null;
  /** The primary group; null for the host's `users.users.NAME.group`. */
  readonly group: string | null;
  readonly extraGroups: readonly string[];
  readonly homeDirectory: string;
  readonly sshKeys: readonly string[];
  readonly home: readonly HomePlan[];
}

export interface GroupPlan {
  readonly path: ConfigPath;
  readonly name: string;
  readonly gid: number;
}

export type HomePlan = ZshPlan | EmacsPlan | { readonly kind: "module"; readonly module: ModulePlan };

export interface ZshPlan {
  readonly path: ConfigPath;
  readonly kind: "zsh";
  readonly history: Readonly<Record<string, number | boolean | undefined>>;
  readonly init: readonly (string | InputFile)[];
  readonly extraInit: string | null;
}

export interface EmacsPlan {
  readonly path: ConfigPath;
  readonly kind: "emacs";
  readonly package: PackagePlan | null;
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

/** The primary groups of a guest's users as far as the config writes them, then its other groups by name. */
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
