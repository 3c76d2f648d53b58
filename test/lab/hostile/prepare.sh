#!/usr/bin/env bash
# prepare.sh TRICK…: as root, makes a hostile guest repository /guest/TRICK and a shared folder for each trick, and one clone of alice. All VMs are the
# sshd of the VM `guest`, in which the user is called agent. The shells of its users `stalled` and `endless` answer nothing and without end.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd /
install -m 0755 "$here/canary.sh" /usr/local/bin/canary
install -m 0666 /dev/null /run/canary
install -m 0755 "$here/endless.py" /usr/local/bin/endless
printf '%s\n' '#!/bin/sh' 'exec sleep infinity' | install -m 0755 /dev/stdin /usr/local/bin/stalled
install -m 0700 -o alice -g alice -d /home/alice/{,.ssh,outside,outside/symlink-folder,outside/config-work-tree,private,share,clone,copies}
install -m 0644 -o alice -g alice "$here/gitconfig" /home/alice/.gitconfig
install -m 0644 -o alice -g alice "$here/vimrc" /home/alice/.vimrc
runuser -u alice -- ssh-keygen -q -t ed25519 -N '' -f /home/alice/.ssh/id_ed25519
for shell in /bin/bash /usr/local/bin/stalled /usr/local/bin/endless; do
  user=${shell##*/}
  user=${user/bash/agent}
  useradd --create-home --shell "$shell" --password '*' "$user"
  install -o "$user" -g "$user" -d "/home/$user/.ssh"
  install -o "$user" -g "$user" -m 0600 /home/alice/.ssh/id_ed25519.pub "/home/$user/.ssh/authorized_keys"
done
install -o agent -g agent -d /guest

runuser -u alice -- env HOME=/home/alice bash "$here/base.sh" /home/alice/base
cp -r /home/alice/base /guest/.base
chown -R agent: /guest
runuser -u agent -- env HOME=/home/agent bash "$here/plant.sh" /guest/.base /guest "$@"
cp -a /guest/. /home/alice/share
rm -rf /home/alice/share/.base
# As the guest of the library makes it.
runuser -u agent -- git init -q -b main /guest/work
runuser -u agent -- git -C /guest/work config receive.denyCurrentBranch updateInstead
chown -R --no-dereference alice: /home/alice/share

# The user made these settings in the own clone.
runuser -u alice -- cp -a /home/alice/base /home/alice/clone/clone
runuser -u alice -- git -C /home/alice/clone/clone config core.hooksPath .husky
runuser -u alice -- git -C /home/alice/clone/clone config include.path ../team.gitconfig
known=$(cut -d ' ' -f 2- /run/microvm-known-hosts/guest)
for t in "$@" work stalled endless; do
  echo "$t $known" >"/run/microvm-known-hosts/$t"
done
# alice allowed the .envrc of the project.
find /home/alice/{share/envrc*,clone/clone} -maxdepth 1 -name .envrc -print0 |
  while IFS= read -r -d '' file; do ! cmp -s /home/alice/base/.envrc "$file" || printf '%s\0' "$file"; done |
  runuser -u alice -- env --chdir=/home/alice HOME=/home/alice xargs -0 -n 1 direnv allow
install -m 0666 /dev/null /run/canary.start
