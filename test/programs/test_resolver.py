"""The resolver without a network: policy, TTLs, limits, nft's input and malformed messages."""

from __future__ import annotations

import asyncio
import ctypes.util
import ipaddress
import json
import logging
import math
import os
import signal
import socket
import struct
import tempfile
import time
import unittest
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import resolver
from resolver import Answer, Guest, Policy, Resolver, Rules

LIBRARY = Path(__file__).parents[2] / "packages/emit/nix"
RANGES = json.loads((LIBRARY / "policy/private-ranges.json").read_text())
PRIVATE = [*RANGES["ipv4"], *RANGES["ipv6"]]

VM = "192.168.83.6"
VM6 = "fd83::6"
OTHER_VM = "192.168.83.7"
TIMEOUT = dns.exception.Timeout()  # type: ignore[no-untyped-call]
HTTPS_PORT = ("tcp", 443)


def setUpModule() -> None:
    logging.disable(logging.CRITICAL)


def tearDownModule() -> None:
    logging.disable(logging.NOTSET)


def ip(text: str) -> resolver.Address:
    return ipaddress.ip_address(text)


def ips(*texts: str) -> list[resolver.Address]:
    return [ip(text) for text in texts]


def name(text: str) -> dns.name.Name:
    return dns.name.from_text(text)


def policy(*allow: str, ports: Iterable[resolver.Port] = (HTTPS_PORT,), listed: Iterable[str] = ()) -> Policy:
    return Policy(
        addresses=ips(VM, VM6),
        upstream=["203.0.113.53", "203.0.113.54"],
        private=[ipaddress.ip_network(text) for text in PRIVATE],
        listed=[ipaddress.ip_network(text) for text in listed],
        allow={name(text): dict.fromkeys(ports, math.inf) for text in allow},
    )


def guest(*allow: str, **more: Any) -> Guest:
    made = Guest("emacsvm")
    made.policy = policy(*allow, **more)
    return made


@contextmanager
def clock(at: float) -> Iterator[None]:
    with mock.patch("resolver.time.monotonic", return_value=at):
        yield


def response(question: str, rdtype: str, *answer: str, rcode: int = 0, authority: str = "") -> dns.message.Message:
    """A response whose records are lines such as "a.example. 300 IN A 203.0.113.1"."""
    made = dns.message.make_response(dns.message.make_query(question, rdtype))
    made.set_rcode(dns.rcode.Rcode(rcode))
    for section, lines in (made.answer, answer), (made.authority, [authority] if authority else []):
        for line in lines:
            owner, ttl, rdclass, kind, value = line.split(" ", 4)
            rrset = made.find_rrset(
                section, name(owner), dns.rdataclass.from_text(rdclass), dns.rdatatype.from_text(kind), create=True
            )
            rrset.add(dns.rdata.from_text(rdclass, kind, value), int(ttl))
    return made


class PolicyTest(unittest.TestCase):
    def test_allowlist_covers_listed_names(self) -> None:
        made = policy("listed.example", "*.wild.example", "*.b.wild.example")
        covering: dict[str, list[str]] = {
            "listed.example": ["listed.example."],
            "LISTED.Example": ["listed.example."],
            "sub.listed.example": [],
            "notlisted.example": [],
            "example": [],
            ".": [],
            "wild.example": [],
            "notwild.example": [],
            "a.wild.example": ["*.wild.example."],
            "c.a.wild.example": ["*.wild.example."],
            "a.b.wild.example": ["*.b.wild.example.", "*.wild.example."],
            "*.wild.example": ["*.wild.example.", "*.wild.example."],
        }
        for asked, entries in covering.items():
            with self.subTest(asked):
                self.assertEqual(made.entries(name(asked)), [name(entry) for entry in entries])

    def test_answers_contain_private_addresses_only_if_listed(self) -> None:
        made = policy(listed=["10.0.0.5/32", "fd00:1::/64"])
        for address, is_private, may_answer in (
            ("203.0.113.1", False, True),
            ("2001:db8::1", False, True),
            ("10.0.0.4", True, False),
            ("10.0.0.5", True, True),
            ("10.0.0.6", True, False),
            ("127.0.0.1", True, False),
            ("169.254.169.254", True, False),
            ("172.15.255.255", False, True),
            ("172.16.0.0", True, False),
            ("255.255.255.255", True, False),
            ("::1", True, False),
            ("::ffff:10.0.0.5", True, False),
            ("64:ff9b::a00:5", True, False),
            ("fd00:1::9", True, True),
            ("fd00:2::9", True, False),
            ("fe80::1", True, False),
        ):
            with self.subTest(address):
                self.assertEqual(made.is_private(ip(address)), is_private)
                self.assertEqual(made.may_answer(ip(address)), may_answer)


