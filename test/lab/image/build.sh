#!/bin/sh
# build.sh FOLDER: builds a Debian guest as root.ext4, vmlinuz and initrd from Debian packages and the files beside this
# script, and virtiofsd of the same Debian release for the host.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
root=$scratch/root

# The kernel is downloaded but not installed, because its package would install initramfs-tools and all modules.
cat >"$scratch/download" <<'HOOK'
#!/bin/sh
exec chroot "$1" sh -c 'cd /var/tmp &&
  apt-get download -q "$(apt-cache depends linux-image-cloud-amd64 | sed -n "s/.*Depends: \(linux-image-.*\)/\1/p")" \
    virtiofsd libc6 libcap-ng0 libgcc-s1 libseccomp2'
HOOK
chmod +x "$scratch/download"

mmdebstrap --quiet --variant=minbase --mode=root \
  --include=iproute2,iputils-ping,kmod,nftables,openssh-server,python3-dnspython,systemd,systemd-sysv,udev,virtiofsd \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --aptopt='Acquire::Languages "none"' \
  --customize-hook="$scratch/download" \
  trixie "$root" \
  "$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' | head -n 1)"

dpkg-deb --extract "$root"/var/tmp/linux-image-*.deb "$scratch/kernel"
rm "$root"/var/tmp/linux-image-*.deb
for package in "$root"/var/tmp/*.deb; do
  dpkg-deb --extract "$package" "$scratch/host"
  rm "$package"
done
mkdir "$out/virtiofsd"
cp "$scratch"/host/usr/libexec/virtiofsd "$scratch"/host/usr/lib/x86_64-linux-gnu/*.so.* "$out/virtiofsd"
cp "$scratch"/kernel/boot/vmlinuz-* "$out/vmlinuz"

modules=$(echo "$scratch"/kernel/usr/lib/modules/*/kernel)
mkdir -p "$scratch"/initrd/bin "$scratch"/initrd/dev "$scratch"/initrd/modules "$scratch"/initrd/new \
  "$scratch"/initrd/proc "$scratch"/initrd/sys
cp "$(command -v busybox)" "$scratch/initrd/bin/busybox"
cp "$here/init" "$scratch/initrd/init"
chmod +x "$scratch/initrd/init"
for module in drivers/virtio/virtio_mmio drivers/block/virtio_blk net/core/failover drivers/net/net_failover \
  drivers/net/virtio_net fs/overlayfs/overlay; do
  xz --decompress --stdout "$modules/$module.ko.xz" >"$scratch/initrd/modules/${module##*/}.ko"
done
(cd "$scratch/initrd" && find . | cpio --create --format=newc --quiet) >"$out/initrd"

# Modules for a guest that acts as a host: bridges and nftables.
version=$(basename "${modules%/kernel}")
own=$root/usr/lib/modules/$version
mkdir -p "$own"
(
  cd "$modules/.."
  cp -R --parents modules.builtin* modules.order kernel/lib/libcrc32c.ko.xz kernel/drivers/net/dummy.ko.xz \
    kernel/drivers/net/veth.ko.xz kernel/net/802 kernel/net/8021q kernel/net/bridge kernel/net/ipv4/netfilter \
    kernel/net/ipv6/netfilter kernel/net/llc kernel/net/netfilter "$own"
)
find "$own" -name '*.ko.xz' -exec xz --decompress {} +
chroot "$root" depmod "$version"

# As in a shared NixOS guest: no host name, and SSH host keys only from a share.
rm -f "$root/etc/hostname" "$root"/etc/ssh/ssh_host_*
: >"$root/etc/machine-id"
cp -R "$here/root/." "$root"
chmod +x "$root/usr/local/sbin/lab-agent"

# Units that a guest without hardware does not need. With emulation, each takes about 0.1 seconds.
while read -r unit; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done <"$here/masked-units"
mkdir -p "$root/etc/systemd/system-generators"
for generator in "$root"/usr/lib/systemd/system-generators/*; do
  name=${generator##*/}
  [ "$name" = systemd-fstab-generator ] || ln -sf /dev/null "$root/etc/systemd/system-generators/$name"
done

# Rules for disks, sound, keyboards and similar devices, which udev would check for every device.
for rules in "$root"/usr/lib/udev/rules.d/*; do
  case ${rules##*/} in
    50-udev-default.rules | 75-net-description.rules | 80-net-setup-link.rules | 99-systemd.rules) ;;
    *) rm "$rules" ;;
  esac
done

truncate -s 320M "$out/root.ext4"
mke2fs -q -t ext4 -O ^has_journal -d "$root" "$out/root.ext4"
