# The host of the commands' tests: with SSH, Git, Node.js, a stand-in for nixos-rebuild, and a provider of an API that is ours.
{ lib, pkgs, ... }:
{
  imports = [ ./host.nix ];
  services.openssh.enable = true;
  users.users.root.openssh.authorizedKeys.keyFiles = [ ./key.pub ];
  environment.systemPackages = [
    pkgs.git
    pkgs.nodejs
    pkgs.python3
    (lib.hiPrio (pkgs.writeShellScriptBin "nixos-rebuild" (builtins.readFile ./nixos-rebuild.sh)))
  ];
  networking.hosts."203.0.113.30" = [ "api.example" ];
  microvm-emit.gateway.providers.anthropic = {
    host = "api.example";
    hostPort = 8443;
    caFile = "/var/lib/api/cert.pem";
  };
}
