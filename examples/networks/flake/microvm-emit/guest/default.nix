# Modules for all guests.
{
  imports = [
    ./agent.nix
    ./base.nix
    ./credentials.nix
    ./home-manager.nix
    ./host-clock.nix
    ./page.nix
    ./repository.nix
    ./secrets.nix
    ./ssh.nix
    ./unpatched-binaries.nix
    ./user.nix
    ./writable-store.nix
  ];
}
