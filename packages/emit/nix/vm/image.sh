# Prepares a disk image before its VM starts. What does not exist is left to microvm.nix, which makes it.
#
# usage: image.sh grow IMAGE MIB   makes the file larger; the guest grows the filesystem
#        image.sh renew IMAGE      deletes it when the guest's system is another one than that it was made for
set -eu
image=$2
case $1 in
grow)
  [ -f "$image" ] || exit 0
  found=$(stat -L -c %s -- "$image")
  wanted=$(($3 * 1024 * 1024))
  if [ "$found" -lt "$wanted" ]; then
    truncate -s "$wanted" -- "$image"
    echo "$image grew from $((found / 1024 / 1024)) to $3 MiB"
  elif [ "$found" -gt "$wanted" ]; then
    echo "$image stays at $((found / 1024 / 1024)) MiB, which is more than sizeMiB ($3): images do not shrink"
  fi
  ;;
renew)
  system=$(readlink toplevel || readlink current)
  if [ "$(cat -- "$image.system" 2>/dev/null)" != "$system" ]; then
    if [ -f "$image" ]; then
      rm -f -- "$image"
      echo "$image is made anew, since the guest's system changed"
    fi
    echo "$system" >"$image.system"
  fi
  ;;
esac
