#!/usr/bin/env bash
# plant.sh BASE FOLDER TRICK…: makes a hostile repository FOLDER/TRICK from the repository BASE for each trick. `files-TRICK` runs before its commit,
# `git-TRICK` after it. Both run in the repository, with the name of the trick in $t. A program that should not run calls `canary TRICK`.
set -euo pipefail
base=$1 folder=$2
shift 2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# The tricks must not work on their own author.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=agent GIT_AUTHOR_EMAIL=agent@vm GIT_COMMITTER_NAME=agent GIT_COMMITTER_EMAIL=agent@vm

script() {
  mkdir -p "$(dirname -- "$1")"
  printf '#!/bin/sh\ncanary %s\n' "$t" >"$1"
  chmod +x -- "$1"
}
hook() { script ".git/hooks/$1"; }
tree() { python3 "$here/tree.py" "$@"; }
# A Git repository as plain files, whose config runs a program for `git status`.
bare() {
  mkdir -p "$1/objects" "$1/refs"
  touch "$1/objects/kept" "$1/refs/kept"
  echo 'ref: refs/heads/main' >"$1/HEAD"
  printf '[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = canary %s\n\trepositoryformatversion = 0\n' "$t" >"$1/config"
}

# Settings in .git/config.
git-config-fsmonitor() { git config core.fsmonitor "canary $t"; }
files-config-hooks-path() { script tools/reference-transaction && script tools/post-checkout && script tools/post-index-change; }
git-config-hooks-path() { git config core.hooksPath tools; }
git-config-pager() { git config core.pager "canary $t"; }
git-config-diff-external() { git config diff.external "canary $t"; }
files-config-textconv() { echo '* diff=x' >.gitattributes; }
git-config-textconv() { git config diff.x.textconv "canary $t"; }
files-config-filter() { echo 'notes filter=x' >.gitattributes; }
git-config-filter() {
  git config filter.x.clean "canary $t"
  git config filter.x.smudge "canary $t"
  touch -d '1 hour ago' notes
}
git-config-ssh-command() {
  git config core.sshCommand "canary $t"
  git remote set-url origin ssh://vm/x
}
files-config-include() { printf '[core]\n\tfsmonitor = canary %s\n' "$t" >settings; }
git-config-include() { git config include.path ../settings; }
git-config-alias() { git config alias.st "!canary $t"; }
git-config-signature() {
  git config log.showSignature true
  script .git/gpg
  git config gpg.program .git/gpg
  git cat-file commit HEAD | sed '/^committer /a gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----' >.git/signed
  git update-ref HEAD "$(git hash-object -t commit -w .git/signed)"
}
git-config-editor() { git config core.editor "canary $t"; }
git-config-upload-pack() { git config remote.origin.uploadpack "canary $t"; }
git-config-remote-ext() {
  git config protocol.ext.allow always
  git remote set-url origin "ext::canary $t"
}
git-config-proxy() {
  script .git/proxy
  git config core.gitProxy .git/proxy
  git remote set-url origin git://vm/x
}
git-config-receive-pack() { git config remote.origin.receivepack "canary $t"; }
git-config-commit-signature() {
  script .git/gpg
  git config commit.gpgSign true
  git config gpg.program .git/gpg
}
git-config-diff-filter() {
  git config interactive.diffFilter "canary $t"
  echo changed >notes
}
files-config-merge-driver() { echo 'notes merge=x' >.gitattributes; }
git-config-merge-driver() { git config merge.x.driver "canary $t"; }
git-config-work-tree() { git config core.worktree /home/alice/outside/config-work-tree; }
git-config-of-work-tree() {
  git config extensions.worktreeConfig true
  git config --worktree core.fsmonitor "canary $t"
}
files-config-submodule() {
  git clone -q "$base" sub
  printf '[submodule "sub"]\n\tpath = sub\n\turl = ../base\n' >.gitmodules
}
git-config-submodule() {
  git -C sub checkout -q HEAD~1
  git config submodule.sub.url ../base
  git config submodule.sub.update "!canary $t"
}
# A pointer of Git LFS to an object that the clone lacks.
pointer() { printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 9\n' 1; }
files-lfs-agent() {
  echo 'data filter=lfs' >.gitattributes
  pointer >data
}
git-lfs-agent() {
  git config lfs.standalonetransferagent x
  git config lfs.customtransfer.x.path canary
  git config lfs.customtransfer.x.args "$t"
}
files-lfs-extension() { echo 'notes filter=lfs' >.gitattributes; }
git-lfs-extension() {
  git config lfs.extension.x.clean "canary $t"
  git config lfs.extension.x.smudge cat
  git config lfs.extension.x.priority 0
  touch -d '1 hour ago' notes
}
files-lfs-config() {
  echo 'data filter=lfs' >.gitattributes
  pointer >data
  printf '[lfs]\n\turl = ssh://-oProxyCommand=canary/x\n\tstandalonetransferagent = x\n[lfs "customtransfer.x"]\n\tpath = canary\n\targs = %s\n' "$t" >.lfsconfig
}
files-nested-submodule() {
  git clone -q "$base" sub
  printf '[submodule "sub"]\n\tpath = sub\n\turl = ../base\n' >.gitmodules
}
git-nested-submodule() { git -C sub config core.fsmonitor "canary $t"; }
git-nested-repository() {
  git init -q inner
  git -C inner config core.fsmonitor "canary $t"
}

# Other files of .git.
git-hook-checkout() { hook post-checkout; }
git-hook-index() { hook post-index-change && touch -d '1 hour ago' notes; }
git-hook-commit() { hook pre-commit && hook prepare-commit-msg; }
git-hook-merge() { hook post-merge && hook pre-merge-commit; }
git-hook-push() { hook pre-push; }
git-info-attributes() {
  mkdir -p .git/info
  echo 'notes filter=x' >.git/info/attributes
  git config filter.x.clean "canary $t"
  touch -d '1 hour ago' notes
}
git-alternates() { echo /home/alice/private/.git/objects >.git/objects/info/alternates; }
git-git-file() {
  mv .git gitdir
  echo 'gitdir: gitdir' >.git
  git config core.fsmonitor "canary $t"
}
git-branch-name() {
  # shellcheck disable=SC2016
  git update-ref 'refs/heads/$(canary${IFS}branch-name)' HEAD
  # shellcheck disable=SC2016
  git symbolic-ref HEAD 'refs/heads/$(canary${IFS}branch-name)'
}

# Repositories as files of the tree.
files-bare-repository() { bare docs; }
git-tree-git-folder() { tree 40000 .git "[core]"; }
git-tree-git-short-name() { tree 40000 GIT~1 "[core]"; }
git-tree-parent() { tree 40000 .. "[core]"; }
git-tree-slash() { tree 100644 ../../outside/tree-slash x; }

# Submodules.
git-submodule-url() { tree 100644 .gitmodules "$(printf '[submodule "sub"]\n\tpath = sub\n\turl = -u./run\n')" 160000 sub x; }
git-submodule-name() { tree 100644 .gitmodules "$(printf '[submodule "../../x"]\n\tpath = sub\n\turl = ../base\n')" 160000 sub x; }
git-submodule-command() { tree 100644 .gitmodules "$(printf '[submodule "sub"]\n\tpath = sub\n\turl = ../base\n\tupdate = !canary %s\n' "$t")" 160000 sub x; }

# Misleading files.
files-symlink-file() { rm notes && ln -s ../../outside/symlink-file notes; }
files-symlink-folder() { ln -s ../../outside/symlink-folder build; }
git-fifo-ignore() { mkfifo .gitignore; }
git-fifo-file() { rm notes && mkfifo notes; }
files-name-escape() { touch $'a\e]0;name-escape\a'; }
files-name-dash() {
  touch -- '--checkpoint=1' '--checkpoint-action=exec=sh run.sh'
  echo "canary $t" >run.sh
}
# shellcheck disable=SC2016
files-name-command() { mkdir '$(canary name-command)' '`canary name-command`' && touch '$(canary name-command)/x' '`canary name-command`/x'; }
git-name-twins() { tree 100644 Notes x 100644 NOTES y; }
git-commit-escape() { git commit -q --allow-empty -m $'a\e]0;commit-escape\a'; }

# Settings of programs that read the folder.
files-envrc() { echo "canary $t" >.envrc; }
files-envrc-sourced() { echo "canary $t" >lib/env.sh; }
files-envrc-sourced-twice() { echo "canary $t" >lib/more.sh; }
files-envrc-path() { script tools/git; }
files-vscode() { mkdir .vscode && printf '{"version":"2.0.0","tasks":[{"label":"x","type":"shell","command":"canary %s","runOptions":{"runOn":"folderOpen"}}]}' "$t" >.vscode/tasks.json; }

files-vim-exrc() { echo "silent !canary $t" | tee .exrc >.vimrc; }
files-vim-modeline() { echo "vim: set modelineexpr exrc shell=canary makeprg=canary foldmethod=expr foldexpr=system('canary\\ $t') :" >>notes; }

# Settings of tools that run the project.
files-husky() { script .husky/pre-commit && script .husky/post-checkout; }
files-git-config-named() { printf '[core]\n\tfsmonitor = canary %s\n' "$t" >team.gitconfig; }
# shellcheck disable=SC2016
files-makefile() { printf '$(shell canary %s)\nall:\n\t@true\n' "$t" >Makefile; }
# shellcheck disable=SC2016
files-make-included() { printf '$(shell canary %s)\n' "$t" >rules.inc; }
files-npm-script() { printf '{"name":"x","version":"1.0.0","scripts":{"postinstall":"canary %s"}}' "$t" >package.json; }
files-npm-test() { printf '{"name":"x","version":"1.0.0","scripts":{"test":"canary %s"}}' "$t" >package.json; }
files-npm-settings() {
  echo 'node-options=--require=./start.cjs' >.npmrc
  printf 'require("node:child_process").spawnSync("canary", ["%s"]);\n' "$t" >start.cjs
}
files-npm-shell() {
  echo 'script-shell=./shell' >.npmrc
  script shell
}
python-code() { printf 'import subprocess\nsubprocess.run(["canary", "%s"])\n' "$t"; }
files-python-conftest() { python-code >conftest.py; }
files-python-plugin() {
  printf '[pytest]\naddopts = -p lib.plugin\n' >pytest.ini
  python-code >lib/plugin.py
}
files-python-site() { python-code | tee sitecustomize.py >usercustomize.py; }
files-python-pth() {
  local packages=.venv/lib/python3.13/site-packages
  mkdir -p .venv/bin "$packages"
  ln -s /usr/bin/python3 .venv/bin/python
  printf 'home = /usr/bin\n' >.venv/pyvenv.cfg
  printf 'import subprocess; subprocess.run(["canary", "%s"])\n' "$t" >"$packages/x.pth"
}

for t in "$@"; do
  type -t "files-$t" >/dev/null || type -t "git-$t" >/dev/null
  cp -R "$base" "$folder/$t"
  cd "$folder/$t"
  [ "$(type -t "files-$t")" != function ] || "files-$t"
  git add --all 2>/dev/null
  git -c core.hooksPath=/dev/null commit -q --allow-empty -m "$t"
  [ "$(type -t "git-$t")" != function ] || "git-$t"
done
