#!/usr/bin/env bash
# commands.sh COMMAND TRICK…: runs a command of microvm-emit for the clone of each trick, several at once. Prints their JSON, each after a line
# `==> TRICK <==`. $NODE and $EMIT name the program.
set -euo pipefail
command=$1
shift
export command ACT="microvm-emit $command"
out=$HOME/out/$command
mkdir -p "$out"
cd "$out"
# shellcheck disable=SC2016
printf '%s\n' "$@" | xargs -P 3 -I '{}' bash -c \
  '"$NODE" "$EMIT" "$command" "$1" --json --repo "$HOME/clone/$1" >"$1" 2>"$1.err" </dev/null || true' bash '{}'
tail -n +1 -- "$@"
