# Continues VMs that QEMU paused because the disk of the host was full. QEMU keeps the failed writes, but does not retry them.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (config.microvm) stateDir vms;
  socketOf =
    name: vm:
    let
      inherit ((import ./nixos-of.nix name vm).config.microvm) hypervisor socket;
    in
    if hypervisor == "qemu" then socket else null;
  sockets = lib.filterAttrs (_: socket: socket != null) (
    lib.mapAttrs socketOf (lib.filterAttrs (name: _: config.microvm-emit.vms ? ${name}) vms)
  );

  commandOf = vm: socket: "${pkgs.python3}/bin/python3 ${./resume.py} ${stateDir}/${vm} ${socket}";
  # VMs with this socket share the template. A unit for each VM would be as much to evaluate as the rest of the VM.
  usual = (import ./options.nix { inherit lib; }).socket.default;
in
{
  options.microvm-emit.resumable = lib.mkOption {
    type = lib.types.raw;
    readOnly = true;
    internal = true;
    default = sockets;
    description = "Sockets of the VMs that QEMU can pause, by VM.";
  };

  config.systemd = lib.mkIf (config.microvm.host.enable && sockets != { }) {
    timers."microvm-resume@" = {
      description = "Disk space of MicroVM '%i'";
      unitConfig = {
        BindsTo = "microvm@%i.service";
        After = "microvm@%i.service";
      };
      timerConfig = {
        OnActiveSec = "30s";
        OnUnitInactiveSec = "30s";
        AccuracySec = "10s";
      };
    };
    services = {
      "microvm-resume@" = {
        description = "Continue MicroVM '%i' after its disk was full";
        restartIfChanged = false;
        serviceConfig = (import ../hardening.nix).proxy // {
          Type = "oneshot";
          User = "microvm";
          Group = "kvm";
          PrivateNetwork = true;
          RestrictAddressFamilies = [ "AF_UNIX" ];
          TimeoutStartSec = 30;
          # Without messages of systemd about each start.
          LogLevelMax = "notice";
          ExecStart = commandOf "%i" usual;
        };
      };
    }
    // lib.mapAttrs' (
      name: socket:
      lib.nameValuePair "microvm-resume@${name}" {
        overrideStrategy = "asDropin";
        serviceConfig.ExecStart = [
          ""
          (commandOf name socket)
        ];
      }
    ) (lib.filterAttrs (_: socket: socket != usual) sockets);
  };
}
