#!/usr/bin/env bash
# boot-host.sh TREE TOPLEVEL FOLDER: runs a NixOS host as a container of systemd-nspawn until it powers off. FOLDER/root is its root, FOLDER/nspawn.pid
# the process id of systemd-nspawn.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tree=$1 toplevel=$2 folder=$3
export root=$folder/root
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# Otherwise two hosts would use the same control groups.
group=/sys/fs/cgroup/$(basename "$folder")
mkdir -p "$group"
# systemd-nspawn takes the group of the first process for the root of the hierarchy.
for process in 1 $$; do
  echo "$process" >"$group/cgroup.procs"
done

mkdir -p "$root"/{etc,home,nix,proc,run,sys,tmp,var}
bash "$here/debian/link-root.sh" "$tree" "$root"
# A unit that protects modules mounts over them in the store, and virtiofsd would serve that mount.
rm "$root/usr/lib/modules"
# systemd-nspawn reads this file before /nix is mounted.
rm "$root/usr/lib/os-release"
echo 'ID=nixos' >"$root/usr/lib/os-release"
mkdir -p /nix/var/nix/profiles
[ -e /nix/var/nix/profiles/system ] || env NIX_CONFIG="build-users-group =" nix-env --profile /nix/var/nix/profiles/system --set "$toplevel"
echo $$ >"$folder/nspawn.pid"
# The root of the mounted hierarchy must be the root of the namespace.
exec unshare --cgroup --mount bash -euc '
  umount /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  exec systemd-nspawn "$@" </dev/null' bash \
  --quiet --directory="$root" --bind=/nix --bind=/dev/net/tun --private-network --capability=all --register=no --keep-unit \
  --resolv-conf=off --timezone=off --link-journal=no --console=pipe --kill-signal=SIGRTMIN+3 \
  --setenv=PATH=/run/current-system/sw/bin "$toplevel/init"
