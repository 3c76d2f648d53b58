# A VM as in the documentation of microvm.nix, for bench/boot.ts: the guest of its flake template, with the shares and the network of its
# example host, and an SSH server.

{ lib, ... }:
{
  microvm.vms.example.config = {
    networking.hostName = "example";
    system.stateVersion = "25.11";
    microvm = {
      hypervisor = "qemu";
      socket = "control.socket";
      # As in the other VM, because both are emulated.
      cpu = "max";
      mem = 1024;
      kernelParams = lib.importJSON ./kernel-params.json;
      volumes = [
        {
          mountPoint = "/var";
          image = "var.img";
          size = 256;
        }
      ];
      shares = [
        {
          proto = "virtiofs";
          tag = "ro-store";
          source = "/nix/store";
          mountPoint = "/nix/.ro-store";
        }
      ];
      interfaces = [
        {
          type = "tap";
          id = "vm-example";
          mac = "02:00:00:01:01:01";
        }
      ];
    };
    systemd.network = {
      enable = true;
      networks."10-e" = {
        matchConfig.PermanentMACAddress = "02:00:00:01:01:01";
        address = [ "10.0.0.2/24" ];
      };
    };
    services.openssh = {
      enable = true;
      settings.PermitRootLogin = "yes";
      # By default, each boot would also generate an RSA key, which takes minutes under emulation.
      hostKeys = [
        {
          path = "/etc/ssh/ssh_host_ed25519_key";
          type = "ed25519";
        }
      ];
    };
    users.users.root.openssh.authorizedKeys.keyFiles = [ ./key.pub ];
  };

  systemd.network = {
    netdevs.virbr0.netdevConfig = {
      Kind = "bridge";
      Name = "virbr0";
    };
    networks.virbr0 = {
      matchConfig.Name = "virbr0";
      addresses = [ { Address = "10.0.0.1/24"; } ];
    };
    networks.microvm-example = {
      matchConfig.Name = "vm-example";
      networkConfig.Bridge = "virbr0";
    };
  };
}
