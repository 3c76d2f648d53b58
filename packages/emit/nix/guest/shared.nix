# For guests that several VMs share: name, network, shares and environment come from the kernel's command line.
{ config, lib, ... }:
{
  networking.hostName = "";
  system.name = lib.mkDefault "guest";
  microvm.machineId = null;
  # A placeholder: each VM has its own CID (linux include/uapi/linux/vm_sockets.h: guests begin at 3).
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
      own = "In microvm-emit's config, give the VM `guest: \"own\"`, or write it there.";
    in
    [
      {
        assertion = config.microvm.interfaces == [ ];
        message = "A guest that VMs share has no `microvm.interfaces`: they would all have the same. ${own}";
      }
      {
        assertion = lib.all (name: !lib.hasPrefix "10-e" name) (
          builtins.attrNames config.systemd.network.networks
        );
        message = "`systemd.network.networks.\"10-e\"` would replace what a guest learns of its network at boot. ${own}";
      }
    ]
    ++ map (mountPoint: {
      assertion = false;
      message = "`fileSystems.\"${mountPoint}\"` has no device. If it is a share, set `neededForBoot: true` on it in microvm-emit's config, or give the VM `guest: \"own\"`.";
    }) (builtins.attrNames (lib.filterAttrs (_: { device, ... }: device == null) config.fileSystems));
}
