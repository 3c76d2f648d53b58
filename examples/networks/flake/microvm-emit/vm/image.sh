#!/usr/bin/env bash
# Prepares a disk image before its VM starts.
#
# usage: image.sh renew IMAGE                delete the file if the guest's system changed
#        image.sh grow IMAGE MIB             enlarge the file; the guest grows the filesystem
#        image.sh create IMAGE MIB MKFS…     create a missing file with a filesystem
#
# Runs in the state folder of the VM, as the user of the VM.
set -eu
image=$2
case $1 in
create)
  if [ -e "$image" ] || [ -L "$image" ]; then exit 0; fi
  # The image gets its name when it is complete. microvm.nix would keep an image whose creation was interrupted.
  new=$image.new
  size=$3
  shift 3
  rm -f -- "$new"
  : >"$new"
  # Copy-on-write fragments images.
  chattr +C -- "$new" 2>/dev/null || true
  if truncate -s "${size}M" -- "$new" && "$@" "$new" && sync -- "$new"; then
    mv -T -- "$new" "$image"
  else
    rm -f -- "$new"
    echo "$image cannot be created. Free space: $(df --output=avail,target -h -- . | tail -n 1)" >&2
    exit 1
  fi
  ;;
grow)
  [ -f "$image" ] || exit 0
  found=$(stat -L -c %s -- "$image")
  wanted=$(($3 * 1024 * 1024))
  if [ "$found" -lt "$wanted" ]; then
    truncate -s "$wanted" -- "$image"
    echo "$image grew from $((found / 1024 / 1024)) to $3 MiB"
  elif [ "$found" -gt "$wanted" ]; then
    echo "$image keeps its $((found / 1024 / 1024)) MiB: images never shrink, although sizeMiB is $3"
  fi
  ;;
renew)
  system=$(readlink toplevel || readlink current)
  if [ "$(cat -- "$image.system" 2>/dev/null)" != "$system" ]; then
    if [ -f "$image" ]; then
      rm -f -- "$image"
      echo "deleted $image: the guest's system changed"
    fi
    echo "$system" >"$image.system"
  fi
  ;;
esac
