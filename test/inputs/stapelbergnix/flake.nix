{
  description = "Stand-in for stapelberg/nix: the modules of the article, in effect";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs";

  outputs = { self, nixpkgs }: {
    lib = {
      userSettings = import ./user-settings.nix;
      systemdNetwork = import ./systemd-network.nix;
      systemdBoot = import ./systemd-boot.nix;
      prometheusNode = import ./prometheus-node.nix;
      emacsWithPackages = { pkgs }: pkgs.emacs.pkgs.withPackages (epkgs: [ epkgs.magit epkgs.nix-mode epkgs.go-mode ]);
    };
  };
}
