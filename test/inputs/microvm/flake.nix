{
  description = "Stand-in for microvm.nix: its options, assertions and units, and runners that carry the facts of a VM";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs";

  outputs = { self, nixpkgs }: {
    lib = import ./lib.nix { inherit (nixpkgs) lib; };
    nixosModules = {
      host = ./host.nix;
      microvm = ./guest.nix;
      microvm-options = ./guest-options.nix;
    };
  };
}
