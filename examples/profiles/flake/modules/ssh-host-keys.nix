{
  # Shared by the host, so that a rebuilt guest is still the one its clients know.
  services.openssh.hostKeys = [
    {
      path = "/etc/ssh/host-keys/ssh_host_ed25519_key";
      type = "ed25519";
    }
  ];
}
