import type { HostPlan } from "@microvm-emit/model";
import {
  attrs,
  type Binding,
  call,
  comment,
  type Expr,
  ident,
  inherit,
  nix,
  path,
  select,
} from "@microvm-emit/nix-ast";
import type { NixFile } from "../file.js";
import { bindingAt } from "./terms.js";

/** `hostUser`, the main user as the host's NixOS configuration declares it; nothing for a host without VMs. */
export const defineHostUser = ({ vms: [vm] }: HostPlan): readonly Binding[] => {
  if (vm === undefined) return [];
  const [{ path: origin, name, homeDirectory, uid, gid, group }] = vm.users;
  const written = Object.entries({ homeDirectory, uid, gid, group }).flatMap(([setting, value]) =>
    value === null ? [] : [bindingAt([...origin, setting], setting, value)],
  );
  return [
    comment(
      bindingAt(
        origin,
        "hostUser",
        call(
          ident("import"),
          path("../lib/host-user.nix"),
          attrs([inherit("config", "lib")]),
          attrs([bindingAt([...origin, "name"], "name", name), ...written]),
        ),
      ),
      { before: `${name} as this host declares it. Guests and shares use the same ids.` },
    ),
  ];
};

/** The module that reports where the host's user is another than the VMs are made for. */
export const compileHostUser = ({ vms }: HostPlan): readonly Expr[] =>
  vms.length === 0 ? [] : [select(ident("hostUser"), "module")];

/** `lib/host-user.nix`. */
export const hostUserLibrary = (): NixFile => ({
  kind: "nix",
  path: "lib/host-user.nix",
  isFixed: true,
  expr: nix`
# A user of the host, and a module that checks it.
{ config, lib }:
{
  name,
  homeDirectory,
  # Values from microvm-emit's config, which must agree with the host.
  uid ? null,
  gid ? null,
  group ? null,
}:
let
  inherit (config.users) users groups;
  declared = users.\${name} or { enable = false; };
  isDeclared = declared.enable or true;
  host = {
    uid = declared.uid or null;
    group = declared.group or null;
    gid = groups.\${hostUser.group}.gid or null;
    homeDirectory = declared.home or null;
  };
  firstOf = default: lib.findFirst (value: value != null) default;

  # Where the two differ, the host's values let NixOS get to the assertion that says so.
  hostUser = {
    inherit name;
    # NixOS gives 1000 to its first normal user (update-users-groups.pl), and 100 to \`users\` (ids.nix).
    uid = firstOf 1000 [ host.uid uid ];
    group = firstOf "users" [ host.group group ];
    gid = firstOf 100 [ host.gid gid ];
    ids = "\${toString hostUser.uid}:\${toString hostUser.gid}";
    inherit check module;
  };

  # NixOS sets an id that is null when it activates the system, so that only the running host knows it.
  check = ''
    ids=$(id -u \${name}):$(id -g \${name})
    if [ "$ids" != \${hostUser.ids} ]; then
      echo "\${name} has the ids $ids, but its VMs use \${hostUser.ids}. Set users.users.\${name}.uid, and the gid of its group, in the host's NixOS configuration." >&2
      exit 1
    fi
  '';

  agrees = option: setting: written: {
    assertion = !isDeclared || host.\${setting} == null || written == null || written == host.\${setting};
    message = "\${option} is \${toString host.\${setting}} on this host, but its VMs use \${toString written}. Set \`user.\${setting}\` to that in microvm-emit's config.";
  };

  module = {
    assertions = [
      {
        assertion = isDeclared;
        message = "This host has no user \${name}. Declare \`users.users.\${name}\` in its NixOS configuration, or change \`user.name\` in microvm-emit's config.";
      }
      (agrees "users.users.\${name}.uid" "uid" uid)
      (agrees "users.users.\${name}.group" "group" group)
      (agrees "users.groups.\${hostUser.group}.gid" "gid" gid)
      (agrees "users.users.\${name}.home" "homeDirectory" homeDirectory)
      {
        assertion = !isDeclared || gid != null || host.gid != null;
        message = "users.groups.\${hostUser.group}.gid is not set, but VMs of \${name} need it. Set it to the output of \`id -g \${name}\`.";
      }
      {
        assertion =
          uid != null || host.uid != null || lib.all (user: user.uid != hostUser.uid) (builtins.attrValues users);
        message = "users.users.\${name}.uid is not set, and another user has \${toString hostUser.uid}. Set it to the output of \`id -u \${name}\`.";
      }
    ];
  };
in
hostUser
`,
});
