#!/usr/bin/env bash
# in-host.sh FOLDER COMMAND: runs a shell command as root in the host of boot-host.sh.
set -euo pipefail
cd /
folder=$1 command=$2
leader=$(pgrep --parent "$(cat "$folder/nspawn.pid")" | tail -n 1)
exec nsenter --all --target "$leader" --root --wd=/ /run/current-system/sw/bin/env -i \
  PATH=/run/wrappers/bin:/run/current-system/sw/bin HOME=/root TERM=dumb LANG=C.UTF-8 \
  /run/current-system/sw/bin/bash -euc "cd /; $command" </dev/null
