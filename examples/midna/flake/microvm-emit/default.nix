# NixOS module for hosts of coding-agent microVMs. options.md describes the options.
{ inputs }:
{
  imports = [
    ./user.nix
    ./network
    ./policy
    ./resolver
    ./gateway
    ./vm
    (import ./vm/microvm-host.nix inputs.microvm)
  ];

  microvm-emit.specialArgs = { inherit inputs; };
}
