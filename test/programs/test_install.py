"""The program that installs VMs: their folders and symlinks, without root."""

from __future__ import annotations

import grp
import io
import json
import os
import sys
import unittest
from unittest import mock

import install
from folder_of_test import FolderOfTest


class InstallTest(FolderOfTest):
    def setUp(self) -> None:
        super().setUp()
        self.state = self.root / "microvms"
        self.state.mkdir()
        self.patch(grp, "getgrnam", lambda _: mock.Mock(gr_gid=os.getegid()))
        self.fchown = mock.Mock()
        self.patch(os, "fchown", self.fchown)
        self.chown = mock.Mock()
        self.patch(os, "chown", self.chown)
        self.errors = io.StringIO()
        self.patch(sys, "stderr", self.errors)

    def run_main(self, **links: dict[str, str]) -> bool:
        config = self.root / "config.json"
        config.write_text(json.dumps(links))
        return install.main(str(config), str(self.state))

    def links(self, vm: str) -> dict[str, str]:
        return {link.name: os.readlink(link) for link in (self.state / vm).iterdir() if link.is_symlink()}

    def test_new_folder_belongs_to_root_and_is_sticky(self) -> None:
        self.assertTrue(self.run_main(one={"current": "/runner", "toplevel": "/system"}))
        self.assertEqual(self.links("one"), {"current": "/runner", "toplevel": "/system"})
        self.assertEqual((self.state / "one").stat().st_mode & 0o7777, 0o1775)
        self.fchown.assert_called_with(mock.ANY, 0, os.getegid())

    def test_symlinks_are_replaced_and_other_files_stay(self) -> None:
        self.run_main(one={"current": "/old", "toplevel": "/old"})
        (self.state / "one" / "var.img").write_text("data")
        self.assertTrue(self.run_main(one={"current": "/new", "toplevel": "/new"}))
        self.assertEqual(self.links("one"), {"current": "/new", "toplevel": "/new"})
        self.assertEqual(sorted(os.listdir(self.state / "one")), ["current", "toplevel", "var.img"])

    def test_folder_of_older_version_is_taken_over(self) -> None:
        (self.state / "one").mkdir(mode=0o755)
        os.symlink("/runner", self.state / "one" / "booted")
        self.assertTrue(self.run_main(one={"current": "/runner"}))
        self.assertEqual((self.state / "one").stat().st_mode & 0o7777, 0o1775)
        self.chown.assert_called_once_with("booted", 0, 0, dir_fd=mock.ANY, follow_symlinks=False)

    def test_only_a_symlink_is_taken_over(self) -> None:
        (self.state / "one").mkdir()
        (self.state / "one" / "booted").write_text("of the hypervisor")
        self.assertTrue(self.run_main(one={"current": "/runner"}))
        self.chown.assert_not_called()

    def test_vm_that_fails_does_not_affect_the_others(self) -> None:
        (self.state / "one" / "current").mkdir(parents=True)
        self.assertFalse(self.run_main(one={"current": "/runner"}, two={"current": "/runner"}))
        self.assertEqual(self.links("two"), {"current": "/runner"})
        self.assertIn("one: ", self.errors.getvalue())
        # Without the symlink that had no place.
        self.assertEqual(os.listdir(self.state / "one"), ["current"])

    def test_file_in_place_of_the_folder_is_an_error(self) -> None:
        (self.state / "one").write_text("")
        self.assertFalse(self.run_main(one={"current": "/runner"}))
        self.assertIn(f"{self.state}/one", self.errors.getvalue())


if __name__ == "__main__":
    unittest.main()
