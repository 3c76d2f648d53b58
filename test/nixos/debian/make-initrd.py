"""make-initrd.py TREE CONTENTS ROOT: copies the files of an initrd to ROOT, with every file that they need.

CONTENTS is JSON: a list of {"source": PATH, "target": PATH}. A store path is copied whole. From TREE, which contains
all Debian packages, only files are copied that another file names, links or loads.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import sys
from pathlib import Path

TREE, CONTENTS, ROOT = sys.argv[1:]
LIBRARIES = f"{TREE}/lib/x86_64-linux-gnu"
STORE_PATH = re.compile(r"/nix/store/[0-9a-df-np-sv-z]{32}-[A-Za-z0-9+._?=-]+")
FILE_IN_STORE = re.compile(STORE_PATH.pattern + r"(?:/[A-Za-z0-9+._?=@/-]*)?")
# Search paths, which scripts name without a need for everything in them.
SEARCH_PATHS = {TREE, f"{TREE}/bin", f"{TREE}/sbin", f"{TREE}/lib"}
# Libraries that programs load with dlopen().
LOADED = [
    "libacl.so.1",
    "libaudit.so.1",
    "libblkid.so.1",
    "libbpf.so.1",
    "libcrypt.so.1",
    "libgcc_s.so.1",
    "libgcrypt.so.20",
    "libip4tc.so.2",
    "libkmod.so.2",
    "liblz4.so.1",
    "liblzma.so.5",
    "libmount.so.1",
    "libnss_files.so.2",
    "libnss_systemd.so.2",
    "libpam.so.0",
    "libseccomp.so.2",
    "libselinux.so.1",
    "libzstd.so.1",
]
# Programs that systemd starts by fixed paths.
STARTED = [
    *(
        f"lib/systemd/systemd-{name}"
        for name in ("executor", "udevd", "tmpfiles", "network-generator", "sysctl", "journald", "modules-load")
    ),
    *(f"lib/systemd/system-generators/systemd-{name}-generator" for name in ("fstab", "debug", "run")),
    *(f"bin/{name}" for name in ("systemd-tmpfiles", "udevadm", "systemctl", "journalctl", "systemd-sysusers")),
    *(f"bin/{name}" for name in ("kmod", "mount", "ls", "cat", "dmesg")),
    "sbin/modprobe",
    "lib/udev/rules.d",
    "lib64/ld-linux-x86-64.so.2",
]
DYNAMIC, LOAD = 2, 1  # program headers (elf(5))
NEEDED, STRINGS = 1, 5  # entries of the dynamic section
LARGEST_SCRIPT = 1 << 20

done: set[str] = set()


def needed_libraries(elf: bytes) -> list[str]:
    """The libraries of a 64-bit little-endian ELF file."""
    if elf[4:6] != b"\x02\x01":
        return []
    (headers,) = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    segments = [struct.unpack_from("<IIQQQQQQ", elf, headers + index * size) for index in range(count)]
    dynamic = next((segment for segment in segments if segment[0] == DYNAMIC), None)
    if dynamic is None:
        return []
    entries = list(struct.iter_unpack("<QQ", elf[dynamic[2] : dynamic[2] + dynamic[5]]))
    address = next((value for tag, value in entries if tag == STRINGS), None)
    if address is None:
        return []
    strings = next(
        address - start + offset
        for kind, _, offset, start, _, length, _, _ in segments
        if kind == LOAD and start <= address < start + length
    )
    starts = [strings + value for tag, value in entries if tag == NEEDED]
    return [elf[start : elf.index(b"\0", start)].decode() for start in starts]


def put_link(path: str, target: str) -> None:
    at = ROOT + path
    if not os.path.lexists(at):
        os.makedirs(os.path.dirname(at), exist_ok=True)
        os.symlink(target, at)


def symlink_above(path: str) -> str | None:
    """The outermost symlink among the folders of a file in the store."""
    parts = path.split("/")
    above = ("/".join(parts[:count]) for count in range(4, len(parts)))
    return next((folder for folder in above if os.path.islink(folder)), None)


def add_libraries(path: str, names: list[str]) -> None:
    for name in names:
        folders = (LIBRARIES, f"{LIBRARIES}/systemd", os.path.dirname(path))
        add(next((f"{folder}/{name}" for folder in folders if os.path.exists(f"{folder}/{name}")), ""))


def add_named(text: str) -> None:
    for found in set(FILE_IN_STORE.findall(text)):
        base = STORE_PATH.match(found)
        if base is None or found.rstrip("/.") in SEARCH_PATHS:
            continue
        if base.group() == TREE:
            if not os.path.isdir(found):
                add(found)
        else:
            # A package that links to the tree: only the named file.
            add(found if os.path.isfile(found) or os.path.islink(found) else base.group())


def add_file(path: str) -> None:
    content = Path(path).read_bytes()
    at = ROOT + path
    os.makedirs(os.path.dirname(at), exist_ok=True)
    shutil.copy2(path, at)
    os.chmod(at, os.stat(path).st_mode & 0o777 | 0o200)
    if content[:4] == b"\x7fELF":
        add_libraries(path, needed_libraries(content))
    elif len(content) < LARGEST_SCRIPT and b"\0" not in content:
        add_named(content.decode(errors="replace"))


def add(path: str) -> None:
    """Copies a file, symlink or folder to its path in the initrd, with everything it needs."""
    if path == "":
        return
    path = os.path.normpath(path)
    if path in done or not os.path.lexists(path):
        return
    done.add(path)
    folder = symlink_above(path)
    if folder is not None:
        add(folder)
        add(os.path.realpath(folder) + path.removeprefix(folder))
    elif os.path.islink(path):
        target = os.readlink(path)
        put_link(path, target)
        add(os.path.join(os.path.dirname(path), target))
    elif os.path.isdir(path):
        os.makedirs(ROOT + path, exist_ok=True)
        for name in os.listdir(path):
            add(f"{path}/{name}")
    else:
        add_file(path)


os.makedirs(ROOT)
for item in json.loads(Path(CONTENTS).read_text()):
    add(item["source"])
    if item["target"] != item["source"]:
        put_link(item["target"], item["source"])
for library in LOADED:
    add(f"{LIBRARIES}/{library}")
for program in STARTED:
    add(f"{TREE}/{program}")
# The search paths of Debian's programs.
put_link("/lib64", f"{TREE}/lib64")
put_link("/usr/lib", f"{TREE}/lib")
put_link("/usr/libexec", f"{TREE}/libexec")
put_link("/usr/lib64", f"{TREE}/lib64")
put_link("/usr/bin", "/bin")
put_link("/usr/sbin", "/sbin")
for mount_point in ("dev", "proc", "sys", "run", "sysroot", "tmp", "var", "root"):
    os.makedirs(f"{ROOT}/{mount_point}", exist_ok=True)
if os.path.islink(f"{ROOT}/lib"):
    put_link(f"{TREE}/lib/modules", "/lib/modules")
