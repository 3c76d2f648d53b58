#!/usr/bin/env bash
# shellcheck disable=SC2154 # Nix sets these variables.
# Runs the phases of a derivation as stdenv does, with its hooks as functions.
set -euo pipefail

export HOME=$TMPDIR

runHook() { :; }

makeWrapper() {
  local program=$1 wrapper=$2 flags=() paths=''
  shift 2
  while [ $# -gt 0 ]; do
    case $1 in
    --add-flags) flags+=("$2") && shift 2 ;;
    --suffix) paths+=":$4" && shift 4 ;;
    *) echo "makeWrapper: unknown $1" && return 1 ;;
    esac
  done
  mkdir -p "$(dirname "$wrapper")"
  printf '#!/bin/bash\nexport PATH="$PATH%s"\nexec %s %s "$@"\n' "$paths" "$program" "${flags[*]}" >"$wrapper"
  chmod +x "$wrapper"
}

installShellCompletion() {
  local name=$2
  shift 2
  while [ $# -gt 0 ]; do
    install -Dm644 "$2" "$out/share/completions/$name.${1#--}"
    shift 2
  done
}

if [ -n "${buildCommand-}" ]; then
  eval "$buildCommand"
  exit
fi
cp -r "$src" source
chmod -R u+w source
cd source
eval "$configurePhase"
eval "$buildPhase"
eval "$installPhase"
if [ -n "${doInstallCheck-}" ]; then
  eval "$installCheckPhase"
fi
