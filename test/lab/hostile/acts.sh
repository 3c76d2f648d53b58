#!/usr/bin/env bash
# acts.sh FOLDER TRICK…: does everyday things of a user in the work tree FOLDER/TRICK of each trick.
# shellcheck disable=SC1091
. /usr/lib/git-core/git-sh-prompt
folder=$1
shift
copies=$HOME/copies/$(basename "$folder")
export EDITOR='sed -i 1cwork' GIT_PS1_SHOWDIRTYSTATE=1 GIT_PS1_SHOWUNTRACKEDFILES=1 GIT_PS1_SHOWSTASHSTATE=1
# shellcheck disable=SC2016
PS1='\u:\w$(__git_ps1 " (%s)")\$ '

# Runs a command in a process of its own, as an act that the canary notes.
act() {
  local ACT=$1
  export ACT
  shift
  ("$@")
}
prompt() {
  local inner
  for inner in . docs inner sub; do
    [ ! -d "$inner" ] || (cd "$inner" && echo "${PS1@P}")
  done
}
enter-direnv() {
  eval "$(direnv export bash)"
  git status --short
}
star() { tar -cf "$copies/$t.tar" *; }
# A save by an editor would wait for a reader of a FIFO.
edit() { [ -p notes ] || echo more >>notes; }
compare() {
  git diff HEAD~1
  if git rev-parse -q --verify "vm/$t/main"; then
    git log -p "..vm/$t/main"
    git diff "HEAD...vm/$t/main"
  fi
}
commit() {
  echo more >>README.md
  git add --all
  git commit
}
checkout() {
  git checkout HEAD~1
  git checkout -
}

mkdir -p "$copies"
for t in "$@"; do
  cd "$folder/$t" || exit 1
  act 'a prompt with Git' prompt
  # The user allowed these .envrc.
  case $t in envrc*) act direnv enter-direnv ;; esac
  act ls ls -la --color=always
  act 'cp -a' cp -a . "$copies/$t.cp"
  act 'tar *' star
  act rsync rsync -a ./ "$copies/$t.rsync"
  act 'save a file' edit
  act 'git status' git status
  act 'an alias of Git' git st
  act 'git log' git log -p -2
  act 'git diff' compare
  act 'git fetch' git fetch
  act 'git commit' commit
  act 'git checkout' checkout
  act make make
done
exit 0
