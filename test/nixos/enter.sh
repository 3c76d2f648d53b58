#!/usr/bin/env bash
# enter.sh TREE NIX FOLDERS COMMAND…: runs a command as root in a separate mount namespace, with the Debian programs of TREE in
# /usr, NIX at /nix, and FOLDERS (separated by colons) at their own paths.
set -euo pipefail
export tree=$1 nix=$2 folders=$3
shift 3
exec unshare --mount --propagation private bash -euc '
  # The root is the root of a file system, because virtiofsd changes it, which is refused in a chroot.
  root=/mnt
  mount -t tmpfs -o mode=0755 root "$root"
  cd "$root"
  mkdir -p nix proc dev sys tmp etc root run var/tmp usr/{bin,sbin,lib,lib64,share,libexec}
  chmod 1777 tmp var/tmp
  ln -s usr/bin usr/sbin usr/lib usr/lib64 .
  echo "root:x:0:0::/root:/bin/bash" >etc/passwd
  echo "root:x:0:" >etc/group
  echo "hosts: files" >etc/nsswitch.conf
  for name in bin sbin lib lib64 share libexec; do
    mount --bind "$tree/$name" "usr/$name"
    mount -o remount,bind,ro "usr/$name"
  done
  mount --bind "$nix" nix
  for name in dev proc sys; do
    mount --rbind "/$name" "$name"
  done
  mkdir run/outside
  IFS=:
  for folder in $folders; do
    mkdir -p "$root$folder"
    mount --rbind "$folder" "$root$folder"
  done
  pivot_root . run/outside
  umount -l /run/outside
  exec /usr/bin/env -i PATH=/usr/bin:/usr/sbin HOME=/root TERM=dumb LANG=C.UTF-8 "$@"' bash "$@"
