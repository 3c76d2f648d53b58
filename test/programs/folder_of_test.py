"""A folder of a test, in which the current user replaces root."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import folders

OWN: folders.Owner = {"mode": 0o755, "uid": os.getuid(), "gid": os.getgid()}
OWN_TEXT = f"{os.getuid()}:{os.getgid()}"


class FolderOfTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        self.patch(folders, "ROOT", OWN)
        self.is_private = True
        self.patch(folders, "is_private_to_root", lambda _: self.is_private)
        umask = os.umask(0)
        self.addCleanup(os.umask, umask)

    def patch(self, module: object, attribute: str, value: object) -> None:
        patched = mock.patch.object(module, attribute, value)
        patched.start()
        self.addCleanup(patched.stop)

    def path(self, name: str) -> str:
        return str(self.root / name)

    def make(self, name: str, mode: str = "0750", exposed: tuple[str, ...] = ()) -> None:
        folders.make_folder(self.path(name), f"{mode} {OWN_TEXT}", {self.path(one) for one in exposed})

    def mode(self, name: str) -> str:
        return oct((self.root / name).stat().st_mode & 0o7777)