class AnswerTest(unittest.TestCase):
    def seconds(self, message: dns.message.Message, rdtype: dns.rdatatype.RdataType) -> float:
        with clock(1000):
            return Answer.from_message(message, rdtype).until - 1000

    def test_cache_time_is_the_least_ttl_up_to_an_hour(self) -> None:
        soa = "example. 900 IN SOA ns.example. admin.example. 1 2 3 4 60"
        address = "a.example. 300 IN A 203.0.113.1"
        for title, message, rdtype, seconds in (
            ("one record", response("a.example", "A", address), dns.rdatatype.A, 300),
            (
                "an alias",
                response("a.example", "A", "a.example. 20 IN CNAME b.example.", "b.example. 300 IN A 203.0.113.1"),
                dns.rdatatype.A,
                20,
            ),
            ("a long TTL", response("a.example", "A", "a.example. 700000 IN A 203.0.113.1"), dns.rdatatype.A, 3600),
            ("no TTL", response("a.example", "A", "a.example. 0 IN A 203.0.113.1"), dns.rdatatype.A, 0),
            ("a missing name", response("a.example", "A", rcode=3, authority=soa), dns.rdatatype.A, 60),
            ("a missing type", response("a.example", "AAAA", authority=soa), dns.rdatatype.AAAA, 60),
            (
                "an alias of a missing name",
                response("a.example", "A", "a.example. 20 IN CNAME b.example.", rcode=3, authority=soa),
                dns.rdatatype.A,
                20,
            ),
            ("no SOA", response("a.example", "A", rcode=3), dns.rdatatype.A, 0),
            ("a failure", response("a.example", "A", address, rcode=2), dns.rdatatype.A, 0),
            ("text", response("a.example", "TXT", 'a.example. 300 IN TXT "x"'), dns.rdatatype.TXT, 0),
            (
                "64 records",
                response("a.example", "A", *(f"a.example. 300 IN A 203.0.113.{last}" for last in range(64))),
                dns.rdatatype.A,
                300,
            ),
            (
                "65 records",
                response("a.example", "A", *(f"a.example. 300 IN A 203.0.113.{last}" for last in range(65))),
                dns.rdatatype.A,
                0,
            ),
        ):
            with self.subTest(title):
                self.assertEqual(self.seconds(message, rdtype), seconds)

    def test_other_types_are_dropped(self) -> None:
        message = response(
            "a.example",
            "A",
            "a.example. 300 IN A 203.0.113.1",
            "a.example. 300 IN HTTPS 1 . ipv4hint=203.0.113.44",
            authority="example. 300 IN NS ns.example.",
        )
        answer = Answer.from_message(message, dns.rdatatype.A)
        self.assertEqual([rrset.rdtype for rrset in answer.records], [dns.rdatatype.A])
        self.assertEqual(answer.authority, [])

    def test_ttl_counts_down_to_zero(self) -> None:
        with clock(1000):
            answer = Answer.from_message(response("a.example", "A", "a.example. 300 IN A 203.0.113.1"), dns.rdatatype.A)
        for now, ttl in (1000, 300), (1000.9, 300), (1299, 1), (1301, 0):
            with self.subTest(now), clock(now):
                self.assertEqual(answer.ttl(answer.records[0]), ttl)


class GuestTest(unittest.TestCase):
    def test_open_address_is_prolonged_only_when_needed(self) -> None:
        made = guest("a.example")
        [address] = ips("203.0.113.1")
        with clock(1000):
            self.assertEqual(made.remember(name("a.example"), {address: 300}), {address})
            made.unopened.clear()  # nft has run
            self.assertEqual(made.remember(name("a.example"), {address: 300}), set())
        with clock(1020):
            self.assertEqual(made.remember(name("a.example"), {address: 300}), set())
        with clock(1021):
            self.assertEqual(made.remember(name("a.example"), {address: 300}), {address})

    def test_failed_address_is_opened_again(self) -> None:
        made = guest("a.example")
        [address] = ips("203.0.113.1")
        with clock(1000):
            made.remember(name("a.example"), {address: 300})
            self.assertEqual(made.remember(name("a.example"), {address: 300}), {address})

    def test_element_lives_a_minute_and_the_grace_at_least(self) -> None:
        for ttl, seconds in (0, 90), (60, 90), (300, 330), (3600, 3630):
            with self.subTest(ttl), clock(1000):
                made = guest("a.example")
                made.remember(name("a.example"), {ip("203.0.113.1"): ttl})
                self.assertEqual(set(made.elements(made.opened).values()), {seconds})

    def test_entry_without_ports_opens_nothing(self) -> None:
        made = guest("a.example", ports=())
        with clock(1000):
            self.assertEqual(made.remember(name("a.example"), {ip("203.0.113.1"): 300}), set())
            self.assertEqual(made.elements(made.opened), {})

    def test_limit_of_open_addresses(self) -> None:
        made = guest("a.example")
        many = {ip(f"11.0.{at // 256}.{at % 256}"): 300 for at in range(resolver.ADDRESSES)}
        extra = {ip("203.0.113.1"): 300}
        with clock(1000):
            self.assertEqual(made.remember(name("a.example"), many), many.keys())
            self.assertIsNone(made.remember(name("a.example"), extra))
            self.assertIsNotNone(made.remember(name("a.example"), dict(list(many.items())[:1])))
        with clock(1329):
            self.assertIsNone(made.remember(name("a.example"), extra))
        with clock(1330):
            self.assertEqual(made.remember(name("a.example"), extra), extra.keys())
        self.assertEqual(made.opened.keys(), extra.keys())
        self.assertEqual(made.unopened, extra.keys())

    def test_elements_are_of_public_addresses_by_family_and_port(self) -> None:
        made = guest("a.example", ports=[HTTPS_PORT, ("udp", 123)], listed=["10.0.0.5/32"])
        with clock(1000):
            made.remember(name("a.example"), dict.fromkeys(ips("203.0.113.1", "2001:db8::1", "10.0.0.5"), 300))
            self.assertEqual(
                made.elements(made.opened),
                {
                    (ip(own), ip(server), *port): 330
                    for own, server in ((VM, "203.0.113.1"), (VM6, "2001:db8::1"))
                    for port in (HTTPS_PORT, ("udp", 123))
                },
            )
            made.policy = policy("b.example")
            self.assertEqual(made.elements(made.opened), {})
            made.policy = policy("a.example")
        with clock(1330):
            self.assertEqual(made.elements(made.opened), {})

    def test_element_lives_as_long_as_the_longest_answer(self) -> None:
        made = guest("a.example", "b.example")
        with clock(1000):
            made.remember(name("a.example"), {ip("203.0.113.1"): 300})
            made.remember(name("b.example"), {ip("203.0.113.1"): 20})
            self.assertEqual(set(made.elements(made.opened).values()), {330})

    def test_cache_forgets_the_oldest_and_the_expired(self) -> None:
        made = guest("*.example")
        with clock(1000):
            answer = Answer.from_message(response("a.example", "A", "a.example. 300 IN A 203.0.113.1"), dns.rdatatype.A)
            for number in range(resolver.ANSWERS + 1):
                made.cache(name(f"n{number}.example"), dns.rdatatype.A, answer)
            self.assertEqual(len(made.answers), resolver.ANSWERS)
            self.assertIsNone(made.cached(name("n0.example"), dns.rdatatype.A))
            self.assertIs(made.cached(name("n1.example"), dns.rdatatype.A), answer)
            self.assertIsNone(made.cached(name("n1.example"), dns.rdatatype.AAAA))
        with clock(1300):
            self.assertIsNone(made.cached(name("n1.example"), dns.rdatatype.A))

    def test_log_has_each_line_once_and_a_limit_an_hour(self) -> None:
        made = resolver.HourlyLines("emacsvm")
        with mock.patch.object(resolver.log, "warning") as warning:
            with clock(10_000):
                for number in range(150):
                    made.log(f"line {number}")
                    made.log(f"line {number}")
                self.assertEqual(warning.call_count, resolver.LOG_LINES)
                self.assertIn("limit of log lines", warning.call_args.args[-1])
            with clock(13_600):
                made.log("line 0")
            self.assertIn("limit of log lines", warning.call_args.args[-1])
            with clock(13_601):
                made.log("line 0")
            self.assertEqual(warning.call_args.args[-1], "line 0")


