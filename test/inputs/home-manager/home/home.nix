# home.*: the user and the environment.
{ config, lib, pkgs, ... }:
let
  inherit (lib) types;
  inherit (types) attrsOf bool either float int lines listOf nullOr oneOf package path str submodule;
  inherit (lib.declare) flag many maybe named option required;

  variable = nullOr (oneOf [ str path int float bool ]);
  releases = lib.concatMap (year: [ "${year}.05" "${year}.11" ]) (map toString (lib.range 22 26));
  entry = types.coercedTo str (data: { inherit data; })
    (submodule { options = { data = required str; after = many str; before = many str; }; });
in
{
  options = {
    assertions = option (listOf types.unspecified) [ ];
    warnings = many str;

    home = {
      username = required types.nonEmptyStr;
      homeDirectory = required path;
      uid = maybe types.ints.unsigned;
      stateVersion = required (types.enum ([ "18.09" "19.03" "19.09" "20.03" "20.09" "21.03" "21.05" "21.11" ] ++ releases));
      enableNixpkgsReleaseCheck = flag true;
      packages = many package;
      sessionVariables = option (types.lazyAttrsOf variable) { };
      sessionPath = many str;
      sessionSearchVariables = named (listOf str);
      sessionVariablesExtra = option lines "";
      shellAliases = named str;
      activation = named entry;
      language.base = maybe str;
      preferXdgDirectories = flag false;
      shell = lib.genAttrs [ "enableShellIntegration" "enableBashIntegration" "enableFishIntegration" "enableZshIntegration" ] (_: flag true);
      path = required package;
      activationPackage = required package;
    };
    systemd.user = lib.genAttrs [ "services" "timers" "sockets" "targets" ] (_: named (attrsOf (attrsOf (either types.raw (listOf types.raw)))));
  };

  config.home = {
    path = pkgs.buildEnv { name = "home-manager-path"; paths = config.home.packages; };
    # Depends on all files of a real activation.
    activationPackage = pkgs.writeText "home-manager-generation" (builtins.toJSON {
      inherit (config.home) activation homeDirectory sessionPath sessionVariables shellAliases stateVersion username;
      files = lib.mapAttrs (_: file: toString file.source) config.home.file;
      path = toString config.home.path;
      zsh = { inherit (config.programs.zsh) history initContent; };
    });
  };
}
