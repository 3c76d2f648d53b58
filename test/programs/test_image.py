"""The image program on sparse files."""

from __future__ import annotations

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
