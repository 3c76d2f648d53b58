# Transport of secrets to a guest. QEMU passes systemd credentials. Other hypervisors use a share that only root in the guest can read.
{
  byCredential = hypervisor: hypervisor == "qemu";
  # The folder of the host with the secrets of a VM.
  directoryOf = name: "/run/microvm-secrets/${name}";
  # The mount point of the share in the guest.
  mountPoint = "/run/host-secrets";
}
