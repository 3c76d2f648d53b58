#!/bin/sh
# Provides a `nix` for the tests: installs Debian's nix-bin if it may, else prints instructions.
set -eu

if command -v nix >/dev/null; then
  exit 0
fi

give_up() {
  cat >&2 <<EOF
The tests run the real nix, and there is none on PATH${1:+ ($1)}.

  Debian, Ubuntu:  sudo apt-get update && sudo apt-get install -y nix-bin
  NixOS:           nix is part of the system: see that /run/current-system/sw/bin is on PATH
  elsewhere:       https://nixos.org/download/

Then run this again.
EOF
  exit 1
}

command -v apt-get >/dev/null || give_up ""

if [ "$(id -u)" = 0 ]; then
  as_root() { "$@"; }
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  as_root() { sudo -n "$@"; }
else
  give_up "and installing it needs root or a sudo without password"
fi

echo "No nix on PATH: installing Debian's nix-bin." >&2
# A broken package source must not hide nix-bin in the others.
as_root apt-get update || true
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y nix-bin || give_up "and apt-get could not install nix-bin"
command -v nix >/dev/null || give_up "even after installing nix-bin"
