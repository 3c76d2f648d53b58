# A share in which all that the guest writes is one user's on the host. Root of the guest could leave setuid programs of
# root's and devices there otherwise, since virtiofsd runs as root.
{ uid, gid }:
share:
share
// {
  # virtiofsd translates owners or has ACLs, not both.
  posixAcl = false;
  extraArgs = [
    "--translate-uid=squash-guest:0:${toString uid}:4294967295"
    "--translate-gid=squash-guest:0:${toString gid}:4294967295"
  ]
  ++ share.extraArgs or [ ];
}
