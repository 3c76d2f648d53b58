"""The resume program against a stand-in for QEMU's monitor."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

PROGRAM = Path(__file__).parents[2] / "packages/emit/nix/vm/resume.py"


class ResumeTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.commands: list[str] = []

    def run_program(self) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(PROGRAM), str(self.folder), "qmp"]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    def serve(self, statuses: list[str]) -> None:
        """Answers one connection, with the next status to each query."""
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(self.folder / "qmp"))
        server.listen()
        self.addCleanup(server.close)

        def answer() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rwb") as stream:
                stream.write(b'{"QMP": {}}\n')
                stream.flush()
                for line in stream:
                    command = json.loads(line)["execute"]
                    self.commands.append(command)
                    found = {"status": statuses.pop(0)} if command == "query-status" else {}
                    stream.write(b'{"event": "RESUME"}\n' + json.dumps({"return": found}).encode() + b"\n")
                    stream.flush()

        thread = threading.Thread(target=answer)
        thread.start()
        self.addCleanup(thread.join)

    def test_running_vm_is_left_alone(self) -> None:
        self.serve(["running"])
        self.assertEqual(self.run_program().stderr, "")
        self.assertEqual(self.commands, ["qmp_capabilities", "query-status"])

    def test_vm_that_another_paused_is_left_alone(self) -> None:
        self.serve(["paused"])
        self.assertEqual(self.run_program().stderr, "")
        self.assertNotIn("cont", self.commands)

    def test_vm_continues_when_there_is_space(self) -> None:
        self.serve(["io-error", "running"])
        self.assertIn("It continues.", self.run_program().stderr)
        self.assertIn("cont", self.commands)

    def test_full_disk_is_reported(self) -> None:
        self.serve(["io-error", "io-error"])
        self.assertRegex(self.run_program().stderr, r"^<3>The VM is paused .* MiB are free in /")

    def test_vm_without_monitor_is_no_failure(self) -> None:
        ended = self.run_program()
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
