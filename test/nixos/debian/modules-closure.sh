#!/usr/bin/env bash
# modules-closure.sh TREE RELEASE OUT MODULE…: kernel modules with their dependencies, uncompressed, and the indexes of modprobe.
set -euo pipefail
tree=$1 release=$2 out=$3
shift 3
export PATH=$tree/bin:$tree/sbin
mkdir -p "$out/lib/modules/$release"
cd "$tree"
for module; do
  # A name that the kernel does not have, or that is built in, has no file.
  { modprobe --dirname "$tree" --set-version "$release" --show-depends "$module" 2>/dev/null || true; } | while read -r kind file _; do
    relative=lib/modules/${file#*/lib/modules/}
    if [ "$kind" = insmod ] && [ ! -e "$out/${relative%.xz}" ]; then
      install -D -m 644 "$relative" "$out/$relative"
      xz --decompress "$out/$relative"
    fi
  done
done
cp "lib/modules/$release"/modules.{order,builtin,builtin.modinfo} "$out/lib/modules/$release"
depmod -b "$out" -a "$release"
