{
  description = "Stand-in for home-manager: the NixOS module, and the home options that guests of ours use";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs";

  outputs = { self, nixpkgs }: {
    nixosModules = rec {
      home-manager = ./nixos.nix;
      default = home-manager;
    };
  };
}
