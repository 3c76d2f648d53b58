#!/usr/bin/env bash
# acts.sh FOLDER NAME…: does everyday things of a user in each work tree FOLDER/NAME.
# shellcheck disable=SC1091
. /usr/lib/git-core/git-sh-prompt
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1
shift
clock=1000000000
copies=$HOME/copies/$(basename "$folder")
export EDITOR='sed -i 1cwork' GIT_PS1_SHOWDIRTYSTATE=1 GIT_PS1_SHOWUNTRACKEDFILES=1 GIT_PS1_SHOWSTASHSTATE=1
export STARSHIP_SHELL=bash PYTHONDONTWRITEBYTECODE=1
# shellcheck disable=SC2016
PS1='\u:\w$(__git_ps1 " (%s)")\$ '

# Runs a command in its own process, as an act that the canary notes.
act() {
  local ACT=$1
  export ACT
  shift
  # Git runs filters for a file of another time. Without it, they would run only in the second of the last change.
  clock=$((clock + 60))
  [ -L notes ] || [ ! -f notes ] || touch -d "@$clock" notes
  ("$@" </dev/null)
}
bash-prompt() {
  local inner
  for inner in . docs inner sub; do
    [ ! -d "$inner" ] || (cd "$inner" && echo "${PS1@P}")
  done
}
starship-prompt() {
  local inner
  for inner in . docs inner sub; do
    [ ! -d "$inner" ] || (cd "$inner" && starship prompt)
  done
}
enter-direnv() {
  eval "$(direnv export bash)"
  git status --short
}
star() { tar -cf "$copies/$t.tar" *; }
# A save by an editor would wait for a reader of a FIFO.
edit() { [ -p notes ] || timeout --foreground 20 vim.tiny -c 'normal Gomore' -c wq notes </dev/tty; }
compare() {
  git diff HEAD~1
  git for-each-ref --format='%(refname)' refs/remotes/vm | while IFS= read -r ref; do
    git log -p "..$ref" -- && git diff "HEAD...$ref" --
  done
}
commit() {
  echo more >>README.md
  git add --all
  git commit
}
checkout() {
  git checkout start
  git checkout -
}
merge() { git merge feature || git merge --abort; }
python() {
  PYTHONPATH=. python3 -c pass
  [ ! -e .venv/bin/python ] || .venv/bin/python -c pass
}

mkdir -p "$copies"
ACT='Zsh prompt' zsh -f "$here/prompt.zsh" "$folder" "$@"
for t in "$@"; do
  cd "$folder/$t" || exit 1
  act 'Bash prompt' bash-prompt
  act Starship starship-prompt
  act ls ls -la --color=always
  act 'cp -r' cp -r . "$copies/$t.cp"
  act 'tar *' star
  act Vim edit
  act 'git status' git status
  act 'an alias of Git' git st
  act 'git log' git log -p -2
  act 'git diff' compare
  act 'git add -p' git add -p
  act 'git fetch' git fetch
  act 'git push' git push --dry-run origin HEAD:refs/heads/pushed
  act 'git submodule update' git submodule update
  act 'git commit' commit
  act 'git merge' merge
  act 'git checkout' checkout
  act make make
  # Only these tricks are for programs that take long to start. The user allowed the .envrc.
  case $t in envrc* | clone) act direnv enter-direnv ;; esac
  case $t in npm* | clone)
    act 'npm install' "$NODE" "$NPM" install --offline --no-audit --no-fund
    act 'npm test' "$NODE" "$NPM" test
    ;;
  esac
  case $t in python* | clone)
    act Python python
    act pytest python3 -m pytest -q
    ;;
  esac
done
exit 0