class FakeNft:
    """Records commands, and fails with the next error of a list."""

    def __init__(self, *errors: str) -> None:
        self.errors = list(errors)
        self.commands: list[str] = []

    def run(self, commands: str) -> str:
        self.commands.append(commands)
        return self.errors.pop(0) if self.errors else ""


class RulesTest(unittest.IsolatedAsyncioTestCase):
    def use(self, *errors: str) -> tuple[Rules, FakeNft]:
        rules, nft = Rules(), FakeNft(*errors)
        rules.nft = nft  # type: ignore[assignment]
        return rules, nft

    async def test_elements_are_added_deleted_and_added_with_their_time(self) -> None:
        rules, nft = self.use()
        stale = {(ip(VM), ip("203.0.113.1"), "tcp", 443)}
        fresh = {(ip(VM), ip("203.0.113.2"), "udp", 53): 90, (ip(VM6), ip("2001:db8::1"), "tcp", 443): 330}
        self.assertTrue(await rules.load(stale, fresh))
        four, six = f"{VM} . 203.0.113.2 . udp . 53", f"{VM6} . 2001:db8::1 . tcp . 443"
        [commands] = nft.commands
        lines = commands.splitlines()
        self.assertEqual(len(lines), 6)
        for verb, line in zip(("add", "delete"), lines[:2], strict=True):
            self.assertTrue(line.startswith(f"{verb} element inet microvm resolved4 {{ "))
            self.assertIn(four, line)
            self.assertIn(f"{VM} . 203.0.113.1 . tcp . 443", line)
        self.assertEqual(
            lines[2:],
            [
                f"add element inet microvm resolved4 {{ {four} timeout 90s }}",
                f"add element inet microvm resolved6 {{ {six} }}",
                f"delete element inet microvm resolved6 {{ {six} }}",
                f"add element inet microvm resolved6 {{ {six} timeout 330s }}",
            ],
        )

    async def test_no_element_is_no_transaction(self) -> None:
        rules, nft = self.use()
        self.assertTrue(await rules.load(set(), {}))
        self.assertEqual(nft.commands, [])

    async def test_failure_is_logged_until_it_changes(self) -> None:
        rules, _ = self.use("first", "first", "second", "", "second")
        logged = []
        for _ in range(5):
            with mock.patch.object(resolver.log, "error") as error:
                is_open = await rules.load(set(), {(ip(VM), ip("203.0.113.1"), "tcp", 443): 90})
                logged.append((is_open, error.call_args and error.call_args.args[-1]))
        self.assertEqual(logged, [(False, "first"), (False, None), (False, "second"), (True, None), (False, "second")])

    async def test_requests_at_once_share_a_transaction(self) -> None:
        rules, nft = self.use()
        made = guest("a.example")
        made.remember(name("a.example"), dict.fromkeys(ips("203.0.113.1", "203.0.113.2", "203.0.113.3"), 300))
        running = asyncio.create_task(rules.run())
        self.addCleanup(running.cancel)
        done = [rules.open(made, ips(f"203.0.113.{last}")) for last in (1, 2)]
        self.assertEqual(await asyncio.gather(*done), [True, True])
        self.assertEqual(len(nft.commands), 1)
        self.assertEqual(made.unopened, set(ips("203.0.113.3")))

    def test_libnftables_reports_its_error(self) -> None:
        found = ctypes.util.find_library("nftables")
        if found is None:
            self.skipTest("libnftables is not installed")
        nft = resolver.load_nft(found)
        self.assertIn("syntax error", nft.run("add nothing\n"))
        self.assertIn("syntax error", nft.run("delete nothing\n"))


