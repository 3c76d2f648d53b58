#!/usr/bin/env bash
# act.sh FOLDER NAME…: runs acts.sh on a terminal, twice at once, each for one half of the work trees FOLDER/NAME. Prints each trick with the act in
# which its program ran or waited since the last call, and the files outside FOLDER that were written.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1
shift
mapfile -d '' fifos < <(find "$folder" -type p -print0)
feeders=()
for fifo in "${fifos[@]}"; do
  # It opens when a reader waits, and lets it read an empty file.
  bash -c 'while : >"$1"; do echo "a program waits: $2" >>/run/canary; sleep 0.05; done' bash "$fifo" "$(cut -d / -f 5 <<<"$fifo")" &
  feeders+=($!)
done
printf '%s\n' "$@" | xargs -n $((($# + 1) / 2)) -P 2 bash -c \
  'timeout 100 script -qec "bash $0 $*" /dev/null </dev/null' "$here/acts.sh" "$folder" >"$HOME/acts.log"
[ ${#feeders[@]} = 0 ] || kill "${feeders[@]}"
sort -u /run/canary
find "$HOME" /tmp /var/tmp /dev/shm -xdev \( -path "$folder" -o -path "$HOME/copies" -o -path "$HOME/.cache" -o -path "$HOME/.local" \
  -o -path "$HOME/.npm" -o -path "$HOME/acts.log" -o -path '/tmp/microvm-emit-*' -o ! -readable \) -prune \
  -o \( ! -type d -o -path "$HOME/outside/*" \) -newer /run/canary.start -printf '%p\n' |
  sed "s|^$HOME/outside/\([^/]*\).*|a file outside: \1|" | sort -u
: >/run/canary
touch /run/canary.start
