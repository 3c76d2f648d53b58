#!/usr/bin/env bash
# unpack.sh DEBS TREE: unpacks usr/ of the .debs in DEBS to one prefix (TREE/bin, TREE/lib, …), with the file list of each package
# in TREE/debs. Maintainer scripts do not run. This script does the needed part of their work.
set -euo pipefail
debs=$1
tree=$2
raw=$tree.raw
rm -rf "$raw" "$tree"
mkdir -p "$raw/debs"
for deb in "$debs"/*.deb; do
  name=$(dpkg-deb --field "$deb" Package)
  dpkg-deb --fsys-tarfile "$deb" | tee >(tar --list >"$raw/debs/$name") |
    tar --extract --directory "$raw" --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' \
      --exclude='./usr/share/locale/*' --exclude='./usr/share/info/*' --exclude='./usr/share/i18n/*'
done
mkdir "$tree"
mv "$raw"/usr/* "$tree"
mv "$raw/etc" "$tree/debian-etc"
mv "$raw/boot" "$tree/boot"
mv "$raw/debs" "$tree/debs"
sed -i -n 's,^\./usr/\(.*[^/]\)$,\1,p' "$tree"/debs/*
rm -rf "$raw"

# Alternatives that maintainer scripts would choose.
ln -sf gawk "$tree/bin/awk"
ln -sf gawk "$tree/bin/nawk"
for tool in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
  ln -sf xtables-nft-multi "$tree/sbin/$tool"
done

# The store path of the tree is a hash of its content, so the tree cannot contain the path. /usr/libexec is a symlink to its libexec.
grep -rlIZ --exclude-dir=debs --max-count=1 -E '^#! ?/(usr/)?bin/' "$tree" |
  xargs -0 -r sed -i -E '1s,^#! ?/(usr/)?bin/,#!/usr/libexec/../bin/,'
find "$tree" -type l -lname '/*' -printf '%p %l\n' | while read -r link target; do
  case $target in
  /usr/*) ln -sfn --relative "$tree/${target#/usr/}" "$link" ;;
  /bin/* | /sbin/* | /lib/* | /lib64/*) ln -sfn --relative "$tree$target" "$link" ;;
  esac
done

# NixOS takes these from packages one by one. In the search paths of Debian's programs, all of them would apply.
for folder in lib/systemd/{system,user,network,system-preset,user-preset,system-generators,user-generators} \
  lib/systemd/{resolved,system,logind,journald,networkd}.conf.d lib/udev/rules.d lib/tmpfiles.d lib/sysctl.d \
  lib/sysusers.d lib/modules-load.d lib/modprobe.d lib/environment.d lib/pam.d share/dbus-1 share/polkit-1; do
  if [ -e "$tree/$folder" ]; then
    mkdir -p "$tree/upstream/${folder%/*}"
    mv "$tree/$folder" "$tree/upstream/$folder"
  fi
done
# nixpkgs' systemd finds its own generators and the rules of udev by itself.
mkdir -p "$tree"/lib/systemd/{system,user}-generators "$tree/lib/udev/rules.d"
for generator in debug fstab getty gpt-auto hibernate-resume run ssh; do
  cp "$tree/upstream/lib/systemd/system-generators/systemd-$generator-generator" "$tree/lib/systemd/system-generators"
done
sed -n 's,^lib/udev/rules\.d/,,p' "$tree/debs/udev" "$tree/debs/systemd" | while read -r name; do
  mv "$tree/upstream/lib/udev/rules.d/$name" "$tree/lib/udev/rules.d"
done

chmod -R u+w,a+rX "$tree"
find "$tree" -perm /6000 -exec chmod ug-s {} +
# The machine that runs this can have an older C library than the tree.
for release in "$tree"/lib/modules/*; do
  "$tree/lib64/ld-linux-x86-64.so.2" --library-path "$tree/lib/x86_64-linux-gnu" --argv0 depmod "$tree/bin/kmod" \
    --basedir "$tree" --all "${release##*/}"
done
