# Support for programs that were built for other distributions, such as downloads of npm, PyPI and VS Code.
{
  config,
  lib,
  pkgs,
  ...
}:
{
  options.microvm-emit.unpatchedBinaries = lib.mkEnableOption "support for programs that were built for other distributions (nix-ld, and `/bin/bash`)";

  config = lib.mkIf config.microvm-emit.unpatchedBinaries {
    programs.nix-ld.enable = lib.mkDefault true;

    # Many scripts begin with `#!/bin/bash`. envfs provides all of /bin and /usr/bin.
    systemd.tmpfiles.settings.bin-bash = lib.mkIf (!config.services.envfs.enable) {
      "/bin/bash"."L+".argument = "${pkgs.bashInteractive}/bin/bash";
    };
  };
}
