# The hardware of the host in examples/midna, and emulation instead of cloud-hypervisor, which needs KVM. key.pub and kernel-params.json are
# written by the test.
{ lib, ... }:
let
  emulated = {
    vsockCid = lib.mkForce null;
    config = {
      users.users.michael.openssh.authorizedKeys.keyFiles = [ ./key.pub ];
      microvm = {
        hypervisor = lib.mkForce "qemu";
        cpu = "max";
        mem = lib.mkForce 1024;
        vcpu = lib.mkForce 1;
        kernelParams = lib.importJSON ./kernel-params.json;
      };
    };
  };
in
{
  imports = [ ./container.nix ];
  boot.loader.systemd-boot.enable = lib.mkForce false;
  boot.loader.efi.canTouchEfiVariables = lib.mkForce false;
  users.groups.michael.gid = 1000;
  users.users.michael = {
    uid = 1000;
    group = "michael";
  };
  microvm-emit.vms = {
    emacsvm = emulated;
    goprotobufvm = emulated;
  };
}
