# A NixOS module for systems of Debian programs: these find each other, their libraries and their data below /usr.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  tree = import ../../debian/tree.nix {
    inherit (pkgs.stdenv.hostPlatform) system;
    inherit (lib.importJSON ../../debian/facts.json) hash;
  };
in
{
  environment.stub-ld.enable = false;
  environment.ldso = "${tree}/lib64/ld-linux-x86-64.so.2";
  # Debian has no nsncd, systemd-vconsole-setup and systemd-timesyncd in these packages.
  services.nscd.enableNsncd = false;
  console.enable = false;
  services.timesyncd.enable = false;
  systemd.coredump.enable = false;
  services.logrotate.enable = false;
  systemd.services.systemd-journal-catalog-update.enable = false;
  documentation.enable = lib.mkDefault false;
  fonts.fontconfig.enable = lib.mkDefault false;

  # Debian's bash and zsh have other names for these files, also without a terminal over SSH.
  environment.etc = lib.mapAttrs (_: file: { text = "[ ! -e /etc/${file} ] || . /etc/${file}\n"; }) {
    "bash.bashrc" = "bashrc";
    "zsh/zlogin" = "zlogin";
    "zsh/zprofile" = "zprofile";
    "zsh/zshenv" = "zshenv";
    "zsh/zshrc" = "zshrc";
  };

  # Debian's sshd separates its privileges in this folder.
  systemd.tmpfiles.rules = [ "d /run/sshd 0755 root root -" ];

  boot.initrd.systemd.strip = false;
  boot.initrd.systemd.services.debian-root = lib.mkIf config.boot.initrd.systemd.enable {
    description = "Paths of Debian programs";
    requiredBy = [ "initrd-nixos-activation.service" ];
    before = [
      "initrd-nixos-activation.service"
      "initrd-switch-root.target"
      "shutdown.target"
    ];
    conflicts = [ "shutdown.target" ];
    after = [
      "initrd-fs.target"
      "sysroot.mount"
    ];
    unitConfig.DefaultDependencies = false;
    serviceConfig.Type = "oneshot";
    script = builtins.readFile ../../debian/link-root.sh;
    scriptArgs = "${tree} /sysroot";
  };
}
