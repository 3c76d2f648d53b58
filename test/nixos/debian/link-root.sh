#!/usr/bin/env bash
# link-root.sh TREE ROOT: links the search paths of Debian programs in ROOT to TREE, which is also in ROOT or at the same path.
set -eu
tree=$1
root=$2
at=$root$tree
[ -d "$at" ] || at=$tree
mkdir -p "$root/usr/bin" "$root/usr/lib" "$root/usr/share/dbus-1" "$root/lib64"

programs=()
for name in mount umount systemctl journalctl udevadm networkctl resolvectl loginctl hostnamectl systemd-tmpfiles \
  systemd-sysusers systemd-hwdb systemd-machine-id-setup systemd-tty-ask-password-agent systemd-ask-password systemd-run \
  systemd-escape systemd-detect-virt systemd-creds systemd-notify systemd-nspawn kmod agetty login bash; do
  programs+=("$tree/bin/$name")
done
ln -sfn "${programs[@]}" "$root/usr/bin"

libraries=()
for entry in "$at"/lib/*; do
  libraries+=("$tree/lib/${entry##*/}")
done
ln -sfn "${libraries[@]}" "$root/usr/lib"
ln -sfn usr/lib "$root/lib"

data=()
for entry in "$at"/share/*; do
  data+=("$tree/share/${entry##*/}")
done
ln -sfn "${data[@]}" "$root/usr/share"
ln -sfn /etc/dbus-1/system.conf /etc/dbus-1/session.conf "$root/usr/share/dbus-1"
ln -sfn "$tree/libexec" "$root/usr/libexec"
ln -sfn "$tree/sbin" "$root/usr/sbin"
ln -sfn "$tree/sbin" "$root/sbin"
ln -sfn "$tree/lib64/ld-linux-x86-64.so.2" "$root/lib64/ld-linux-x86-64.so.2"
