"""Folders and symlinks on paths that others can change, without root."""

from __future__ import annotations

import os
import unittest
from collections.abc import Callable
from unittest import mock

import folders
from folder_of_test import FolderOfTest


class PathTest(unittest.TestCase):
    def test_steps_of_a_path(self) -> None:
        for path, steps in {
            "/": [],
            "/a": [("a", "/a")],
            "/a//b/./c/": [("c", "/a/b/c"), ("b", "/a/b"), ("a", "/a")],
        }.items():
            with self.subTest(path):
                self.assertEqual(folders.steps(path), steps)

    def test_folder_is_private_to_root(self) -> None:
        for uid, mode, is_private in (
            (0, 0o40755, True),
            (0, 0o41777, False),
            (0, 0o40775, False),
            (1000, 0o40700, False),
        ):
            with self.subTest(uid=uid, mode=oct(mode)):
                found = os.stat_result((mode, 0, 0, 0, uid, 0, 0, 0, 0, 0))
                with mock.patch("folders.os.fstat", return_value=found):
                    self.assertEqual(folders.is_private_to_root(0), is_private)


class FolderTest(FolderOfTest):
    def test_missing_folders_are_made_with_mode_and_owner(self) -> None:
        self.make("a/b/c", "0700")
        self.assertEqual([self.mode(name) for name in ("a", "a/b", "a/b/c")], ["0o755", "0o755", "0o700"])

    def test_existing_folder_stays_as_it_is(self) -> None:
        (self.root / "a").mkdir(0o711)
        self.make("a")
        self.assertEqual(self.mode("a"), "0o711")

    def test_owner_is_given_by_descriptor(self) -> None:
        with mock.patch("folders.os.fchown") as fchown:
            folders.make_folder(self.path("a"), "0755 4242:4343", set())
        self.assertEqual(fchown.call_args.args[1:], (4242, 4343))

    def test_symlinks_are_followed_below_folders_of_root_alone(self) -> None:
        (self.root / "real/deep").mkdir(parents=True)
        for at, target in enumerate(("real", self.path("real"), "./real/deep/..", "../" + self.root.name + "/real")):
            with self.subTest(target):
                (self.root / f"link{at}").symlink_to(target)
                self.make(f"link{at}/made{at}")
                self.assertTrue((self.root / f"real/made{at}").is_dir())

    def test_symlink_below_another_folder_is_refused(self) -> None:
        (self.root / "real").mkdir()
        (self.root / "link").symlink_to("real")
        self.is_private = False
        with self.assertRaisesRegex(
            folders.UnsafePathError, "link is a symlink in a folder that other users can write to"
        ):
            self.make("link/made")
        self.assertEqual(list((self.root / "real").iterdir()), [])

    def test_symlink_at_a_path_of_the_guest_is_refused(self) -> None:
        (self.root / "real").mkdir()
        (self.root / "link").symlink_to("real")
        for name in "link", "link/made":
            with self.subTest(name), self.assertRaisesRegex(folders.UnsafePathError, "is a symlink"):
                self.make(name, exposed=("link",))
        self.assertEqual(list((self.root / "real").iterdir()), [])

    def test_symlinks_in_a_loop_are_refused(self) -> None:
        (self.root / "one").symlink_to("two")
        (self.root / "two").symlink_to("one")
        with self.assertRaisesRegex(folders.UnsafePathError, "is a symlink"):
            self.make("one/made")

    def test_file_in_place_of_a_folder_is_refused(self) -> None:
        (self.root / "file").write_text("")
        for name in "file", "file/made":
            with self.subTest(name), self.assertRaisesRegex(folders.UnsafePathError, "Not a directory"):
                self.make(name)

    def test_folder_that_is_replaced_during_its_creation_is_refused(self) -> None:
        def replace_by_folder_with_content(name: str, parent: int) -> None:
            os.mkdir(f"{name}/content", dir_fd=parent)

        def replace_by_symlink(name: str, parent: int) -> None:
            os.rmdir(name, dir_fd=parent)
            os.symlink("elsewhere", name, dir_fd=parent)

        (self.root / "elsewhere").mkdir()
        for at, replace in enumerate((replace_by_folder_with_content, replace_by_symlink)):
            with self.subTest(replace.__name__), mock.patch("folders.os.mkdir", self.mkdir_and(replace)):
                self.is_private = False
                with self.assertRaises((folders.UnsafePathError, OSError)), mock.patch("folders.os.fchown") as fchown:
                    self.make(f"made{at}/inner")
                fchown.assert_not_called()
        self.assertEqual(list((self.root / "elsewhere").iterdir()), [])

    @staticmethod
    def mkdir_and(replace: Callable[[str, int], None]) -> Callable[..., None]:
        mkdir = os.mkdir

        def make(name: str, mode: int = 0o777, *, dir_fd: int) -> None:
            mkdir(name, mode, dir_fd=dir_fd)
            with mock.patch("folders.os.mkdir", mkdir):
                replace(name, dir_fd)

        return make


if __name__ == "__main__":
    unittest.main()
