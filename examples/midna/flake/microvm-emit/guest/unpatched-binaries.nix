# Runs programs that were built for other distributions, as npm, PyPI and VS Code download them.
{
  config,
  lib,
  pkgs,
  ...
}:
{
  options.microvm-emit.unpatchedBinaries = lib.mkEnableOption "programs that were built for other distributions";

  config = lib.mkIf config.microvm-emit.unpatchedBinaries {
    programs.nix-ld.enable = lib.mkDefault true;

    # Many scripts begin with `#!/bin/bash`. envfs provides it and all else of /bin and /usr/bin.
    systemd.tmpfiles.settings.bin-bash = lib.mkIf (!config.services.envfs.enable) {
      "/bin/bash"."L+".argument = "${pkgs.bashInteractive}/bin/bash";
    };
  };
}
