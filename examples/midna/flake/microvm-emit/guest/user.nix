# The user of the host with the same ids, because virtiofs uses numeric ids.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.microvm-emit.user;
in
{
  options.microvm-emit.user = mkOption {
    type = types.nullOr (
      types.submodule {
        options = {
          name = mkOption {
            type = types.str;
            description = "Name.";
          };
          uid = mkOption {
            type = types.int;
            description = "Uid.";
          };
          gid = mkOption {
            type = types.int;
            description = "Gid of the primary group.";
          };
          group = mkOption {
            type = types.str;
            description = "Primary group.";
          };
          homeDirectory = mkOption {
            type = types.str;
            description = "Home directory.";
          };
        };
      }
    );
    default = null;
    description = "User who owns the shared folders. The host sets it from its `microvm-emit.user`.";
  };

  config = lib.mkIf (cfg != null) {
    users.groups.${cfg.group}.gid = cfg.gid;
    users.users.${cfg.name} = {
      isNormalUser = true;
      inherit (cfg) uid group;
      home = lib.mkIf (cfg.homeDirectory != "/home/${cfg.name}") cfg.homeDirectory;
    };
  };
}
