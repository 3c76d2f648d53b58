{
  description = "NixOS hosts and their microVMs";

  inputs = {
    nixpkgs.url = "github:nixos/nixpkgs/nixos-26.05";
    microvm = {
      url = "github:microvm-nix/microvm.nix";
      inputs.nixpkgs.follows = "nixpkgs";
    };
  };

  outputs =
    { self, nixpkgs, ... }@inputs:
    {
      # The network and the microVMs of lab, usable from another flake.
      nixosModules.lab = nixpkgs.lib.modules.importApply ./hosts/lab { inherit inputs; };

      nixosConfigurations.lab = nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        specialArgs = { inherit inputs; };
        modules = [
          ../configuration.nix
          self.nixosModules.lab
          {
            networking.hostName = nixpkgs.lib.mkDefault "lab";
            system.stateVersion = nixpkgs.lib.mkDefault "26.05";
          }
        ];
      };
    };
}
