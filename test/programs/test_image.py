"""The image program on sparse files."""

from __future__ import annotations

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

PROGRAM = Path(__file__).parents[2] / "packages/emit/nix/vm/image.sh"
MIB = 1024 * 1024


class ImageTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.image = self.folder / "a b.img"

    def run_program(self, *arguments: str) -> str:
        command = ["bash", str(PROGRAM), *arguments]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def make_image(self, size_mib: int) -> None:
        with self.image.open("wb") as file:
            file.truncate(size_mib * MIB)

    def test_missing_image_is_not_made(self) -> None:
        self.assertEqual(self.run_program("grow", self.image.name, "64"), "")
        self.assertFalse(self.image.exists())

    def test_image_grows_and_never_shrinks(self) -> None:
        for found, wanted, then, said in (
            (1, 3, 3, "a b.img grew from 1 to 3 MiB\n"),
            (3, 3, 3, ""),
            (3, 2, 3, "a b.img keeps its 3 MiB: images never shrink, although sizeMiB is 2\n"),
        ):
            with self.subTest(found=found, wanted=wanted):
                self.make_image(found)
                self.assertEqual(self.run_program("grow", self.image.name, str(wanted)), said)
                self.assertEqual(self.image.stat().st_size, then * MIB)

    def create(self, script: str) -> subprocess.CompletedProcess[str]:
        """Creates an image of 2 MiB by a script that gets the file as $0."""
        command = ["bash", str(PROGRAM), "create", self.image.name, "2", "bash", "-c", script]
        return subprocess.run(command, cwd=self.folder, check=False, capture_output=True, text=True)

    def test_image_is_created_once(self) -> None:
        self.assertEqual(self.create('printf first >"$0"; truncate -s 2M "$0"').returncode, 0)
        self.assertEqual(self.image.read_bytes()[:5], b"first")
        self.assertEqual(self.create("exit 1").returncode, 0)
        self.assertEqual(os.listdir(self.folder), [self.image.name])

    def test_image_does_not_exist_after_a_failure_or_power_cut(self) -> None:
        ended = self.create('echo half >"$0"; exit 1')
        self.assertEqual(ended.returncode, 1)
        self.assertRegex(ended.stderr, r"^a b\.img cannot be created\. Free space: +[0-9.]+[KMGT]? /")
        self.assertEqual(os.listdir(self.folder), [])
        self.create('echo half >"$0"; kill -9 $PPID')
        self.assertEqual(os.listdir(self.folder), ["a b.img.new"])
        self.assertEqual(self.create('test ! -s "$0" || stat -c %s "$0" >size').returncode, 0)
        self.assertEqual(sorted(os.listdir(self.folder)), [self.image.name, "size"])
        self.assertEqual((self.folder / "size").read_text(), f"{2 * MIB}\n")

    def test_symlink_is_left_to_its_owner(self) -> None:
        self.image.symlink_to("elsewhere")
        self.assertEqual(self.create("exit 1").returncode, 0)
        self.assertTrue(self.image.is_symlink())

    def test_image_is_renewed_when_the_system_changes(self) -> None:
        for link, system, kept in (
            ("current", "/nix/store/one", False),
            ("current", "/nix/store/one", True),
            ("current", "/nix/store/two", False),
            ("toplevel", "/nix/store/three", False),
            ("toplevel", "/nix/store/three", True),
        ):
            with self.subTest(link=link, system=system):
                (self.folder / link).unlink(missing_ok=True)
                (self.folder / link).symlink_to(system)
                self.make_image(1)
                self.run_program("renew", self.image.name)
                self.assertEqual(self.image.exists(), kept)


if __name__ == "__main__":
    unittest.main()
