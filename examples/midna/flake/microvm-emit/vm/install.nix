# Installs all VMs by one unit, as root: the runner of a VM is in the folder that its hypervisor writes to. microvm.nix has a unit and two
# scripts for each VM, which Nix would evaluate and write for each VM.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (config.microvm) stateDir;
  installed = import ./installed.nix { inherit lib config; };
  systems = lib.mapAttrs (
    name: vm:
    let
      guest = (import ./nixos-of.nix name vm).config;
    in
    {
      current = guest.microvm.declaredRunner;
      inherit (guest.system.build) toplevel;
    }
  ) installed;
in
{
  config = lib.mkIf (config.microvm.host.enable && installed != { }) {
    environment.etc."microvm/install.json".text = builtins.toJSON systems;

    systemd.services = {
      microvm-install = {
        description = "Install MicroVMs";
        wantedBy = [ "microvms.target" ];
        serviceConfig = (import ../hardening.nix).files // {
          Type = "oneshot";
          ExecStart = "${pkgs.python3}/bin/python3 ${./state}/install.py /etc/microvm/install.json ${stateDir}";
          ProtectSystem = true;
        };
      };
    }
    //
      lib.genAttrs
        [
          "microvm@"
          "microvm-macvtap-interfaces@"
          "microvm-pci-devices@"
          "microvm-set-booted@"
          "microvm-tap-interfaces@"
          "microvm-virtiofsd@"
        ]
        (_: {
          after = [ "microvm-install.service" ];
        });
  };
}
