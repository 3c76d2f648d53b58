#!/usr/bin/env bash
# base.sh FOLDER: makes the user's repository, from which the guest starts.
set -euo pipefail
git init -q --template= -b main "$1"
cd "$1"
mkdir lib tools tests
echo '# A project' >README.md
printf '%s\n' one two three four five >notes
printf '%s\n' 'export NAME=value' 'source_env lib/env.sh' 'PATH_add tools' >.envrc
# shellcheck disable=SC2016
echo '. "$(dirname "${BASH_SOURCE[0]}")/more.sh"' >lib/env.sh
echo 'export MORE=value' >lib/more.sh
touch tools/kept
printf '[alias]\n\tlast = log -1\n' >team.gitconfig
printf 'include rules.inc\nall:\n\t@mkdir -p build && echo text >build/out\n' >Makefile
echo '# Rules' >rules.inc
# shellcheck disable=SC2016
echo '{"name":"x","version":"1.0.0","scripts":{"test":"$npm_node_execpath -e 0"}}' >package.json
printf 'def test_nothing() -> None:\n    pass\n' >tests/test_nothing.py
git add --all
git commit -q -m 'Start the project'
git tag start
git checkout -q -b feature
sed -i 1cfirst notes
git commit -q -a -m 'Change the first line'
git checkout -q main
sed -i 5cfifth notes
git commit -q -a -m 'Change the last line'
git remote add origin "$1"
git fetch -q
