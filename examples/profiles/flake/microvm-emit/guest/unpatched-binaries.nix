# Support for programs built for other distributions, such as binaries from npm, PyPI and VS Code.
{
  config,
  lib,
  pkgs,
  ...
}:
{
  options.microvm-emit.unpatchedBinaries = lib.mkEnableOption "support for programs built for other distributions (nix-ld, and `/bin/bash`)";

  config = lib.mkIf config.microvm-emit.unpatchedBinaries {
    programs.nix-ld.enable = lib.mkDefault true;

    # Many scripts begin with `#!/bin/bash`. With envfs, /bin/bash already exists.
    systemd.tmpfiles.settings.bin-bash = lib.mkIf (!config.services.envfs.enable) {
      "/bin/bash"."L+".argument = "${pkgs.bashInteractive}/bin/bash";
    };
  };
}
