# SSH server of the guest, and host keys of Git hosts.
{ config, lib, ... }:
{
  options.microvm-emit.sshHostKeys = lib.mkOption {
    type = lib.types.bool;
    default = false;
    description = "Whether the guest uses the SSH host key in `/etc/ssh/host-keys`, a share of the host. Set from `microvm-emit.vms.<name>.sshHostKeys` of the host.";
  };

  config = {
    services.openssh = {
      enable = true;
      # Users log in with a key. Root can log in only for `microvm -s`, over vsock.
      settings = {
        PasswordAuthentication = lib.mkDefault false;
        KbdInteractiveAuthentication = lib.mkDefault false;
        PermitRootLogin = lib.mkIf (!config.microvm.vsock.ssh.enable) (lib.mkDefault "no");
      };
      hostKeys = lib.mkIf config.microvm-emit.sshHostKeys [
        {
          path = "/etc/ssh/host-keys/ssh_host_ed25519_key";
          type = "ed25519";
        }
      ];
    };

    # Otherwise the first `git clone git@…` asks to verify a host key, which an agent cannot do.
    programs.ssh.knownHosts = builtins.mapAttrs (_: publicKey: {
      publicKey = lib.mkDefault publicKey;
    }) (lib.importJSON ./git-hosts.json);

    # Otherwise `users.mutableUsers = false` needs a password for root.
    users.allowNoPasswordLogin = lib.mkDefault true;
  };
}
