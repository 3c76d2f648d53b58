{
  description = "Emits a NixOS flake from a typed description of hosts and their microVMs";

  # There is no flake.lock yet: `nix flake lock` writes one where the network can be reached.
  inputs.nixpkgs.url = "github:nixos/nixpkgs/nixos-25.11";

  outputs =
    { self, nixpkgs }:
    let
      forEachSystem =
        f:
        nixpkgs.lib.genAttrs [
          "aarch64-linux"
          "x86_64-linux"
        ] (system: f nixpkgs.legacyPackages.${system});
    in
    {
      packages = forEachSystem (pkgs: {
        default = pkgs.callPackage ./package.nix { };
      });

      devShells = forEachSystem (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.nix
            pkgs.nixfmt
            pkgs.nodejs
          ];
        };
      });

      formatter = forEachSystem (pkgs: pkgs.nixfmt);

      templates.default = {
        path = ./templates/default;
        description = "A host with one microVM, described in TypeScript";
        welcomeText = ''
          Copy your host's configuration, edit `microvm.config.ts`, and write the flake:

              cp /etc/nixos/*.nix .
              npm install
              npm run emit
        '';
      };
    };
}
