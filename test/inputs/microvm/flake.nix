{
  description = "Stand-in for microvm.nix: its options, assertions and units, and runners that carry the facts of a VM";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs";

  outputs = { self, nixpkgs }: {
    lib = import ./lib { inherit (nixpkgs) lib; };
    nixosModules = {
      host = ./nixos-modules/host;
      microvm = ./nixos-modules/microvm;
      microvm-options = ./nixos-modules/microvm/options.nix;
    };
  };
}
