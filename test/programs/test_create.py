"""The program that runs before a start: folders and host keys, without root."""

from __future__ import annotations

import errno
import json
import subprocess
import unittest
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from unittest import mock

import create
from folder_of_test import OWN_TEXT, FolderOfTest
from folders import UnsafePathError


class HostKeyTest(FolderOfTest):
    def setUp(self) -> None:
        super().setUp()
        self.patch(create, "RUN", str(self.root))
        (self.root / "keys").mkdir()

    @staticmethod
    def keygen(command: list[str], *, check: bool) -> None:
        assert check
        file = Path(command[command.index("-f") + 1])
        file.write_text("private of " + command[command.index("-C") + 1])
        file.with_suffix(".pub").write_text("public")

    def make_key(self) -> None:
        with mock.patch("create.subprocess.run", self.keygen):
            create.make_host_key("emacsvm", self.path("keys"), set())

    def test_key_is_made_once_with_its_modes(self) -> None:
        self.make_key()
        key = f"keys/{create.KEY}"
        self.assertEqual((self.mode(key), self.mode(f"{key}.pub")), ("0o600", "0o644"))
        self.assertEqual((self.root / key).read_text(), "private of emacsvm")
        (self.root / key).write_text("kept")
        self.make_key()
        self.assertEqual((self.root / key).read_text(), "kept")
        self.assertEqual(len(list((self.root / "keys").iterdir())), 2)

    def test_key_replaces_what_an_interrupted_run_left(self) -> None:
        (self.root / "target").write_text("untouched")
        (self.root / f"keys/{create.KEY}.new").symlink_to(self.path("target"))
        self.make_key()
        self.assertEqual((self.root / "target").read_text(), "untouched")
        self.assertFalse((self.root / f"keys/{create.KEY}").is_symlink())

    def test_full_disk_leaves_no_key(self) -> None:
        full = OSError(errno.ENOSPC, "No space left on device")
        with mock.patch("create.os.fsync", side_effect=full), self.assertRaises(OSError) as raised:
            self.make_key()
        self.assertEqual(raised.exception.filename, self.path(f"keys/{create.KEY}.pub"))
        self.assertFalse((self.root / f"keys/{create.KEY}").exists())
        self.make_key()
        self.assertEqual((self.root / f"keys/{create.KEY}").read_text(), "private of emacsvm")

    def test_failed_keygen_leaves_no_key(self) -> None:
        failure = subprocess.CalledProcessError(1, "ssh-keygen")
        with mock.patch("create.subprocess.run", side_effect=failure), self.assertRaises(type(failure)):
            create.make_host_key("emacsvm", self.path("keys"), set())
        self.assertEqual(list((self.root / "keys").iterdir()), [])


class PageTest(FolderOfTest):
    def test_page_is_replaced_and_follows_no_link(self) -> None:
        (self.root / "keys").mkdir()
        (self.root / "target").write_text("untouched")
        page = self.root / "keys" / create.PAGE
        page.symlink_to(self.path("target"))
        for text in "first", "second":
            create.write_page(self.path("keys"), text, set())
            self.assertEqual((page.read_text(), self.mode(f"keys/{create.PAGE}")), (text, "0o644"))
        self.assertEqual((self.root / "target").read_text(), "untouched")
        self.assertEqual([file.name for file in (self.root / "keys").iterdir()], [create.PAGE])

    def test_page_needs_no_free_space_if_it_is_up_to_date(self) -> None:
        (self.root / "keys").mkdir()
        create.write_page(self.path("keys"), "same", set())
        with mock.patch("create.place") as place:
            create.write_page(self.path("keys"), "same", set())
        place.assert_not_called()

    def test_full_disk_keeps_the_old_page(self) -> None:
        (self.root / "keys").mkdir()
        create.write_page(self.path("keys"), "first", set())
        full = OSError(errno.ENOSPC, "No space left on device")
        with mock.patch("create.os.fsync", side_effect=full), redirect_stderr(StringIO()) as report:
            create.write_page(self.path("keys"), "second", set())
        self.assertIn("README.md is not up to date: No space left on device", report.getvalue())
        self.assertEqual((self.root / "keys" / create.PAGE).read_text(), "first")


class KnownHostTest(FolderOfTest):
    PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "a" * 43

    def setUp(self) -> None:
        super().setUp()
        self.patch(create, "RUN", str(self.root))
        (self.root / "keys").mkdir()
        self.public = self.root / f"keys/{create.KEY}.pub"
        self.known = self.root / f"{create.KNOWN_HOSTS}/emacsvm"

    def publish(self) -> None:
        create.publish_host_key("emacsvm", self.path("keys"), set())

    def test_key_is_readable_for_all_users(self) -> None:
        self.public.write_text(f"{self.PUBLIC} emacsvm\n")
        self.public.chmod(0o600)
        (self.root / "keys").chmod(0o700)
        for _ in range(2):
            self.publish()
        self.assertEqual(self.known.read_text(), f"emacsvm {self.PUBLIC}\n")
        self.assertEqual(self.mode(f"{create.KNOWN_HOSTS}/emacsvm"), "0o644")
        self.assertEqual([file.name for file in self.known.parent.iterdir()], ["emacsvm"])

    def test_only_a_key_is_published(self) -> None:
        for text in "root:x:0:0:root\n", f"{self.PUBLIC[:-1]}!\n", f"\n{self.PUBLIC}\n", "":
            with self.subTest(text):
                self.public.write_text(text)
                self.assertRaises(UnsafePathError, self.publish)
                self.assertFalse(self.known.exists())

    def test_symlink_is_not_followed(self) -> None:
        (self.root / "other").write_text(f"{self.PUBLIC}\n")
        self.public.symlink_to(self.path("other"))
        self.assertRaises(OSError, self.publish)
        self.assertFalse(self.known.exists())

    def test_vm_starts_without_a_public_key(self) -> None:
        (self.root / f"keys/{create.KEY}").write_text("private")
        config = self.root / "state.json"
        vm = {"directories": {self.path("keys"): f"0700 {OWN_TEXT}"}, "sshHostKeys": self.path("keys")}
        config.write_text(json.dumps({"emacsvm": vm}))
        with mock.patch("create.sys.stderr") as stderr:
            create.main(str(config), "emacsvm")
        self.assertIn("does not know the key of emacsvm", str(stderr.write.mock_calls))


class MainTest(FolderOfTest):
    def run_main(self, name: str, vm: dict[str, object]) -> None:
        config = self.root / "state.json"
        config.write_text(json.dumps({"emacsvm": vm}))
        create.main(str(config), name)

    def test_folders_are_made_parents_first(self) -> None:
        modes = {"a/b": "0700", "a": "0711"}
        self.run_main("emacsvm", {"directories": {self.path(at): f"{mode} {OWN_TEXT}" for at, mode in modes.items()}})
        self.assertEqual({at: self.mode(at) for at in modes}, {"a/b": "0o700", "a": "0o711"})

    def test_unknown_vm_needs_nothing(self) -> None:
        self.run_main("othervm", {"directories": {self.path("a"): f"0700 {OWN_TEXT}"}})
        self.assertFalse((self.root / "a").exists())


if __name__ == "__main__":
    unittest.main()
