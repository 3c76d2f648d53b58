# shellcheck shell=bash
# Completes microvm-emit in bash. The program itself answers, so this file fits every version.
_microvm_emit() {
  local -a lines candidates
  local line before='' current=${COMP_WORDS[COMP_CWORD]}
  mapfile -t lines < <(microvm-emit complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  # Bash splits --format=json at the sign, and replaces only the last part.
  if [[ $current == '=' || ${COMP_WORDS[COMP_CWORD - 1]} == '=' ]]; then before='*='; fi
  if [[ $current == '=' ]]; then current=''; fi
  for line in "${lines[@]:1}"; do
    line=${line%%$'\t'*}
    # shellcheck disable=SC2295 # The prefix is a pattern.
    candidates+=("${line#$before}")
    if [[ $line == *: ]]; then compopt -o nospace; fi
  done
  case ${lines[0]-} in
  files) mapfile -t -O "${#candidates[@]}" candidates < <(compgen -f -- "$current") ;;
  directories) mapfile -t -O "${#candidates[@]}" candidates < <(compgen -d -- "$current") ;;
  esac
  if [[ ${lines[0]-} != words ]]; then compopt -o filenames; fi
  COMPREPLY=("${candidates[@]}")
}
complete -F _microvm_emit microvm-emit
