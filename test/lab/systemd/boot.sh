#!/usr/bin/env bash
# boot.sh ROOT FOLDER [BIND…]: runs the Debian of ROOT as a container of systemd-nspawn until it powers off. Its changes go to FOLDER/changes, the
# process id of systemd-nspawn to FOLDER/nspawn.pid. Each BIND is a folder or file that the container sees read-only.
set -euo pipefail
base=$1 folder=$2
shift 2
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# Otherwise two containers would use the same control groups.
group=/sys/fs/cgroup/$(basename "$folder")
mkdir -p "$group"
# systemd-nspawn takes the group of the first process for the root of the hierarchy.
for process in 1 $$; do
  echo "$process" >"$group/cgroup.procs"
done

mkdir -p "$folder"/{changes,work,root}
mount -t overlay overlay -o "lowerdir=$base,upperdir=$folder/changes,workdir=$folder/work" "$folder/root"
binds=()
for bind in "$@"; do
  binds+=("--bind-ro=$bind")
done
echo $$ >"$folder/nspawn.pid"
# The root of the mounted hierarchy must be the root of the namespace.
exec unshare --cgroup --mount bash -euc '
  umount /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  exec systemd-nspawn "$@" </dev/null' bash \
  --quiet --directory="$folder/root" "${binds[@]}" --private-network --capability=all --register=no --keep-unit \
  --resolv-conf=off --timezone=off --link-journal=no --console=pipe --kill-signal=SIGRTMIN+3 --boot
