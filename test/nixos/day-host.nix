# The host of the commands' tests: with SSH, Git, Node.js, nixos-rebuild or a stand-in for it, and a provider of an API that is ours.
{ lib, pkgs, ... }:
let
  rebuild = lib.hiPrio (
    pkgs.writeShellScriptBin "nixos-rebuild" (builtins.readFile ./nixos-rebuild.sh)
  );
in
{
  imports = [ ./host.nix ];
  services.openssh.enable = true;
  users.users.root.openssh.authorizedKeys.keyFiles = [ ./key.pub ];
  environment.systemPackages = [
    pkgs.git
    pkgs.nodejs
    pkgs.python3
    rebuild
  ];
  # nixos-rebuild of nixpkgs continues with the program of the flake.
  system.build.nixos-rebuild = lib.mkForce rebuild;
  networking.hosts."203.0.113.30" = [ "api.example" ];
  microvm-emit.gateway.providers.anthropic = {
    host = "api.example";
    hostPort = 8443;
    caFile = "/var/lib/api/cert.pem";
  };
}
