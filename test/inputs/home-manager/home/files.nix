# home.file and xdg: files below the home directory.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mapAttrs' mkDefault mkIf nameValuePair types;
  inherit (types) lines path;
  inherit (lib.declare) flag maybe named option required;
  xdg = config.xdg;

  file = types.submodule ({ name, config, ... }: {
    options = {
      enable = flag true;
      target = option types.nonEmptyStr name;
      text = maybe lines;
      source = required path;
      executable = maybe types.bool;
      recursive = flag false;
      ignorelinks = flag false;
      force = flag false;
      onChange = option lines "";
    };
    config.source = mkIf (config.text != null) (mkDefault (pkgs.writeText "hm_${baseNameOf name}" config.text));
  });

  placed = directory: mapAttrs' (name: file: nameValuePair "${directory}/${name}" {
    inherit (file) enable executable recursive source;
  });
in
{
  options = {
    home.file = named file;
    xdg = {
      enable = flag false;
      configFile = named file;
      dataFile = named file;
      configHome = option path "${config.home.homeDirectory}/.config";
      dataHome = option path "${config.home.homeDirectory}/.local/share";
      cacheHome = option path "${config.home.homeDirectory}/.cache";
      stateHome = option path "${config.home.homeDirectory}/.local/state";
    };
  };

  config.home.file = lib.mkMerge [ (placed xdg.configHome xdg.configFile) (placed xdg.dataHome xdg.dataFile) ];
}
