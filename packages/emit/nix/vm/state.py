"""Makes the folders and the SSH host key of a VM before it starts.

usage: state.py CONFIG.json VM

It runs as root on paths that a user or a guest may change meanwhile. So it opens every folder of a path relative to the
one before, and follows no symlink except in folders where only root can make one. What exists stays as it is.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import NotRequired, TypedDict

KEY = "ssh_host_ed25519_key"
LINKS = 40  # in a path, as Linux allows
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Vm(TypedDict):
    directories: dict[str, str]  # path to "MODE UID:GID"; a parent comes before what is in it
    exposed: NotRequired[list[str]]  # those paths, or parents of them, that a guest can replace
    sshHostKeys: NotRequired[str | None]


class Refused(Exception):
    """A path that is not as it must be."""


class Made(TypedDict):
    mode: int
    uid: int
    gid: int


ROOTS: Made = {"mode": 0o755, "uid": 0, "gid": 0}


def is_roots(folder: int) -> bool:
    """Whether only root can change what is in a folder."""
    found = os.fstat(folder)
    return found.st_uid == 0 and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def make(parent: int, name: str, where: str, made: Made) -> None:
    """Makes a folder, unless there is one by now."""
    try:
        os.mkdir(name, made["mode"], dir_fd=parent)
    except FileExistsError:
        return
    folder = os.open(name, FOLDER, dir_fd=parent)
    try:
        # The owner of the parent may have put another one there.
        if os.fstat(folder).st_uid != os.geteuid() or os.listdir(folder):
            raise Refused(f"{where} changed while it was made")
        os.fchown(folder, made["uid"], made["gid"])
    finally:
        os.close(folder)


def steps(path: str) -> list[tuple[str, str]]:
    """The names of a path, last first, each with the path that leads to it."""
    names = [name for name in path.split("/") if name not in ("", ".")]
    return [(name, "/" + "/".join(names[: at + 1])) for at, name in enumerate(names)][::-1]


def enter(path: str, exposed: set[str], made: Made | None = None) -> int:
    """Opens a folder; makes those that are missing where it may, the last one as said and others as root's."""
    todo, links = steps(path), 0
    folder = os.open("/", FOLDER)
    while todo:
        name, where = todo.pop()
        try:
            found = os.lstat(name, dir_fd=folder)
        except FileNotFoundError:
            if made is None:
                raise
            make(folder, name, where, ROOTS if todo else made)
            found = os.lstat(name, dir_fd=folder)
        if stat.S_ISLNK(found.st_mode):
            links += 1
            if where in exposed or not is_roots(folder) or links > LINKS:
                raise Refused(f"{where} is a symlink in a folder that others may change: write the path it leads to")
            target = os.readlink(name, dir_fd=folder)
            todo += [(name, f"{where} ({target})") for name, _ in steps(target)]
            following = os.open("/" if target.startswith("/") else ".", FOLDER, dir_fd=folder)
        else:
            try:
                following = os.open(name, FOLDER, dir_fd=folder)
            except OSError as error:
                raise Refused(f"{where}: {error.strerror}") from error
        os.close(folder)
        folder = following
    return folder


def make_folder(path: str, said: str, exposed: set[str]) -> None:
    mode, _, owner = said.partition(" ")
    uid, _, gid = owner.partition(":")
    try:
        os.close(enter(path, exposed, {"mode": int(mode, 8), "uid": int(uid), "gid": int(gid)}))
    except (OSError, Refused) as refused:
        # A symlink of the user's own to a folder that exists is followed when the folder is served.
        if not os.path.isdir(path) or any(path == one or path.startswith(f"{one}/") for one in exposed):
            raise Refused(f"{path}: {refused}" if isinstance(refused, OSError) else str(refused)) from refused


def make_host_key(vm: str, path: str, exposed: set[str]) -> None:
    """Makes the key where only root sees it. It takes its final name last, so that it is there whole or not at all."""
    if os.path.exists(f"{path}/{KEY}"):
        return
    folder = enter(path, exposed)
    owner = os.fstat(folder)
    with tempfile.TemporaryDirectory(dir="/run") as made:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", vm, "-f", f"{made}/{KEY}"], check=True)
        for name, mode in (f"{KEY}.pub", 0o644), (KEY, 0o600):
            with suppress(FileNotFoundError):
                os.unlink(f"{name}.new", dir_fd=folder)
            new = os.open(f"{name}.new", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode, dir_fd=folder)
            with open(f"{made}/{name}", "rb") as source, open(new, "wb") as key:
                key.write(source.read())
                os.fchmod(key.fileno(), mode)
                os.fchown(key.fileno(), owner.st_uid, owner.st_gid)
                key.flush()
                os.fsync(key.fileno())
            os.rename(f"{name}.new", name, src_dir_fd=folder, dst_dir_fd=folder)
    os.close(folder)


def main(config: str, name: str) -> None:
    with open(config, encoding="utf-8") as file:
        vms: dict[str, Vm] = json.load(file)
    vm = vms.get(name)
    if vm is None:
        return
    os.umask(0)
    exposed = set(vm.get("exposed", []))
    for path, said in sorted(vm["directories"].items()):
        make_folder(path, said, exposed)
    keys = vm.get("sshHostKeys")
    if keys is not None:
        make_host_key(name, keys, exposed)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Refused as refused:
        sys.exit(str(refused))
    except OSError as error:
        sys.exit(f"{error.filename or 'a folder'}: {error.strerror}")
