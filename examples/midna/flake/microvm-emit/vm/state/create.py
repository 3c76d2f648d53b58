"""Creates the folders and the SSH host key of a VM before the VM starts, and makes the key known to users of the host.

usage: create.py CONFIG.json VM

It never changes an existing folder or key, and replaces the page about the VM. Needs Python 3.11 and ssh-keygen.
CONFIG.json maps names of VMs to the type
Vm.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import NotRequired, TypedDict

from folders import UnsafePathError, enter, make_folder

KEY = "ssh_host_ed25519_key"
PAGE = "README.md"  # in the folder of the key
RUN = "/run"  # in memory, and writable by root alone
KNOWN_HOSTS = "microvm-known-hosts"  # in RUN; a file for each VM, which names.nix names to ssh
PUBLIC_KEY = re.compile(r"ssh-ed25519 [A-Za-z0-9+/]{68}={0,2}(?=\s|$)")


class Vm(TypedDict):
    directories: dict[str, str]  # path to "MODE UID:GID"
    exposed: NotRequired[list[str]]  # paths that a guest can replace
    sshHostKeys: NotRequired[str | None]  # the folder of the key
    page: NotRequired[str]  # text about the limits of the VM, for its users and agents


def make_host_key(vm: str, path: str, exposed: set[str]) -> None:
    """Creates the key in a folder of root and moves it to its place last, so that an incomplete key never exists."""
    if os.path.exists(f"{path}/{KEY}"):
        return
    folder = enter(path, exposed)
    with tempfile.TemporaryDirectory(dir=RUN) as made:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", vm, "-f", f"{made}/{KEY}"], check=True)
        for name, mode in (f"{KEY}.pub", 0o644), (KEY, 0o600):
            with open(f"{made}/{name}", "rb") as source:
                content = source.read()
            try:
                place(folder, name, content, mode)
            except OSError as refused:
                raise OSError(refused.errno, refused.strerror, f"{path}/{name}") from refused
    os.close(folder)


def place(folder: int, name: str, content: bytes, mode: int) -> None:
    """Replaces a file in an open folder in one step, with the owner of the folder."""
    owner = os.fstat(folder)
    with suppress(FileNotFoundError):
        os.unlink(f"{name}.new", dir_fd=folder)
    new = os.open(f"{name}.new", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode, dir_fd=folder)
    with open(new, "wb") as file:
        file.write(content)
        os.fchmod(file.fileno(), mode)
        os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        file.flush()
        os.fsync(file.fileno())
    os.rename(f"{name}.new", name, src_dir_fd=folder, dst_dir_fd=folder)


def is_current(folder: int, name: str, content: bytes) -> bool:
    """True if a file in an open folder has this content."""
    try:
        found = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return False
    with open(found, "rb") as file:
        return file.read(len(content) + 1) == content


def write_page(path: str, text: str, exposed: set[str]) -> None:
    """Writes the page about the limits of the VM beside its key, from where the guest copies it."""
    folder = enter(path, exposed)
    try:
        # A full disk must not stop the start of a VM, and most starts change no page.
        if not is_current(folder, PAGE, text.encode()):
            place(folder, PAGE, text.encode(), 0o644)
    except OSError as refused:
        print(f"{path}/{PAGE} is not up to date: {refused.strerror}", file=sys.stderr)
    finally:
        os.close(folder)


def publish_host_key(vm: str, path: str, exposed: set[str]) -> None:
    """Lets all users of the host read the public key. Its owner can replace the file, so only a key is copied."""
    folder = enter(path, exposed)
    try:
        key = os.open(f"{KEY}.pub", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    finally:
        os.close(folder)
    with open(key, encoding="ascii", errors="replace") as public:
        found = PUBLIC_KEY.match(public.read(1024))
    if found is None:
        raise UnsafePathError(f"{path}/{KEY}.pub is not an ed25519 key")
    known = f"{RUN}/{KNOWN_HOSTS}"
    os.makedirs(known, 0o755, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=known, prefix=".", delete=False, encoding="ascii") as entry:
        entry.write(f"{vm} {found.group()}\n")
        os.fchmod(entry.fileno(), 0o644)
    os.rename(entry.name, f"{known}/{vm}")


def main(config: str, name: str) -> None:
    with open(config, encoding="utf-8") as file:
        vms: dict[str, Vm] = json.load(file)
    vm = vms.get(name)
    if vm is None:
        return
    os.umask(0)
    exposed = set(vm.get("exposed", []))
    for path, permissions in sorted(vm["directories"].items()):
        make_folder(path, permissions, exposed)
    keys = vm.get("sshHostKeys")
    if keys is not None:
        make_host_key(name, keys, exposed)
        if "page" in vm:
            write_page(keys, vm["page"], exposed)
        try:
            publish_host_key(name, keys, exposed)
        except (OSError, UnsafePathError) as refused:
            # The VM works without it, but ssh then asks to verify the key.
            print(f"ssh on this host does not know the key of {name}: {refused}", file=sys.stderr)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except UnsafePathError as refused:
        sys.exit(str(refused))
    except OSError as error:
        sys.exit(f"{error.filename or 'a folder'}: {error.strerror}")
