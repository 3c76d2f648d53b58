{ pkgs, ... }:
{
  time.timeZone = "Europe/Zurich";
  i18n.defaultLocale = "en_US.UTF-8";
  i18n.supportedLocales = [ "en_DK.UTF-8/UTF-8" "en_US.UTF-8/UTF-8" ];

  users.users.michael = {
    isNormalUser = true;
    extraGroups = [ "wheel" ];
    shell = pkgs.zsh;
    openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEab michael@example" ];
  };

  environment.systemPackages = [ pkgs.git pkgs.rsync pkgs.vim pkgs.zsh ];
  programs.zsh.enable = true;
  services.openssh.enable = true;

  nix.settings.trusted-users = [ "michael" "root" ];
  nix.settings.experimental-features = [ "nix-command" "flakes" ];
  nix.gc = { automatic = true; dates = "weekly"; options = "--delete-older-than 7d"; };
}
