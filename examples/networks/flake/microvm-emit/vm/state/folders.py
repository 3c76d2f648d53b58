"""Opens and creates folders as root on paths that a user or a guest can change at the same time.

Each folder is opened relative to its parent. A symlink is followed only if root alone can write to the folder of the
symlink.
"""

from __future__ import annotations

import os
import stat
from typing import TypedDict

LINKS = 40  # in a path, the limit of Linux (path_resolution(7))
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class UnsafePathError(Exception):
    """A path that another user can change."""


class Owner(TypedDict):
    mode: int
    uid: int
    gid: int


ROOT: Owner = {"mode": 0o755, "uid": 0, "gid": 0}


def is_private_to_root(folder: int) -> bool:
    """True if root alone can write to the folder."""
    found = os.fstat(folder)
    return found.st_uid == 0 and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def make(parent: int, name: str, where: str, owner: Owner) -> None:
    """Creates a folder, unless it exists."""
    try:
        os.mkdir(name, owner["mode"], dir_fd=parent)
    except FileExistsError:
        return
    folder = os.open(name, FOLDER, dir_fd=parent)
    try:
        # The owner of the parent can replace it at any time.
        if os.fstat(folder).st_uid != os.geteuid() or os.listdir(folder):
            raise UnsafePathError(f"{where} changed during its creation")
        os.fchown(folder, owner["uid"], owner["gid"])
    finally:
        os.close(folder)


def steps(path: str) -> list[tuple[str, str]]:
    """The components of a path in reverse order, each with its full path."""
    names = [name for name in path.split("/") if name not in ("", ".")]
    return [(name, "/" + "/".join(names[: at + 1])) for at, name in enumerate(names)][::-1]


def enter(path: str, exposed: set[str], owner: Owner | None = None) -> int:
    """Opens a folder. With an owner, creates missing folders: the last one for the owner, its parents for root."""
    todo, links = steps(path), 0
    folder = os.open("/", FOLDER)
    while todo:
        name, where = todo.pop()
        try:
            found = os.lstat(name, dir_fd=folder)
        except FileNotFoundError:
            if owner is None:
                raise
            make(folder, name, where, ROOT if todo else owner)
            found = os.lstat(name, dir_fd=folder)
        if stat.S_ISLNK(found.st_mode):
            links += 1
            if where in exposed or not is_private_to_root(folder) or links > LINKS:
                raise UnsafePathError(
                    f"{where} is a symlink in a folder that other users can write to; use the path of its target"
                )
            target = os.readlink(name, dir_fd=folder)
            todo += [(name, f"{where} ({target})") for name, _ in steps(target)]
            following = os.open("/" if target.startswith("/") else ".", FOLDER, dir_fd=folder)
        else:
            try:
                following = os.open(name, FOLDER, dir_fd=folder)
            except OSError as error:
                raise UnsafePathError(f"{where}: {error.strerror}") from error
        os.close(folder)
        folder = following
    return folder


def make_folder(path: str, permissions: str, exposed: set[str]) -> None:
    mode, _, owner = permissions.partition(" ")
    uid, _, gid = owner.partition(":")
    try:
        os.close(enter(path, exposed, {"mode": int(mode, 8), "uid": int(uid), "gid": int(gid)}))
    except (OSError, UnsafePathError) as refused:
        # A symlink of the user to an existing folder is safe: the service that shares it follows the link as the user.
        if not os.path.isdir(path) or any(path == one or path.startswith(f"{one}/") for one in exposed):
            raise UnsafePathError(f"{path}: {refused}" if isinstance(refused, OSError) else str(refused)) from refused
