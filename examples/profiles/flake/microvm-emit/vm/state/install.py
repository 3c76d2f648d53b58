"""Installs VMs: creates the folder of each VM, and its symlinks to the runner and the system.

usage: install.py CONFIG.json FOLDER

CONFIG.json maps names of VMs to symlinks, by name, with their targets. FOLDER has a folder for each VM. Needs
Python 3.11.

The hypervisor of a VM writes to the folder of the VM, so the folder is sticky and belongs to root.
"""

from __future__ import annotations

import grp
import json
import os
import secrets
import stat
import sys
from contextlib import suppress

from folders import Owner, UnsafePathError, enter

GROUP = "kvm"  # of hypervisors


def link(folder: int, name: str, target: str) -> None:
    """Replaces a symlink in one step. Nobody can guess the name that it has before."""
    new = f".{name}.{secrets.token_hex(8)}"
    os.symlink(target, new, dir_fd=folder)
    try:
        os.rename(new, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        os.unlink(new, dir_fd=folder)
        raise


def install(path: str, links: dict[str, str]) -> None:
    owner: Owner = {"mode": 0o1775, "uid": 0, "gid": grp.getgrnam(GROUP).gr_gid}
    folder = enter(path, set(), owner)
    try:
        # A folder of an older version belongs to the user of the hypervisor, and so does its symlink `booted`.
        os.fchown(folder, owner["uid"], owner["gid"])
        os.fchmod(folder, owner["mode"])
        for name, target in links.items():
            link(folder, name, target)
        with suppress(FileNotFoundError):
            if stat.S_ISLNK(os.lstat("booted", dir_fd=folder).st_mode):
                os.chown("booted", 0, 0, dir_fd=folder, follow_symlinks=False)
    finally:
        os.close(folder)


def main(config: str, folder: str) -> bool:
    """Returns true if it installed all VMs. A VM that it cannot install does not affect the others."""
    with open(config, encoding="utf-8") as file:
        vms: dict[str, dict[str, str]] = json.load(file)
    os.umask(0)
    complete = True
    for vm, links in vms.items():
        try:
            install(f"{folder}/{vm}", links)
        except (OSError, UnsafePathError) as refused:
            complete = False
            print(f"{vm}: {refused}", file=sys.stderr)
    return complete


if __name__ == "__main__":
    try:
        sys.exit(0 if main(*sys.argv[1:]) else 1)
    except OSError as error:
        sys.exit(f"{error.filename or 'the configuration'}: {error.strerror}")
