#!/bin/sh
# build.sh FOLDER: builds a Debian with systemd, sshd and tmux as FOLDER/root.
set -eu
mkdir "$1/root"
here=$(cd "$(dirname "$0")" && pwd)
mmdebstrap --quiet --variant=minbase --mode=root \
  --include=dbus,direnv,git,git-lfs,iproute2,libstdc++6,make,nftables,openssh-client,openssh-server,procps,python3,python3-dnspython,python3-pytest,rsync,starship,sudo,systemd,systemd-sysv,tmux,vim-tiny,zsh \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --aptopt='Acquire::Languages "none"' \
  trixie "$1/root" \
  "$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' | head -n 1)"
rm -f "$1"/root/etc/ssh/ssh_host_*
cp -R "$here/root/." "$1/root"
# Its network is made from outside, and sshd starts when its keys are there.
for unit in systemd-networkd.service systemd-modules-load.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer; do
  ln -sf /dev/null "$1/root/etc/systemd/system/$unit"
done
chroot "$1/root" useradd --create-home --shell /bin/bash alice
# A locked account could not log in with a key.
chroot "$1/root" usermod --password '*' alice
chroot "$1/root" groupadd --system kvm
chroot "$1/root" useradd --system --gid kvm --home-dir /var/lib/microvms microvm
echo 'alice ALL=(ALL) NOPASSWD: ALL' >"$1/root/etc/sudoers.d/alice"
