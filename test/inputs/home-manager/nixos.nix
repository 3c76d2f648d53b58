# home-manager.* in NixOS: one evaluation of the home options a user.
{ config, lib, pkgs, ... }:
let
  inherit (lib) concatLists mapAttrsToList mkIf mkMerge mkOption types;
  inherit (lib.declare) flag maybe option;
  cfg = config.home-manager;

  dagEntry = after: before: data: { inherit after before data; };
  hm.dag = {
    entryAnywhere = dagEntry [ ] [ ];
    entryAfter = after: dagEntry after [ ];
    entryBefore = dagEntry [ ];
    entryBetween = before: after: dagEntry after before;
  };

  home = types.submoduleWith {
    description = "Home Manager module";
    class = "homeManager";
    specialArgs = { lib = lib // { inherit hm; }; osConfig = config; osClass = "nixos"; } // cfg.extraSpecialArgs;
    modules = [
      ./home/files.nix
      ./home/home.nix
      ./home/programs.nix
      ({ name, ... }: {
        _module.args = lib.mkIf cfg.useGlobalPkgs { inherit pkgs; };
        home = { inherit (config.users.users.${name}) uid; username = config.users.users.${name}.name; homeDirectory = config.users.users.${name}.home; };
      })
    ] ++ lib.optional (!cfg.useGlobalPkgs) (lib.modules.importApply ./home/nixpkgs.nix { systemPkgs = pkgs; }) ++ cfg.sharedModules;
  };

  ofUsers = f: concatLists (mapAttrsToList f cfg.users);
in
{
  options.home-manager = {
    useUserPackages = flag false;
    useGlobalPkgs = flag false;
    backupCommand = maybe (types.either types.str types.path);
    backupFileExtension = maybe types.str;
    overwriteBackup = flag false;
    enableLegacyProfileManagement = flag false;
    extraSpecialArgs = option types.attrs { };
    sharedModules = option (types.listOf types.raw) [ ];
    startAsUserService = flag false;
    minimal = flag false;
    verbose = flag false;
    users = mkOption { type = types.attrsOf home; default = { }; };
  };

  config = mkMerge [
    { home-manager.extraSpecialArgs.nixosConfig = config; }
    (mkIf (cfg.useUserPackages && cfg.users != { }) {
      users.users = lib.mapAttrs (_: user: { packages = [ user.home.path ]; }) cfg.users;
    })
    {
      warnings = ofUsers (name: user: map (warning: "${name} profile: ${warning}") user.warnings);
      assertions = ofUsers (name: user: map (a: { inherit (a) assertion; message = "${name} profile: ${a.message}"; }) user.assertions);
      systemd.services = lib.mapAttrs'
        (_: user: lib.nameValuePair "home-manager-${user.home.username}" {
          description = "Home Manager environment for ${user.home.username}";
          wantedBy = [ "multi-user.target" ];
          wants = [ "nix-daemon.socket" ];
          after = [ "nix-daemon.socket" ];
          before = [ "systemd-user-sessions.service" ];
          stopIfChanged = false;
          unitConfig.RequiresMountsFor = user.home.homeDirectory;
          serviceConfig = {
            User = user.home.username;
            Type = "oneshot";
            TimeoutStartSec = "5m";
            RemainAfterExit = "yes";
            ExecStart = "${user.home.activationPackage}/activate";
          };
        })
        cfg.users;
    }
  ];
}
