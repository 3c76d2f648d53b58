"""The state program in a folder of the tests: folders, symlinks, races and host keys, without root."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import state

OWN: state.Owner = {"mode": 0o755, "uid": os.getuid(), "gid": os.getgid()}
OWN_TEXT = f"{os.getuid()}:{os.getgid()}"


class StateTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        # In these tests, the current user replaces root.
        self.patch("ROOT", OWN)
        self.is_private = True
        self.patch("is_private_to_root", lambda _: self.is_private)
        umask = os.umask(0)
        self.addCleanup(os.umask, umask)

    def patch(self, attribute: str, value: object) -> None:
        patched = mock.patch.object(state, attribute, value)
        patched.start()
        self.addCleanup(patched.stop)

    def path(self, name: str) -> str:
        return str(self.root / name)

    def make(self, name: str, mode: str = "0750", exposed: tuple[str, ...] = ()) -> None:
        state.make_folder(self.path(name), f"{mode} {OWN_TEXT}", {self.path(one) for one in exposed})

    def mode(self, name: str) -> str:
        return oct((self.root / name).stat().st_mode & 0o7777)


class PathTest(unittest.TestCase):
    def test_steps_of_a_path(self) -> None:
        for path, steps in {
            "/": [],
            "/a": [("a", "/a")],
            "/a//b/./c/": [("c", "/a/b/c"), ("b", "/a/b"), ("a", "/a")],
        }.items():
            with self.subTest(path):
                self.assertEqual(state.steps(path), steps)

    def test_folder_is_private_to_root(self) -> None:
        for uid, mode, is_private in (
            (0, 0o40755, True),
            (0, 0o41777, False),
            (0, 0o40775, False),
            (1000, 0o40700, False),
        ):
            with self.subTest(uid=uid, mode=oct(mode)):
                found = os.stat_result((mode, 0, 0, 0, uid, 0, 0, 0, 0, 0))
                with mock.patch("state.os.fstat", return_value=found):
                    self.assertEqual(state.is_private_to_root(0), is_private)


class FolderTest(StateTest):
    def test_missing_folders_are_made_with_mode_and_owner(self) -> None:
        self.make("a/b/c", "0700")
        self.assertEqual([self.mode(name) for name in ("a", "a/b", "a/b/c")], ["0o755", "0o755", "0o700"])

    def test_existing_folder_stays_as_it_is(self) -> None:
        (self.root / "a").mkdir(0o711)
        self.make("a")
        self.assertEqual(self.mode("a"), "0o711")

    def test_owner_is_given_by_descriptor(self) -> None:
        with mock.patch("state.os.fchown") as fchown:
            state.make_folder(self.path("a"), "0755 4242:4343", set())
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
            state.UnsafePathError, "link is a symlink in a folder that other users can write to"
        ):
            self.make("link/made")
        self.assertEqual(list((self.root / "real").iterdir()), [])

    def test_symlink_at_a_path_of_the_guest_is_refused(self) -> None:
        (self.root / "real").mkdir()
        (self.root / "link").symlink_to("real")
        for name in "link", "link/made":
            with self.subTest(name), self.assertRaisesRegex(state.UnsafePathError, "is a symlink"):
                self.make(name, exposed=("link",))
        self.assertEqual(list((self.root / "real").iterdir()), [])

    def test_symlinks_in_a_loop_are_refused(self) -> None:
        (self.root / "one").symlink_to("two")
        (self.root / "two").symlink_to("one")
        with self.assertRaisesRegex(state.UnsafePathError, "is a symlink"):
            self.make("one/made")

    def test_file_in_place_of_a_folder_is_refused(self) -> None:
        (self.root / "file").write_text("")
        for name in "file", "file/made":
            with self.subTest(name), self.assertRaisesRegex(state.UnsafePathError, "Not a directory"):
                self.make(name)

    def test_folder_that_is_replaced_during_its_creation_is_refused(self) -> None:
        def replace_by_folder_with_content(name: str, parent: int) -> None:
            os.mkdir(f"{name}/content", dir_fd=parent)

        def replace_by_symlink(name: str, parent: int) -> None:
            os.rmdir(name, dir_fd=parent)
            os.symlink("elsewhere", name, dir_fd=parent)

        (self.root / "elsewhere").mkdir()
        for at, replace in enumerate((replace_by_folder_with_content, replace_by_symlink)):
            with self.subTest(replace.__name__), mock.patch("state.os.mkdir", self.mkdir_and(replace)):
                self.is_private = False
                with self.assertRaises((state.UnsafePathError, OSError)), mock.patch("state.os.fchown") as fchown:
                    self.make(f"made{at}/inner")
                fchown.assert_not_called()
        self.assertEqual(list((self.root / "elsewhere").iterdir()), [])

    @staticmethod
    def mkdir_and(replace: Callable[[str, int], None]) -> Callable[..., None]:
        mkdir = os.mkdir

        def make(name: str, mode: int = 0o777, *, dir_fd: int) -> None:
            mkdir(name, mode, dir_fd=dir_fd)
            with mock.patch("state.os.mkdir", mkdir):
                replace(name, dir_fd)

        return make


class HostKeyTest(StateTest):
    def setUp(self) -> None:
        super().setUp()
        self.patch("RUN", str(self.root))
        (self.root / "keys").mkdir()

    @staticmethod
    def keygen(command: list[str], *, check: bool) -> None:
        assert check
        file = Path(command[command.index("-f") + 1])
        file.write_text("private of " + command[command.index("-C") + 1])
        file.with_suffix(".pub").write_text("public")

    def make_key(self) -> None:
        with mock.patch("state.subprocess.run", self.keygen):
            state.make_host_key("emacsvm", self.path("keys"), set())

    def test_key_is_made_once_with_its_modes(self) -> None:
        self.make_key()
        key = f"keys/{state.KEY}"
        self.assertEqual((self.mode(key), self.mode(f"{key}.pub")), ("0o600", "0o644"))
        self.assertEqual((self.root / key).read_text(), "private of emacsvm")
        (self.root / key).write_text("kept")
        self.make_key()
        self.assertEqual((self.root / key).read_text(), "kept")
        self.assertEqual(len(list((self.root / "keys").iterdir())), 2)

    def test_key_replaces_what_an_interrupted_run_left(self) -> None:
        (self.root / "target").write_text("untouched")
        (self.root / f"keys/{state.KEY}.new").symlink_to(self.path("target"))
        self.make_key()
        self.assertEqual((self.root / "target").read_text(), "untouched")
        self.assertFalse((self.root / f"keys/{state.KEY}").is_symlink())

    def test_failed_keygen_leaves_no_key(self) -> None:
        failure = subprocess.CalledProcessError(1, "ssh-keygen")
        with mock.patch("state.subprocess.run", side_effect=failure), self.assertRaises(type(failure)):
            state.make_host_key("emacsvm", self.path("keys"), set())
        self.assertEqual(list((self.root / "keys").iterdir()), [])


class KnownHostTest(StateTest):
    PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "a" * 43

    def setUp(self) -> None:
        super().setUp()
        self.patch("RUN", str(self.root))
        (self.root / "keys").mkdir()
        self.public = self.root / f"keys/{state.KEY}.pub"
        self.known = self.root / f"{state.KNOWN_HOSTS}/emacsvm"

    def publish(self) -> None:
        state.publish_host_key("emacsvm", self.path("keys"), set())

    def test_key_is_readable_for_all_users(self) -> None:
        self.public.write_text(f"{self.PUBLIC} emacsvm\n")
        self.public.chmod(0o600)
        (self.root / "keys").chmod(0o700)
        for _ in range(2):
            self.publish()
        self.assertEqual(self.known.read_text(), f"emacsvm {self.PUBLIC}\n")
        self.assertEqual(self.mode(f"{state.KNOWN_HOSTS}/emacsvm"), "0o644")
        self.assertEqual([file.name for file in self.known.parent.iterdir()], ["emacsvm"])

    def test_only_a_key_is_published(self) -> None:
        for text in "root:x:0:0:root\n", f"{self.PUBLIC[:-1]}!\n", f"\n{self.PUBLIC}\n", "":
            with self.subTest(text):
                self.public.write_text(text)
                self.assertRaises(state.UnsafePathError, self.publish)
                self.assertFalse(self.known.exists())

    def test_symlink_is_not_followed(self) -> None:
        (self.root / "other").write_text(f"{self.PUBLIC}\n")
        self.public.symlink_to(self.path("other"))
        self.assertRaises(OSError, self.publish)
        self.assertFalse(self.known.exists())

    def test_vm_starts_without_a_public_key(self) -> None:
        (self.root / f"keys/{state.KEY}").write_text("private")
        config = self.root / "state.json"
        vm = {"directories": {self.path("keys"): f"0700 {OWN_TEXT}"}, "sshHostKeys": self.path("keys")}
        config.write_text(json.dumps({"emacsvm": vm}))
        with mock.patch("state.sys.stderr") as stderr:
            state.main(str(config), "emacsvm")
        self.assertIn("does not know the key of emacsvm", str(stderr.write.mock_calls))


class MainTest(StateTest):
    def run_main(self, name: str, vm: dict[str, object]) -> None:
        config = self.root / "state.json"
        config.write_text(json.dumps({"emacsvm": vm}))
        state.main(str(config), name)

    def test_folders_are_made_parents_first(self) -> None:
        modes = {"a/b": "0700", "a": "0711"}
        self.run_main("emacsvm", {"directories": {self.path(at): f"{mode} {OWN_TEXT}" for at, mode in modes.items()}})
        self.assertEqual({at: self.mode(at) for at in modes}, {"a/b": "0o700", "a": "0o711"})

    def test_unknown_vm_needs_nothing(self) -> None:
        self.run_main("othervm", {"directories": {self.path("a"): f"0700 {OWN_TEXT}"}})
        self.assertFalse((self.root / "a").exists())


if __name__ == "__main__":
    unittest.main()
