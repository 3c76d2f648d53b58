# environment.*, time, i18n, console, documentation, fonts, hardware.
{ lib, pkgs, ... }:
let
  inherit (lib) mkIf types;
  inherit (types) either int lines listOf nullOr oneOf package path str submodule;
  inherit (lib.declare) flag many maybe named option required;

  variable = oneOf [ (listOf (oneOf [ int str path ])) int str path ];

  file = submodule ({ name, config, ... }: {
    options = {
      enable = flag true;
      target = option str name;
      text = maybe lines;
      source = required path;
      mode = option str "symlink";
      user = option str "+0";
      group = option str "+0";
      uid = option int 0;
      gid = option int 0;
    };
    config.source = mkIf (config.text != null) (lib.mkDefault (pkgs.writeText "etc-${baseNameOf name}" config.text));
  });
in
{
  options = {
    environment = {
      systemPackages = many package;
      defaultPackages = many package;
      pathsToLink = many str;
      variables = named variable;
      sessionVariables = named variable;
      shellAliases = named (nullOr (either str path));
      shellInit = option lines "";
      extraInit = option lines "";
      loginShellInit = option lines "";
      interactiveShellInit = option lines "";
      shells = many (either types.shellPackage path);
      localBinInPath = flag false;
      homeBinInPath = flag false;
      etc = named file;
    };

    time = { timeZone = maybe (types.strMatching "[^ ]*"); hardwareClockInLocalTime = flag false; };
    i18n = {
      defaultLocale = option str "en_US.UTF-8";
      supportedLocales = option (listOf str) [ "C.UTF-8/UTF-8" "en_US.UTF-8/UTF-8" ];
      extraLocaleSettings = named str;
    };
    console = { keyMap = option (either str path) "us"; font = maybe (either str path); };
    documentation = {
      enable = flag true;
      dev.enable = flag false;
      doc.enable = flag true;
      info.enable = flag true;
      man = { enable = flag true; generateCaches = flag false; man-db.enable = flag true; };
      nixos = { enable = flag true; includeAllModules = flag false; };
    };
    fonts.fontconfig.enable = flag false;
    xdg = lib.genAttrs [ "autostart" "icons" "mime" "sounds" ] (_: { enable = flag true; });
    hardware = {
      ksm.enable = flag false;
      enableRedistributableFirmware = flag false;
      cpu.intel.updateMicrocode = flag false;
      cpu.amd.updateMicrocode = flag false;
      graphics.enable = flag false;
    };
  };
}
