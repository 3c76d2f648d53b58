#!/usr/bin/env bash
# enter.sh FOLDER USER PROGRAM [ARGUMENT…]: runs a program as a user of the container of boot.sh, in the home of the user.
set -euo pipefail
folder=$1 user=$2
shift 2
leader=$(pgrep --parent "$(cat "$folder/nspawn.pid")" | tail -n 1)
home=/home/$user
[ "$user" != root ] || home=/root
exec nsenter --target "$leader" --all --root --wd=/ env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin LANG=C.UTF-8 TERM=xterm \
  HOME="$home" setpriv --reuid="$user" --regid="$user" --init-groups env --chdir="$home" "$@"
