#!/usr/bin/env bash
# prepare.sh TRICK…: as root, makes a hostile guest repository /guest/TRICK, a shared folder and a clone of alice for each trick. All VMs are the
# sshd of the VM `guest`, in which the user is called agent.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd /
install -m 0755 "$here/canary.sh" /usr/local/bin/canary
install -m 0666 /dev/null /run/canary
useradd --create-home --shell /bin/bash agent
usermod --password '*' agent
install -m 0700 -o alice -g alice -d /home/alice/{,.ssh,outside,outside/symlink-folder,private,share,clone,copies}
install -m 0644 -o alice -g alice "$here/gitconfig" /home/alice/.gitconfig
install -o agent -g agent -d /guest /home/agent/.ssh
runuser -u alice -- ssh-keygen -q -t ed25519 -N '' -f /home/alice/.ssh/id_ed25519
install -o agent -g agent -m 0600 /home/alice/.ssh/id_ed25519.pub /home/agent/.ssh/authorized_keys

runuser -u alice -- env HOME=/home/alice bash "$here/base.sh" /home/alice/base
cp -r /home/alice/base /guest/.base
chown -R agent: /guest
runuser -u agent -- env HOME=/home/agent bash "$here/plant.sh" /guest/.base /guest "$@"
cp -a /guest/. /home/alice/share
rm -rf /home/alice/share/.base
chown -R --no-dereference alice: /home/alice/share

# The user made these settings in the own clone.
runuser -u alice -- git -C /home/alice/base config core.hooksPath .husky
runuser -u alice -- git -C /home/alice/base config include.path ../team.gitconfig
known=$(cut -d ' ' -f 2- /run/microvm-known-hosts/guest)
for t in "$@"; do
  cp -a /home/alice/base "/home/alice/clone/$t"
  echo "$t $known" >"/run/microvm-known-hosts/$t"
done
# alice allowed the .envrc of the project.
find /home/alice/share /home/alice/clone -mindepth 2 -maxdepth 2 -name .envrc -type f -path '*/envrc*/.envrc' -print0 |
  while IFS= read -r -d '' file; do ! cmp -s /home/alice/base/.envrc "$file" || printf '%s\0' "$file"; done |
  runuser -u alice -- env --chdir=/home/alice HOME=/home/alice xargs -0 -n 1 direnv allow
