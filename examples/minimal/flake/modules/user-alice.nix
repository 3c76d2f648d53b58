{
  users.users.alice = {
    openssh.authorizedKeys.keys = [
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice@workstation"
    ];
  };
}
