#!/bin/sh
# Reports a config that ends the command or never finishes loading. Node cannot: it aborts without an exception when its
# memory is full, and nothing else in a process runs beside an endless loop.
#
# Usage: watch-config.sh SECONDS PROGRAM ARGUMENT...
# Stdin: the command writes a line when the config is loaded, and another one when its plan is made. The end of stdin is
# the end of the command. PROGRAM, with the code of the problem as its last argument, writes the report.
seconds=$1
shift
command=$PPID

# `read` of sh has no time limit.
(
  trap 'kill "$!"; exit 1' TERM
  sleep "$seconds" &
  wait "$!"
  kill -KILL "$command"
) </dev/null >/dev/null 2>&1 &
timer=$!

read -r _ && isLoaded=1
kill "$timer" 2>/dev/null
# A timer that ends before its trap is set ends by the signal, which the shell would report.
if wait "$timer" 2>/dev/null; then
  exec "$@" config-unfinished
fi
[ -n "$isLoaded" ] && read -r _ && exit
exec "$@" config-crashes
