"""link-package.py PACKAGE: builds a NixOS package from Debian packages, of symlinks and of copies of files that contain
paths in /usr.

PACKAGE is JSON with the keys of the type Package.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import NotRequired, TypedDict


class Package(TypedDict):
    out: str  # the store path to create
    tree: str  # the store path of the unpacked Debian packages
    debs: list[str]  # names of the Debian packages
    links: NotRequired[dict[str, str]]  # additional symlinks: target by name
    # Names of systemd units. Moves files to `example/`, as in nixpkgs' systemd, and adds units that Debian lacks.
    units: NotRequired[list[str]]


PACKAGE: Package = json.loads(sys.argv[1])
TREE = PACKAGE["tree"]
OUT = Path(PACKAGE["out"])
LIBRARIES = "lib/x86_64-linux-gnu/"
# Files that name programs by path.
NAMING = re.compile(
    r"(lib/(systemd/(system|user)|udev/rules\.d|tmpfiles\.d|sysusers\.d|pam\.d|environment\.d)|share/(dbus-1|polkit-1))/"
)
EXAMPLES = {
    "lib/systemd/system": "systemd/system",
    "lib/systemd/user": "systemd/user",
    "lib/tmpfiles.d": "tmpfiles.d",
    "lib/sysctl.d": "sysctl.d",
    "lib/sysusers.d": "sysusers.d",
}
# A unit without a program, for each unit that NixOS expects.
ABSENT = "/absent-in-debian"
ABSENT_UNIT = {
    ".service": f"[Service]\nType=oneshot\nExecStart={ABSENT}\n",
    ".socket": f"[Socket]\nListenStream={ABSENT}\n",
}


def source_of(name: str) -> Path | None:
    """The file in the tree, where `tree/unpack.sh` may have moved it."""
    found = (Path(TREE, name), Path(TREE, "upstream", name))
    return next((path for path in found if path.is_symlink() or path.is_file()), None)


def with_store_paths(text: str) -> str:
    programs = re.sub(r"(?<![\w/.-])/(usr/)?(s?bin)/", rf"{TREE}/\2/", text)
    return re.sub(r"(?<![\w/.-])/(usr/)?lib/systemd/(?=systemd|import-pubring)", f"{TREE}/lib/systemd/", programs)


def put(source: Path, name: str) -> None:
    target = OUT / name
    if target.is_symlink() or target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if not NAMING.match(name):
        target.symlink_to(source)
    elif source.is_symlink():
        target.symlink_to(source.readlink())
    else:
        text = source.read_text(errors="surrogateescape")
        target.write_text(with_store_paths(text), errors="surrogateescape")


def put_package(name: str) -> None:
    for file in Path(TREE, "debs", name).read_text().splitlines():
        source = source_of(file)
        if source is None:
            continue
        put(source, file)
        if file.startswith("sbin/"):
            put(source, f"bin/{file.removeprefix('sbin/')}")
        if file.startswith(LIBRARIES):
            put(source, f"lib/{file.removeprefix(LIBRARIES)}")


def move_examples(absent: list[str]) -> None:
    for name, example in EXAMPLES.items():
        target = OUT / "example" / example
        target.parent.mkdir(parents=True, exist_ok=True)
        if (OUT / name).is_dir():
            shutil.move(OUT / name, target)
    for unit in absent:
        path = OUT / "example/systemd/system" / unit
        if not path.exists():
            path.write_text(f"[Unit]\nConditionPathExists={ABSENT}\n" + ABSENT_UNIT.get(path.suffix, ""))


def link(name: str, target: str) -> None:
    path = OUT / name
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


(OUT / "bin").mkdir(parents=True)
for deb in PACKAGE["debs"]:
    put_package(deb)
if "units" in PACKAGE:
    move_examples(PACKAGE["units"])
for added, destination in PACKAGE.get("links", {}).items():
    link(added, destination)
