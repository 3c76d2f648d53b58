{
  description = "NixOS hosts and their microVMs";

  inputs = {
    nixpkgs.url = "github:nixos/nixpkgs/nixos-25.11";
    nixpkgs-unstable.url = "github:nixos/nixpkgs/nixos-unstable";
    microvm = {
      url = "github:microvm-nix/microvm.nix";
      inputs.nixpkgs.follows = "nixpkgs";
    };
    home-manager = {
      url = "github:nix-community/home-manager/release-25.11";
      inputs.nixpkgs.follows = "nixpkgs";
    };
    configfiles = {
      url = "github:stapelberg/configfiles";
      flake = false;
    };
    stapelbergnix = {
      url = "github:stapelberg/nix";
      inputs.nixpkgs.follows = "nixpkgs";
    };
    zkjnastools = {
      url = "github:stapelberg/zkj-nas-tools";
      inputs.nixpkgs.follows = "nixpkgs";
    };
  };

  outputs =
    { self, nixpkgs, ... }@inputs:
    {
      # The network and the microVMs of midna, usable from another flake.
      nixosModules.midna = nixpkgs.lib.modules.importApply ./hosts/midna { inherit inputs; };

      nixosConfigurations.midna = nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        specialArgs = { inherit inputs; };
        modules = [
          ../configuration.nix
          inputs.stapelbergnix.lib.userSettings
          inputs.stapelbergnix.lib.systemdNetwork
          inputs.stapelbergnix.lib.systemdBoot
          inputs.stapelbergnix.lib.prometheusNode
          inputs.zkjnastools.nixosModules.zkjbackup
          self.nixosModules.midna
          {
            networking.hostName = nixpkgs.lib.mkDefault "midna";
            system.stateVersion = nixpkgs.lib.mkDefault "25.11";
          }
        ];
      };
    };
}
