#!/bin/sh
# canary TRICK: notes that the program of a trick runs, with the act of the user. The guest runs its own programs as another user.
if [ "$(id -un)" = alice ]; then printf '%s: %s\n' "${ACT:-another act}" "$1" >>/run/canary; fi
exit 1
