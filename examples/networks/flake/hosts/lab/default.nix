# The network and the microVMs of lab.
{ inputs }:
{ lib, ... }:
{
  imports = [
    (lib.modules.importApply ../../microvm-emit { inherit inputs; })
  ]
  ++ lib.filesystem.listFilesRecursive ./vms;

  microvm-emit = {
    user = {
      name = "alice";
      homeDirectory = "/home/alice";
    };

    bridges = {
      br0 = {
        addresses = [
          "192.168.83.1/24"
          "fd00:83::1/64"
        ];
        nat = {
          enable = true;
          externalInterface = "wan0";
          ipv6 = true;
        };
        dhcpServer = {
          PoolOffset = 200;
          PoolSize = 50;
        };
      };
      lan = {
        ports = [ "enp2s0" ];
        dhcp = true;
      };
    };

    vlans."br0.10" = {
      bridge = "br0";
      id = 10;
      addresses = [
        "192.168.10.1/24"
        "fd00:10::1/64"
      ];
    };

    routed = {
      addresses = [
        "10.9.0.1/24"
        "fd00:9::1/64"
      ];
      nat.enable = true;
    };
  };
}
