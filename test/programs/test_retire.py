"""The program that follows a switch: VMs that it stops, and folders that it moves, without root or systemd."""

from __future__ import annotations

import json
import subprocess
import sys
import unittest
from unittest import mock

import retire
from folder_of_test import FolderOfTest
from folders import UnsafePathError


class RetireTest(FolderOfTest):
    def setUp(self) -> None:
        super().setUp()
        self.stopped: list[str] = []
        self.patch(retire, "stop", self.stopped.append)
        # Keeps the output of the tests short.
        for stream in "stdout", "stderr":
            self.patch(sys, stream, mock.Mock())

    def run_main(self, *vms: str, declared: tuple[str, ...] = (), **renamed: str) -> None:
        config = self.root / "config.json"
        wanted: retire.Config = {
            "vms": list(vms),
            "declared": [*vms, *declared],
            "renamed": {
                vm: {"before": before, "folders": [self.path("state"), self.path("work")], "exposed": []}
                for vm, before in renamed.items()
            },
        }
        config.write_text(json.dumps(wanted))
        retire.main(str(config), self.path("record"))

    def lay_out(self, *names: str) -> None:
        for name in names:
            (self.root / name).mkdir(parents=True)
            (self.root / name / "file").write_text(name)

    def contents(self) -> dict[str, str]:
        return {str(file.parent.relative_to(self.root)): file.read_text() for file in self.root.glob("*/*/file")}


class StopTest(RetireTest):
    def test_first_run_stops_no_vm(self) -> None:
        self.run_main("one")
        self.assertEqual(self.stopped, [])

    def test_vm_that_left_the_configuration_is_stopped_once(self) -> None:
        self.run_main("one", "two")
        self.run_main("one")
        self.assertEqual(self.stopped, ["two"])
        self.run_main("one")
        self.assertEqual(self.stopped, ["two"])

    def test_last_vm_is_stopped(self) -> None:
        self.run_main("one")
        self.run_main()
        self.assertEqual(self.stopped, ["one"])

    def test_vm_that_the_user_declares_by_hand_now_runs_on(self) -> None:
        self.run_main("one", "two")
        self.run_main("one", declared=("two",))
        self.assertEqual(self.stopped, [])

    def test_vms_of_others_run_on(self) -> None:
        self.run_main("one", declared=("other",))
        self.run_main("one")
        self.assertEqual(self.stopped, [])

    def test_failed_stop_is_repeated(self) -> None:
        self.run_main("one", "two")
        failure = subprocess.CalledProcessError(1, ["systemctl"])
        with mock.patch("retire.stop", side_effect=failure), self.assertRaises(type(failure)):
            self.run_main("one")
        self.run_main("one")
        self.assertEqual(self.stopped, ["two"])


class RenameTest(RetireTest):
    def test_folders_of_a_renamed_vm_move(self) -> None:
        self.lay_out("state/old", "work/old", "work/other")
        self.run_main("new", new="old")
        self.assertEqual(self.stopped, ["old"])
        expected = {"state/new": "state/old", "work/new": "work/old", "work/other": "work/other"}
        self.assertEqual(self.contents(), expected)
        self.run_main("new", new="old")
        self.assertEqual(self.contents(), expected)

    def test_missing_folders_are_no_error(self) -> None:
        self.lay_out("state/old")
        self.run_main("new", new="old")
        self.assertEqual(self.contents(), {"state/new": "state/old"})

    def test_folder_in_the_way_keeps_both(self) -> None:
        self.lay_out("state/old", "state/new")
        self.run_main("new", new="old")
        self.assertEqual(self.contents(), {"state/new": "state/new", "state/old": "state/old"})

    def test_symlink_in_the_way_keeps_both(self) -> None:
        self.lay_out("state/old")
        (self.root / "state/new").symlink_to("nowhere")
        self.run_main("new", new="old")
        self.assertTrue((self.root / "state/new").is_symlink())
        self.assertTrue((self.root / "state/old/file").exists())

    def test_symlink_moves_and_its_target_stays(self) -> None:
        self.lay_out("elsewhere/target", "work/other")
        (self.root / "work/old").symlink_to(self.path("elsewhere/target"))
        self.run_main("new", new="old")
        self.assertTrue((self.root / "work/new").is_symlink())
        self.assertTrue((self.root / "elsewhere/target/file").exists())

    def test_symlink_of_another_user_on_the_way_is_refused(self) -> None:
        self.lay_out("elsewhere/old")
        (self.root / "state").symlink_to("elsewhere")
        self.is_private = False
        self.assertRaises(UnsafePathError, self.run_main, "new", new="old")
        self.assertTrue((self.root / "elsewhere/old/file").exists())

    def test_folders_stay_if_the_vm_does_not_stop(self) -> None:
        self.lay_out("state/old")
        failure = subprocess.CalledProcessError(1, ["systemctl"])
        with mock.patch("retire.stop", side_effect=failure), self.assertRaises(type(failure)):
            self.run_main("new", new="old")
        self.assertEqual(self.contents(), {"state/old": "state/old"})


if __name__ == "__main__":
    unittest.main()
