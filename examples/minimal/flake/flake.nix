{
  description = "NixOS hosts and their microVMs";

  inputs = {
    nixpkgs.url = "github:nixos/nixpkgs/nixos-26.05";
    nixpkgs-unstable.url = "github:nixos/nixpkgs/nixos-unstable";
    microvm = {
      url = "github:microvm-nix/microvm.nix";
      inputs.nixpkgs.follows = "nixpkgs";
    };
  };

  outputs =
    { self, nixpkgs, ... }@inputs:
    {
      # The network and the microVMs of workstation, usable from another flake.
      nixosModules.workstation = nixpkgs.lib.modules.importApply ./hosts/workstation { inherit inputs; };

      nixosConfigurations.workstation = nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        specialArgs = { inherit inputs; };
        modules = [
          ../configuration.nix
          self.nixosModules.workstation
          {
            networking.hostName = nixpkgs.lib.mkDefault "workstation";
            system.stateVersion = nixpkgs.lib.mkDefault "26.05";
          }
        ];
      };
    };
}
