#!/usr/bin/env bash
# download.sh FOLDER: downloads the packages of packages.txt and their dependencies to FOLDER/archives, from the Debian mirror of
# this machine. apt uses a state of its own in which nothing is installed, so that it names every dependency.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
mkdir -p "$folder"/{etc/apt.conf.d,lists/partial,archives/partial,state}
: >"$folder/state/status"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' | sed -n 1p)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] ${mirror:?no Debian mirror in the sources of apt} trixie main" >"$folder/etc/sources.list"
cat >"$folder/apt.conf" <<CONF
Dir::Etc "$folder/etc";
Dir::Etc::sourcelist "$folder/etc/sources.list";
Dir::Etc::sourceparts "-";
Dir::State "$folder/state";
Dir::State::Lists "$folder/lists";
Dir::State::status "$folder/state/status";
Dir::Cache "$folder";
Dir::Cache::archives "$folder/archives";
APT::Install-Recommends "false";
APT::Architecture "amd64";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
export APT_CONFIG=$folder/apt.conf
apt-get --quiet update
mapfile -t packages < <(grep -v '^#' "$here/packages.txt")
apt-get --quiet --yes --download-only install "${packages[@]}"
