{ inputs, pkgs, ... }:
{
  programs.emacs = {
    enable = true;
    package = inputs.stapelbergnix.lib.emacsWithPackages { inherit pkgs; };
  };
  home.file.".config/emacs".source = "${inputs.configfiles}/config/emacs";
}
