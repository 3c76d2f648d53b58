"""Stops VMs that left the configuration of the host, and moves the folders of renamed VMs.

usage: retire.py CONFIG.json RECORD

CONFIG.json has the type Config. RECORD is a file of this program: the names of the VMs in the last configuration. So
VMs that others declared or created are never stopped. Needs Python 3.11 and systemctl.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from typing import TypedDict

from folders import UnsafePathError, enter


class Renamed(TypedDict):
    before: str  # former name of the VM
    folders: list[str]  # folders with a folder named like the VM
    exposed: list[str]  # paths that a guest can replace


class Config(TypedDict):
    vms: list[str]  # VMs of microvm-emit
    declared: list[str]  # all VMs of the host
    renamed: dict[str, Renamed]  # by present name


def recorded(record: str) -> list[str]:
    """The VMs of the last configuration; none before the first run."""
    with suppress(FileNotFoundError), open(record, encoding="utf-8") as file:
        return file.read().split()
    return []


def write_record(record: str, names: list[str]) -> None:
    with open(f"{record}.new", "w", encoding="utf-8") as file:
        file.writelines(f"{name}\n" for name in names)
        file.flush()
        os.fsync(file.fileno())
    os.rename(f"{record}.new", record)


def stop(vm: str) -> None:
    """Stops a VM, and returns when its hypervisor ended."""
    subprocess.run(["systemctl", "stop", "--", f"microvm@{vm}.service"], check=True)


def exists(name: str, folder: int) -> bool:
    try:
        os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return False
    return True


def move(path: str, before: str, after: str, exposed: set[str]) -> None:
    """Renames a folder inside of another one, unless the new name is taken."""
    try:
        folder = enter(path, exposed)
    except FileNotFoundError:
        return
    try:
        if not exists(before, folder):
            return
        if exists(after, folder):
            print(f"{path}/{before} stays, because {path}/{after} exists", file=sys.stderr)
            return
        os.rename(before, after, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
        print(f"moved {path}/{before} to {path}/{after}")
    finally:
        os.close(folder)


def main(config: str, record: str) -> None:
    with open(config, encoding="utf-8") as file:
        wanted: Config = json.load(file)
    declared = set(wanted["declared"])
    before = {renamed["before"] for renamed in wanted["renamed"].values()}
    for vm in sorted({*recorded(record), *before} - declared):
        stop(vm)
    for vm, renamed in wanted["renamed"].items():
        for path in renamed["folders"]:
            move(path, renamed["before"], vm, set(renamed["exposed"]))
    # Last, so that the next run repeats a failed one.
    write_record(record, wanted["vms"])


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except UnsafePathError as refused:
        sys.exit(str(refused))
    except subprocess.CalledProcessError as failed:
        sys.exit(f"{' '.join(failed.cmd)} failed")
    except OSError as error:
        sys.exit(f"{error.filename or 'a folder'}: {error.strerror}")
