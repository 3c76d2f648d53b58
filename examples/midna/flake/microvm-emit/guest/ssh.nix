# SSH into the guest, and out of it to Git hosts.
{ config, lib, ... }:
{
  options.microvm-emit.sshHostKeys = lib.mkOption {
    type = lib.types.bool;
    default = false;
    description = "Whether the host provides the SSH host key, so that clients still know a rebuilt guest.";
  };

  config = {
    services.openssh = {
      enable = true;
      # Log-in is by key. Root may log in only for `microvm -s`, over vsock.
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

    # Nobody could confirm the key of the host at the first `git clone git@…`.
    programs.ssh.knownHosts = builtins.mapAttrs (_: publicKey: {
      publicKey = lib.mkDefault publicKey;
    }) (lib.importJSON ./git-hosts.json);

    # Without it, `users.mutableUsers = false` needs a password for root.
    users.allowNoPasswordLogin = lib.mkDefault true;
  };
}
