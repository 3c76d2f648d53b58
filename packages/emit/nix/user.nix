# The user of the host who owns the shared folders of VMs. Guests have the same user with the same ids.
{ config, lib, ... }:
let
  inherit (lib) literalExpression mkOption types;
  inherit (config.users) users groups;
  cfg = config.microvm-emit.user;

  declared =
    if cfg.name == null then { enable = false; } else users.${cfg.name} or { enable = false; };
  isDeclared = declared.enable or true;
  hostGroup = if isDeclared then declared.group or null else null;
  group = lib.findFirst (value: value != null) "users" [
    hostGroup
    cfg.group
  ];
  host = {
    uid = declared.uid or null;
    group = hostGroup;
    gid = groups.${group}.gid or null;
    homeDirectory = declared.home or null;
  };
  # If the values differ, an assertion below fails. Until then, evaluation uses the value of the host.
  chosen =
    setting: default:
    lib.findFirst (value: value != null) default [
      host.${setting}
      cfg.${setting}
    ];

  agrees = option: setting: {
    assertion =
      !isDeclared
      || host.${setting} == null
      || cfg.${setting} == null
      || cfg.${setting} == host.${setting};
    message = "${option} is ${toString host.${setting}} on this host, but its VMs use ${toString cfg.${setting}}. Set `user.${setting}` in microvm-emit's config to the value of the host.";
  };
  isSet = setting: cfg.${setting} != null || host.${setting} != null;
in
{
  options.microvm-emit.user = {
    name = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "alice";
      description = "User of the host who owns the shared folders of VMs and logs in to VMs. Guests get this user with the same ids.";
    };
    homeDirectory = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "/home/alice";
      description = "Home directory of the user, on the host and in guests. Defaults to `users.users.NAME.home` of the host; if you set both, they must be equal.";
    };
    uid = mkOption {
      type = types.nullOr types.int;
      default = null;
      description = "Uid of the user. Defaults to `users.users.NAME.uid` of the host; if you set both, they must be equal.";
    };
    gid = mkOption {
      type = types.nullOr types.int;
      default = null;
      description = "Gid of the user's primary group. Defaults to `users.groups.GROUP.gid` of the host; if you set both, they must be equal.";
    };
    group = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "Primary group of the user. Defaults to `users.users.NAME.group` of the host; if you set both, they must be equal.";
    };
    ids = mkOption {
      type = types.raw;
      readOnly = true;
      internal = true;
      defaultText = literalExpression "the user on this host";
      default = {
        # NixOS assigns uid 1000 to its first normal user (update-users-groups.pl), and gid 100 to `users` (ids.nix).
        inherit (cfg) name;
        uid = chosen "uid" 1000;
        gid = chosen "gid" 100;
        inherit group;
        homeDirectory = chosen "homeDirectory" "/home/${cfg.name}";
      };
    };
  };

  config.assertions = lib.mkIf (cfg.name != null) [
    {
      assertion = isDeclared;
      message = "This host has no user ${cfg.name}. Declare `users.users.${cfg.name}` in its NixOS configuration, or change `user.name` in microvm-emit's config.";
    }
    (agrees "users.users.${cfg.name}.uid" "uid")
    (agrees "users.users.${cfg.name}.group" "group")
    (agrees "users.groups.${group}.gid" "gid")
    (agrees "users.users.${cfg.name}.home" "homeDirectory")
    {
      assertion = !isDeclared || isSet "gid";
      message = "users.groups.${group}.gid is not set, but VMs of ${cfg.name} need it. Set it to the output of `id -g ${cfg.name}`.";
    }
    {
      assertion = isSet "uid" || lib.all (user: user.uid != cfg.ids.uid) (builtins.attrValues users);
      message = "users.users.${cfg.name}.uid is not set, and another user has ${toString cfg.ids.uid}. Set it to the output of `id -u ${cfg.name}`.";
    }
  ];
}
