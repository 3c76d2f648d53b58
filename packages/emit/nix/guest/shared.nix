# For shared guests, which read their name, network, shares and environment from the kernel command line.
{ config, lib, ... }:
{
  networking.hostName = "";
  system.name = lib.mkDefault "guest";
  microvm.machineId = null;
  # A placeholder for the CID of the VM. Guests start at 3 (linux include/uapi/linux/vm_sockets.h).
  microvm.vsock.cid = lib.mkIf config.microvm.vsock.ssh.enable 3;

  # Copies .network files from credentials to systemd-networkd.
  systemd.additionalUpstreamSystemUnits = [ "systemd-network-generator.service" ];
  systemd.services.systemd-network-generator.wantedBy = [ "sysinit.target" ];

  systemd.tmpfiles.rules = [ "f^ /run/vm-environment 0444 root root - vm.environment" ];
  systemd.services.systemd-tmpfiles-setup.serviceConfig.ImportCredential = [ "vm.environment" ];
  environment.extraInit = ''
    if [ -r /run/vm-environment ]; then
      . /run/vm-environment
    fi
  '';

  assertions =
    let
      remedy = "In microvm-emit's config, set `guest: \"own\"` on the VM, or set this option there.";
    in
    [
      {
        assertion = config.microvm.interfaces == [ ];
        message = "A shared guest cannot set `microvm.interfaces`: all VMs would have the same interfaces. ${remedy}";
      }
      {
        assertion = lib.all (name: !lib.hasPrefix "10-e" name) (
          builtins.attrNames config.systemd.network.networks
        );
        message = "A shared guest cannot set `systemd.network.networks.\"10-e\"`: it would replace the network settings that the guest gets at boot. ${remedy}";
      }
    ]
    ++ map (mountPoint: {
      assertion = false;
      message = "`fileSystems.\"${mountPoint}\"` has no device. In microvm-emit's config, set `neededForBoot: true` if it is a share, or `guest: \"own\"` on the VM.";
    }) (builtins.attrNames (lib.filterAttrs (_: { device, ... }: device == null) config.fileSystems));
}