class Lab(Resolver):
    """A resolver whose upstream answers come from a table, and that opens addresses in memory."""

    def __init__(self, answers: dict[tuple[str, str], dns.message.Message], *, opens: bool = True) -> None:
        super().__init__("/missing/config.json")
        self.answers = answers
        self.asked: list[str] = []
        self.opened: list[resolver.Address] = []
        self.rules = mock.Mock(spec=Rules)
        self.rules.open = self.open_in_memory
        self.opens = opens

    async def ask(self, guest: Guest, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Answer | None:  # noqa: ARG002
        self.asked.append(name.to_text())
        found = self.answers.get((name.to_text(), dns.rdatatype.to_text(rdtype)))
        return None if found is None else Answer.from_message(found, rdtype)

    async def open_in_memory(self, guest: Guest, addresses: Iterable[resolver.Address]) -> bool:
        self.opened.extend(addresses)
        guest.unopened.difference_update(addresses)
        return self.opens


def packet(question: bytes, *, flags: int = 0x0100, questions: int = 1, opcode: int = 0) -> bytes:
    return struct.pack("!6H", 7, flags | opcode << 11, questions, 0, 0, 0) + question


ASKED = b"\6listed\7example\0" + struct.pack("!2H", 1, 1)


class MessageTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.guest = guest("listed.example", "*.wild.example", listed=["10.0.0.5/32"])
        lines = {
            ("listed.example.", "A"): ["listed.example. 300 IN A 203.0.113.1"],
            ("listed.example.", "AAAA"): ["listed.example. 300 IN AAAA 2001:db8::1"],
            ("listed.example.", "HTTPS"): ["listed.example. 300 IN HTTPS 1 . ipv4hint=203.0.113.44"],
            ("rebind.wild.example.", "A"): [
                f"rebind.wild.example. 300 IN A {address}" for address in ("10.0.0.8", "203.0.113.7", "10.0.0.5")
            ],
            ("text.wild.example.", "TXT"): [
                f'text.wild.example. 300 IN TXT "{number:02}{"x" * 198}"' for number in range(20)
            ],
            ("alias.wild.example.", "A"): [
                "alias.wild.example. 20 IN CNAME target.cdn.example.",
                "target.cdn.example. 300 IN A 203.0.113.4",
            ],
        }
        self.answers = {key: response(*key, *records) for key, records in lines.items()}
        self.lab = Lab(self.answers)

    async def reply(
        self, question: str, rdtype: str = "A", *, tcp: bool = False, edns: int | None = None
    ) -> dns.message.Message:
        query = dns.message.make_query(question, rdtype, use_edns=edns is not None, payload=edns)
        wire = await self.lab.answer(self.guest, query.to_wire(), tcp)
        assert wire is not None
        self.assertLessEqual(len(wire), 65535 if tcp else min(max(512, edns or 0), resolver.UDP_PAYLOAD))
        message = dns.message.from_wire(wire, ignore_trailing=False)
        self.assertEqual(message.id, query.id)
        return message

    async def test_malformed_messages_get_no_answer(self) -> None:
        for title, wire in {
            "nothing": b"",
            "half a header": b"\0\7\1\0\0\1",
            "no question after the header": packet(b""),
            "a name without its end": packet(b"\6listed"),
            "a name without type and class": packet(b"\6listed\7example\0"),
            "a label longer than 63 bytes": packet(b"\x40" + b"x" * 64 + b"\0\0\1\0\1"),
            "a name longer than 255 bytes": packet(b"\x3f" + b"\x3fx".join([b"x" * 63] * 5) + b"\0\0\1\0\1"),
            "a pointer to itself": packet(b"\xc0\x0c\0\1\0\1"),
            "a pointer forward": packet(b"\xc0\x20\0\1\0\1"),
            "two pointers in a loop": packet(b"\1a\xc0\x0c\0\1\0\1"),
            "a reserved kind of label": packet(b"\x80\0\0\1\0\1"),
            "more questions than it has": packet(ASKED, questions=2),
            "bytes after its end": packet(ASKED + b"\0"),
            "an answer": packet(ASKED, flags=0x8100),
        }.items():
            with self.subTest(title):
                self.assertIsNone(await self.lab.answer(self.guest, wire, tcp=False))
        self.assertEqual(self.lab.asked, [])

    async def test_every_changed_byte_leaves_an_answer_or_none(self) -> None:
        whole = packet(ASKED)
        for at in range(len(whole)):
            for value in 0, 0x3F, 0x40, 0xC0, 0xFF:
                with self.subTest(at=at, value=value):
                    wire = await self.lab.answer(self.guest, whole[:at] + bytes([value]) + whole[at + 1 :], tcp=False)
                    if wire is not None:
                        self.assertTrue(dns.message.from_wire(wire).flags & dns.flags.QR)
            self.assertIsNone(await self.lab.answer(self.guest, whole[:at], tcp=False))

    async def test_unsupported_questions_are_refused(self) -> None:
        for title, wire, rcode in (
            ("no question", packet(b"", questions=0), dns.rcode.REFUSED),
            ("two questions", packet(ASKED + ASKED, questions=2), dns.rcode.REFUSED),
            ("another class", packet(ASKED[:-1] + b"\3"), dns.rcode.REFUSED),
            ("ANY", packet(ASKED[:-4] + struct.pack("!2H", 255, 1)), dns.rcode.REFUSED),
            ("AXFR", packet(ASKED[:-4] + struct.pack("!2H", 252, 1)), dns.rcode.REFUSED),
            ("NOTIFY", packet(ASKED, opcode=4), dns.rcode.NOTIMP),
        ):
            with self.subTest(title):
                reply = await self.lab.answer(self.guest, wire, tcp=False)
                self.assertEqual(reply and dns.message.from_wire(reply).rcode(), rcode)
        self.assertEqual(self.lab.asked, [])

    async def test_unlisted_name_is_answered_without_upstream(self) -> None:
        reply = await self.reply("unlisted.example", edns=1232)
        self.assertEqual((reply.rcode(), reply.answer), (dns.rcode.NXDOMAIN, []))
        self.assertIn("emacsvm asked for unlisted.example, which is not in its allowlist", str(reply.options[0]))
        plain = await self.reply("unlisted.example")
        self.assertEqual((plain.rcode(), plain.edns), (dns.rcode.NXDOMAIN, -1))
        self.assertEqual((self.lab.asked, self.lab.opened), ([], []))

    async def test_listed_name_is_opened_and_cached(self) -> None:
        for _ in range(2):
            reply = await self.reply("listed.example")
            self.assertEqual([str(record) for record in reply.answer[0]], ["203.0.113.1"])
            self.assertTrue(reply.flags & dns.flags.RA)
        self.assertEqual((self.lab.asked, self.lab.opened), (["listed.example."], ips("203.0.113.1")))
        self.assertEqual(self.guest.finds.logged, {"found listed.example at 203.0.113.1"})
        self.assertEqual(self.guest.refusals.logged, set())

    async def test_answer_without_a_ttl_is_not_cached(self) -> None:
        self.answers["listed.example.", "A"] = response("listed.example", "A", "listed.example. 0 IN A 203.0.113.1")
        with clock(1000):
            await self.reply("listed.example")
        self.assertEqual(self.guest.answers, {})

    async def test_missing_name_has_its_authority(self) -> None:
        soa = "wild.example. 900 IN SOA ns.example. admin.example. 1 2 3 4 60"
        self.answers["gone.wild.example.", "A"] = response("gone.wild.example", "A", rcode=3, authority=soa)
        with clock(1000):
            await self.reply("gone.wild.example")
        with clock(1010):
            reply = await self.reply("gone.wild.example")
        self.assertEqual((reply.rcode(), self.lab.asked), (dns.rcode.NXDOMAIN, ["gone.wild.example."]))
        self.assertEqual([(rrset.rdtype, rrset.ttl) for rrset in reply.authority], [(dns.rdatatype.SOA, 890)])

    async def test_limit_of_open_addresses_is_a_failure(self) -> None:
        with mock.patch.object(self.guest, "remember", return_value=None):
            reply = await self.reply("listed.example")
        self.assertEqual((reply.rcode(), reply.answer), (dns.rcode.SERVFAIL, []))
        self.assertEqual(self.guest.refusals.logged, {"reached its limit of 4096 open addresses"})

    async def test_alias_is_followed_to_an_unlisted_name(self) -> None:
        reply = await self.reply("alias.wild.example")
        self.assertEqual([dns.rdatatype.to_text(rrset.rdtype) for rrset in reply.answer], ["CNAME", "A"])
        self.assertEqual(self.lab.opened, ips("203.0.113.4"))

    async def test_private_addresses_are_dropped_unless_listed(self) -> None:
        reply = await self.reply("rebind.wild.example")
        self.assertEqual({str(record) for record in reply.answer[0]}, {"203.0.113.7", "10.0.0.5"})
        self.assertEqual(self.lab.opened, ips("203.0.113.7"))

    async def test_records_with_addresses_and_ports_of_their_own_are_withheld(self) -> None:
        reply = await self.reply("listed.example", "HTTPS")
        self.assertEqual((reply.rcode(), reply.answer), (dns.rcode.NOERROR, []))
        self.guest.policy.addresses = ips(VM)
        reply = await self.reply("listed.example", "AAAA")
        self.assertEqual((reply.rcode(), reply.answer, self.lab.asked), (dns.rcode.NOERROR, [], []))

    async def test_answer_that_could_not_be_opened_is_a_failure(self) -> None:
        self.lab = Lab(self.answers, opens=False)
        reply = await self.reply("listed.example")
        self.assertEqual((reply.rcode(), reply.answer), (dns.rcode.SERVFAIL, []))
        self.assertEqual(self.guest.answers, {})

    async def test_no_upstream_answer_is_a_failure(self) -> None:
        reply = await self.reply("silent.wild.example")
        self.assertEqual(reply.rcode(), dns.rcode.SERVFAIL)
        self.guest.policy.upstream = []
        await self.reply("silent.wild.example")
        self.assertEqual(
            self.guest.refusals.logged,
            {"got no answer from 203.0.113.53, 203.0.113.54", "got no answer from any server: none is configured"},
        )

    async def test_long_answer_is_cut_over_udp_and_whole_over_tcp(self) -> None:
        for edns in None, 512, 1232, 65535:
            with self.subTest(edns):
                reply = await self.reply("text.wild.example", "TXT", edns=edns)
                self.assertTrue(reply.flags & dns.flags.TC)
                self.assertEqual(reply.answer, [])
        reply = await self.reply("text.wild.example", "TXT", tcp=True)
        self.assertFalse(reply.flags & dns.flags.TC)
        self.assertEqual(len(reply.answer[0]), 20)

    async def test_crash_of_a_question_is_logged(self) -> None:
        with mock.patch.object(self.lab, "resolve", side_effect=ZeroDivisionError):
            self.assertIsNone(await self.lab.answer(self.guest, packet(ASKED), tcp=False))
        self.assertEqual(self.guest.refusals.logged, {"sent a question that failed: ZeroDivisionError()"})


class UpstreamTest(unittest.IsolatedAsyncioTestCase):
    async def asked(self, made: Guest, outcomes: dict[str, object]) -> tuple[Answer | None, list[str]]:
        asked: list[str] = []

        async def query(_: object, server: str, *_more: object, **_named: object) -> tuple[object, bool]:
            asked.append(server)
            outcome = outcomes[server]
            if isinstance(outcome, Exception):
                raise outcome
            return outcome, False

        with mock.patch("resolver.udp_with_fallback", query):
            answer = await Resolver("").ask(made, name("a.example"), dns.rdatatype.A)
        return answer, asked

    async def test_silent_server_is_asked_last(self) -> None:
        made = guest("a.example")
        first, second = made.policy.upstream
        good = response("a.example", "A", "a.example. 300 IN A 203.0.113.1")
        for silence in TIMEOUT, OSError(), EOFError():
            with self.subTest(type(silence).__name__):
                made.policy.upstream = [first, second]
                answer, asked = await self.asked(made, {first: silence, second: good})
                self.assertEqual((answer and answer.rcode, asked), (dns.rcode.NOERROR, [first, second]))
                self.assertEqual(made.policy.upstream, [second, first])

    async def test_failing_server_is_followed_by_another(self) -> None:
        made = guest("a.example")
        first, second = made.policy.upstream
        failure = response("a.example", "A", rcode=dns.rcode.SERVFAIL)
        answer, asked = await self.asked(made, {first: failure, second: failure})
        self.assertEqual((answer and answer.rcode, asked), (dns.rcode.SERVFAIL, [first, second]))

    async def test_missing_name_is_the_answer_of_the_first_server(self) -> None:
        made = guest("a.example")
        first, second = made.policy.upstream
        missing = response("a.example", "A", rcode=dns.rcode.NXDOMAIN)
        answer, asked = await self.asked(made, {first: missing, second: missing})
        self.assertEqual((answer and answer.rcode, asked), (dns.rcode.NXDOMAIN, [first]))

    async def test_each_of_three_silent_servers_is_asked(self) -> None:
        made = guest("a.example")
        servers = [f"203.0.113.{last}" for last in (53, 54, 55)]
        made.policy.upstream = [*servers]
        answer, asked = await self.asked(made, dict.fromkeys(servers, TIMEOUT))
        self.assertEqual((answer, asked), (None, servers))

    async def test_no_answer_of_any_server(self) -> None:
        made = guest("a.example")
        made.policy.upstream = ["203.0.113.53"]
        answer, asked = await self.asked(made, {"203.0.113.53": TIMEOUT})
        self.assertEqual((answer, asked), (None, ["203.0.113.53"] * 2))


class ConfigTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "config.json"
        first = {
            "name": "emacsvm",
            "upstream": ["203.0.113.53"],
            "allow": [{"name": "Listed.example", "ports": [["tcp", 443]]}],
            "addresses": ["10.0.0.5", "10.1.2.3/16"],
        }
        self.config: dict[str, Any] = {
            "listen": ["127.0.0.1"],
            "port": 5380,
            "libnftables": "libnftables.so.1",
            "granted": str(self.path.with_name("granted.json")),
            "private": PRIVATE,
            "guests": {VM: first, VM6: first, OTHER_VM: {**first, "name": "gotcpvm", "allow": []}},
        }
        self.resolver = Resolver(str(self.path))
        patched = mock.patch("resolver.load_nft", FakeNft)
        patched.start()
        self.addCleanup(patched.stop)
        self.write()

    def write(self) -> None:
        self.path.write_text(json.dumps(self.config))

    def test_addresses_of_a_vm_share_its_state(self) -> None:
        self.resolver.configure()
        made = self.resolver.guests[ip(VM)]
        self.assertIs(self.resolver.guests[ip(VM6)], made)
        self.assertIsNot(self.resolver.guests[ip(OTHER_VM)], made)
        self.assertEqual(made.policy.addresses, ips(VM, VM6))
        self.assertEqual(made.policy.allow, {name("listed.example"): {HTTPS_PORT: math.inf}})
        self.assertTrue(made.policy.may_answer(ip("10.1.255.255")))

    async def test_reload_restores_what_is_allowed_and_deletes_the_rest(self) -> None:
        self.resolver.configure()
        made = self.resolver.guests[ip(VM)]
        made.remember(name("listed.example"), {ip("203.0.113.1"): 300})
        made.unopened.clear()
        self.config["guests"][VM]["allow"] = []
        self.write()
        self.resolver.reload()
        self.assertIs(self.resolver.guests[ip(VM)], made)
        self.assertEqual(self.resolver.rules.stale, {(ip(VM), ip("203.0.113.1"), "tcp", 443)})
        self.assertEqual(made.elements(made.opened), {})
        self.assertEqual(made.unopened, set(ips("203.0.113.1")))

    async def test_reload_of_an_invalid_file_keeps_the_previous_one(self) -> None:
        self.resolver.configure()
        before = dict(self.resolver.guests)
        for text in (
            "{",
            "[]",
            "{}",
            json.dumps({**self.config, "private": ["10.0.0.1/8"]}),
            json.dumps({**self.config, "guests": {"10.0.0.256": self.config["guests"][VM]}}),
            json.dumps({**self.config, "guests": {VM: {**self.config["guests"][VM], "allow": [{"name": "a..b"}]}}}),
        ):
            with self.subTest(text[:40]):
                self.path.write_text(text)
                self.resolver.reload()
                self.assertEqual(self.resolver.guests, before)
                self.assertIn(name("listed.example"), self.resolver.guests[ip(VM)].policy.allow)

    async def test_answers_reloads_and_listens_again_at_once(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            place = free.getsockname()
        self.config["port"] = place[1]
        self.config["guests"]["127.0.0.2"] = self.config["guests"][VM]
        self.write()
        start, servers, ready = asyncio.start_server, [], asyncio.Event()

        async def kept(*args: Any, **settings: Any) -> asyncio.Server:
            servers.append(await start(*args, **settings))
            return servers[0]

        def bind(kind: socket.SocketKind) -> None:
            with socket.socket(socket.AF_INET, kind) as other:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                other.bind(place)

        reloaded = asyncio.Event()

        async def answer(_guest: Guest, wire: bytes, tcp: bool) -> bytes:
            return bytes([tcp]) + wire

        with (
            mock.patch.object(self.resolver, "answer", answer),
            mock.patch("asyncio.start_server", kept),
            mock.patch("resolver.notify", lambda _: ready.set()),
            mock.patch.object(self.resolver, "reload", reloaded.set),
        ):
            running = asyncio.create_task(self.resolver.run())
            self.addCleanup(running.cancel)
            await ready.wait()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as vm:
                vm.setblocking(False)
                vm.bind(("127.0.0.2", 0))
                await asyncio.get_running_loop().sock_sendto(vm, b"question", place)
                self.assertEqual(await asyncio.get_running_loop().sock_recv(vm, 100), b"\0question")
        os.kill(os.getpid(), signal.SIGHUP)
        await reloaded.wait()
        # The resolver closes a stranger's connection first, so the kernel keeps it for a minute.
        reader, writer = await asyncio.open_connection(*place)
        self.assertEqual(await reader.read(), b"")
        writer.close()
        await writer.wait_closed()
        for server in servers:
            server.close()
        bind(socket.SOCK_STREAM)
        with self.assertRaises(OSError):
            bind(socket.SOCK_DGRAM)

    def grant(self, *grants: tuple[str, str, float | None], vm: str = "emacsvm") -> None:
        entries = [{"vm": vm, "to": to, "ports": [[protocol, 443]], "until": until} for to, protocol, until in grants]
        self.path.with_name("granted.json").write_text(json.dumps(entries))

    async def test_grants_add_names_and_listed_addresses(self) -> None:
        self.grant(("more.example", "tcp", None), ("listed.example", "udp", None), ("172.16.0.9", "tcp", None))
        self.resolver.configure()
        made, other = self.resolver.guests[ip(VM)].policy, self.resolver.guests[ip(OTHER_VM)].policy
        self.assertEqual(set(made.allow[name("more.example")]), {HTTPS_PORT})
        self.assertEqual(set(made.allow[name("listed.example")]), {HTTPS_PORT, ("udp", 443)})
        self.assertTrue(made.may_answer(ip("172.16.0.9")))
        self.assertFalse(made.may_answer(ip("172.16.0.8")))
        self.assertEqual(other.allow, {})
        self.assertFalse(other.may_answer(ip("172.16.0.9")))

    async def test_grant_of_an_unknown_vm_is_ignored(self) -> None:
        self.grant(("more.example", "tcp", None), vm="gone")
        self.resolver.configure()
        self.assertNotIn(name("more.example"), self.resolver.guests[ip(VM)].policy.allow)

    async def test_grant_ends_at_its_time(self) -> None:
        self.grant(("past.example", "tcp", 1000), ("next.example", "tcp", 1001), ("172.16.0.9", "tcp", 1000))
        with clock(1000), mock.patch.object(self.resolver, "schedule") as schedule:
            self.resolver.configure()
        made = self.resolver.guests[ip(VM)].policy
        self.assertNotIn(name("past.example"), made.allow)
        self.assertEqual(made.allow[name("next.example")], {HTTPS_PORT: 1001})
        self.assertFalse(made.may_answer(ip("172.16.0.9")))
        schedule.assert_called_once_with([1001])

    async def test_grant_ends_by_itself(self) -> None:
        # A whole number, because times are rounded up.
        start = math.floor(time.monotonic())
        self.grant(("more.example", "tcp", start + 1), ("listed.example", "tcp", start + 1))
        with clock(start):
            self.resolver.configure()
            made = self.resolver.guests[ip(VM)]
            made.remember(name("more.example"), {ip("203.0.113.1"): 300})
            made.remember(name("listed.example"), {ip("203.0.113.2"): 300})
            # The config has the second name, so it stays open.
            self.assertEqual([*made.elements(made.opened).values()], [1, 330])
        reloaded = asyncio.Event()
        with mock.patch.object(self.resolver.rules, "open", side_effect=lambda *_: reloaded.set()):
            await reloaded.wait()
        self.assertEqual([element[1] for element in made.elements(made.opened)], ips("203.0.113.2"))
        self.assertIsNone(self.resolver.timer)

    async def test_invalid_grants_change_nothing(self) -> None:
        self.resolver.configure()
        before = dict(self.resolver.guests)
        for text in "{", "[1]", '[{"vm": "emacsvm"}]', '[{"vm": "emacsvm", "to": "a..b", "ports": [], "until": null}]':
            with self.subTest(text):
                self.path.with_name("granted.json").write_text(text)
                self.resolver.reload()
                self.assertEqual(self.resolver.guests, before)
                self.assertIn(name("listed.example"), self.resolver.guests[ip(VM)].policy.allow)

    def test_removed_vm_loses_its_policy(self) -> None:
        self.resolver.configure()
        made = self.resolver.guests[ip(OTHER_VM)]
        del self.config["guests"][OTHER_VM]
        self.write()
        self.resolver.configure()
        self.assertNotIn(ip(OTHER_VM), self.resolver.guests)
        self.assertEqual(made.policy, Policy())


class QueueTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.resolver = Resolver("")
        self.first, self.second = Guest("first"), Guest("second")
        self.resolver.guests = {ip("127.0.0.1"): self.first, ip("127.0.0.2"): self.second}
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(self.udp.close)
        self.udp.setblocking(False)
        self.udp.bind(("127.0.0.1", 0))

    def send(self, source: str, count: int) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.bind((source, 0))
            for _ in range(count):
                client.sendto(b"question", self.udp.getsockname())

    async def test_answers_questions_of_a_connection_until_its_vm_ends_it(self) -> None:
        async def answer(guest: Guest, wire: bytes, tcp: bool) -> bytes:
            self.assertEqual((guest, tcp), (self.first, True))
            return wire[::-1]

        server = await asyncio.start_server(self.resolver.on_connection, "127.0.0.1", 0)
        self.addCleanup(server.close)
        with mock.patch.object(self.resolver, "answer", answer):
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"\0\3abc\0\4defg")
            self.assertEqual(await reader.readexactly(11), b"\0\3cba\0\4gfed")
            self.assertEqual(self.first.connections, 1)
            writer.write_eof()
            self.assertEqual(await reader.read(), b"")
            self.assertEqual(self.first.connections, 0)
            writer.close()
            await writer.wait_closed()

    async def test_connections_of_a_vm_have_a_limit(self) -> None:
        server = await asyncio.start_server(self.resolver.on_connection, "127.0.0.1", 0)
        self.addCleanup(server.close)
        self.first.connections = resolver.CONNECTIONS
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        self.assertEqual(await reader.read(), b"")
        self.assertEqual(self.first.connections, resolver.CONNECTIONS)
        writer.close()
        await writer.wait_closed()

    def test_queue_of_a_vm_has_a_limit(self) -> None:
        self.send("127.0.0.1", resolver.QUESTIONS + 10)
        self.send("127.0.0.3", 10)
        self.send("127.0.0.2", 1)
        self.resolver.on_datagrams(self.udp)
        self.assertEqual([len(one.waiting) for one in (self.first, self.second)], [resolver.QUESTIONS, 1])
        self.assertEqual(list(self.resolver.turns), [self.first, self.second])

    async def test_vms_take_turns_with_a_limit_of_questions_under_way(self) -> None:
        begun: list[str] = []
        release = asyncio.Event()

        async def answer(guest: Guest, _wire: bytes, tcp: bool) -> bytes | None:
            self.assertFalse(tcp)
            begun.append(guest.name)
            await release.wait()
            return None

        self.send("127.0.0.1", 20)
        self.send("127.0.0.2", 3)
        self.resolver.on_datagrams(self.udp)
        with mock.patch.object(self.resolver, "answer", answer):
            turns = asyncio.create_task(self.resolver.take_turns())
            self.addCleanup(turns.cancel)
            for _ in range(100):
                await asyncio.sleep(0)
            self.assertEqual(begun[:6], ["first", "second"] * 3)
            self.assertEqual(begun.count("first"), resolver.UNDER_WAY)
            self.assertEqual(self.first.under_way, resolver.UNDER_WAY)
            release.set()
            for _ in range(200):
                await asyncio.sleep(0)
            self.assertEqual((begun.count("first"), begun.count("second")), (20, 3))
            self.assertEqual((self.first.under_way, self.first.waiting), (0, self.first.waiting.__class__()))


class NotifyTest(unittest.TestCase):
    def test_systemd_hears_of_the_start_at_a_path_and_at_an_abstract_name(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for place in f"{folder}/notify", f"@{folder}":
                with self.subTest(place), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                    manager.bind(place.replace("@", "\0"))
                    with mock.patch.dict(os.environ, {"NOTIFY_SOCKET": place}):
                        resolver.notify("READY=1")
                    self.assertEqual(manager.recv(100, socket.MSG_DONTWAIT), b"READY=1")

    def test_a_start_without_systemd_notifies_nobody(self) -> None:
        with mock.patch.dict(os.environ), mock.patch.object(socket, "socket") as made:
            os.environ.pop("NOTIFY_SOCKET", None)
            resolver.notify("READY=1")
        made.assert_not_called()


if __name__ == "__main__":
    unittest.main()
