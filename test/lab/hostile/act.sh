#!/usr/bin/env bash
# act.sh FOLDER TRICK…: runs acts.sh on a terminal, twice at once, each for one half of the tricks. Prints each trick with the act in which its program
# ran or waited, and the files outside the work trees that were written.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1
shift
touch /tmp/started
mapfile -d '' fifos < <(find "$folder" -type p -print0)
feeders=()
for fifo in "${fifos[@]}"; do
  # It opens when a reader waits, and lets it read an empty file.
  bash -c 'while : >"$1"; do echo "a program waits: $2" >>/run/canary; sleep 0.05; done' bash "$fifo" "$(cut -d / -f 5 <<<"$fifo")" &
  feeders+=($!)
done
printf '%s\n' "$@" | xargs -n $((($# + 1) / 2)) -P 2 bash -c \
  'timeout 300 script -qec "bash $0 $*" /dev/null </dev/null' "$here/acts.sh" "$folder" >"$HOME/acts.log"
[ ${#feeders[@]} = 0 ] || kill "${feeders[@]}"
sort -u /run/canary
find "$HOME" /tmp /var/tmp /dev/shm -xdev \( -path "$folder" -o -path "$HOME/copies" -o -path "$HOME/.cache" -o -path "$HOME/.local" \
  -o -path "$HOME/acts.log" -o -path '/tmp/microvm-emit-*' -o ! -readable \) -prune -o ! -type d -newer /tmp/started -printf '%p\n' |
  sed "s|^$HOME/outside/\([^/]*\).*|a file outside: \1|" | sort -u
