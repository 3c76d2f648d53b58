"""The program that opens destinations at once: its checks, its file, and nft's input."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import grant

SETTINGS: dict[str, Any] = {
    "nft": "nft",
    "systemctl": "systemctl",
    "resolverPort": 5380,
    "vms": {
        "listed": {"addresses": ["10.7.0.2", "fd07::2"], "names": True},
        "closed": {"addresses": ["10.7.0.3"], "names": False},
    },
}


class GrantTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.settings = Path(folder.name) / "settings.json"
        self.granted = Path(folder.name) / "granted.json"
        self.settings.write_text(json.dumps({**SETTINGS, "granted": str(self.granted)}))
        self.now = 1000.0
        self.run_calls: list[tuple[list[str], str | None]] = []
        for target, value in ("grant.time.monotonic", lambda: self.now), ("grant.subprocess.run", self.note):
            patched = mock.patch(target, value)
            patched.start()
            self.addCleanup(patched.stop)

    def note(self, words: list[str], *, input: str | None = None, **_: object) -> None:  # noqa: A002
        self.run_calls.append((words, input))

    def run_program(self, *words: str) -> str:
        """The input of nft."""
        self.run_calls = []
        grant.main([str(self.settings), *words])
        return next((text or "" for words, text in self.run_calls if words[0] == "nft"), "")

    def grants(self) -> list[Any]:
        grants: list[Any] = json.loads(self.granted.read_bytes())
        return grants

    def test_address_becomes_elements_of_the_vm(self) -> None:
        text = self.run_program("add", "closed", "203.0.113.9=tcp/443,udp/443")
        self.assertEqual(
            text,
            "flush set inet microvm granted4\n"
            "add element inet microvm granted4 "
            "{ 10.7.0.3 . 203.0.113.9 . tcp . 443, 10.7.0.3 . 203.0.113.9 . udp . 443 }\n"
            "flush set inet microvm granted6\n",
        )
        six = self.run_program("add", "listed", "2001:DB8::0:9=tcp/22", "--seconds", "60")
        self.assertIn("granted6 { fd07::2 . 2001:db8::9 . tcp . 22 timeout 60s }", six)
        self.assertIn("10.7.0.3 . 203.0.113.9", six)

    def test_name_is_for_the_resolver(self) -> None:
        self.assertNotIn("add", self.run_program("add", "listed", "*.example.org=tcp/443"))
        self.assertEqual(self.run_calls[-1][0], ["systemctl", "reload", "microvm-resolver.service"])
        self.assertEqual(
            self.grants(), [{"vm": "listed", "to": "*.example.org", "ports": [["tcp", 443]], "until": None}]
        )
        self.assertEqual(self.granted.stat().st_mode & 0o777, 0o644)

    def test_later_grant_replaces_the_time_and_zero_seconds_end_it(self) -> None:
        self.run_program("add", "closed", "203.0.113.9=tcp/80,tcp/443", "--seconds", "60")
        self.now += 10
        text = self.run_program("add", "closed", "203.0.113.9=tcp/443", "--seconds", "3600")
        self.assertIn("tcp . 80 timeout 50s", text)
        self.assertIn("tcp . 443 timeout 3600s", text)
        self.assertNotIn("443", self.run_program("add", "closed", "203.0.113.9=tcp/443", "--seconds", "0"))
        self.now += 50
        self.assertNotIn("add", self.run_program("restore"))

    def test_switch_ends_grants_without_a_time(self) -> None:
        self.run_program("add", "closed", "203.0.113.9=tcp/443")
        self.run_program("add", "closed", "203.0.113.8=tcp/443", "--seconds", "60")
        self.assertEqual(self.run_program("switched"), "")
        self.assertEqual([one["to"] for one in self.grants()], ["203.0.113.8"])
        self.assertIn("203.0.113.8", self.run_program("restore"))

    def test_list_has_grants_and_connections(self) -> None:
        self.run_program("add", "closed", "203.0.113.9=tcp/443", "--seconds", "60")
        self.now += 10
        element: dict[str, Any] = {
            "val": {"concat": ["10.7.0.2", "203.0.113.9", 6, 443]},
            "expires": 86000,
            "counter": {"packets": 3, "bytes": 180},
        }
        question = {**element, "val": {"concat": ["10.7.0.2", "10.7.0.1", 17, 5380]}}
        sets: dict[str, Any] = {
            "admitted4": {"timeout": 86400, "elem": [{"elem": element}, {"elem": question}]},
            "admitted6": {"timeout": 86400},
        }

        def run(words: list[str], **_: object) -> mock.Mock:
            return mock.Mock(stdout=json.dumps({"nftables": [{"metainfo": {}}, {"set": sets[words[-1]]}]}))

        printed = io.StringIO()
        with mock.patch("grant.subprocess.run", run), contextlib.redirect_stdout(printed):
            grant.main([str(self.settings), "list"])
        found = json.loads(printed.getvalue())
        self.assertEqual([(one["to"], one["seconds"]) for one in found["granted"]], [("203.0.113.9", 50)])
        self.assertEqual(
            found["admitted"],
            [
                {
                    "vm": "listed",
                    "to": "203.0.113.9",
                    "protocol": "tcp",
                    "port": 443,
                    "connections": 3,
                    "seconds": 400,
                }
            ],
        )

    def test_grants_of_a_removed_vm_open_nothing(self) -> None:
        self.run_program("add", "closed", "203.0.113.9=tcp/443")
        self.settings.write_text(json.dumps({**SETTINGS, "granted": str(self.granted), "vms": {}}))
        self.assertNotIn("add", self.run_program("restore"))

    def test_hostile_words_are_refused_and_change_nothing(self) -> None:
        for words in (
            ("listed", "a.example; flush ruleset=tcp/443"),
            ("listed", "a.example\nflush ruleset=tcp/443"),
            ("listed", "a.example\n=tcp/443"),
            ("listed", '"a.example=tcp/443'),
            ("listed", "{ 0.0.0.0/0 }=tcp/443"),
            ("listed", "0.0.0.0/0=tcp/443"),
            ("listed", "a..example=tcp/443"),
            ("listed", "A.example=tcp/443"),
            ("listed", "ünï.example=tcp/443"),
            ("listed", "*=tcp/443"),
            ("listed", "*.com*=tcp/443"),
            ("listed", "a" * 64 + ".example" + "=tcp/443"),
            ("listed", "a." * 130 + "example" + "=tcp/443"),
            ("listed", "localhost=tcp/443"),
            ("listed", "=tcp/443"),
            ("listed", "fe80::1%eth0=tcp/443"),
            ("listed", "2001:db8::1%;drop=tcp/443"),
            ("listed", "::ffff:10.0.0.1=tcp/443"),
            ("listed", "127.0.0.1=tcp/443"),
            ("listed", "169.254.169.254=tcp/80"),
            ("listed", "224.0.0.1=tcp/443"),
            ("listed", "0.0.0.0=tcp/443"),
            ("listed", "10.7.0.3=tcp/443"),
            ("closed", "a.example=tcp/443"),
            ("closed", "2001:db8::1=tcp/443"),
            ("unknown", "203.0.113.9=tcp/443"),
            ("listed; flush ruleset", "203.0.113.9=tcp/443"),
            ("listed", "203.0.113.9"),
            ("listed", "203.0.113.9=tcp/0"),
            ("listed", "203.0.113.9=tcp/65536"),
            ("listed", "203.0.113.9=tcp/443 }"),
            ("listed", "203.0.113.9=icmp/1"),
            ("listed", "203.0.113.9=tcp/443", "--seconds", "-1"),
            ("listed", "203.0.113.9=tcp/443", "--seconds", "99999999"),
        ):
            with self.subTest(words):
                self.assertRaises(grant.RefusedError, self.run_program, "add", *words)
                self.assertEqual(self.run_calls, [])
                self.assertFalse(self.granted.exists())
        for words in ("add", "listed"), ("add", "--help; x"), ("flush",), ():
            with self.subTest(words), contextlib.redirect_stderr(io.StringIO()):
                self.assertRaises(SystemExit, self.run_program, *words)

    def test_symlink_in_place_of_the_new_file_is_not_followed(self) -> None:
        other = self.settings.with_name("other")
        other.write_text("kept")
        self.granted.with_name(".granted.json").symlink_to(other)
        self.run_program("add", "closed", "203.0.113.9=tcp/443")
        self.assertEqual(other.read_text(), "kept")
        self.assertFalse(self.granted.is_symlink())


if __name__ == "__main__":
    unittest.main()
