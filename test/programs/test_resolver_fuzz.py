"""The resolver against random and mutated messages, of hostile VMs and of hostile upstream servers.

Each run has the same messages. FUZZ_ROUNDS sets their number, FUZZ_SEED other ones.
"""

from __future__ import annotations

import asyncio
import os
import random
import struct
import unittest
from unittest import mock

import dns.flags
import dns.message
import dns.name
import resolver
from dns.rdatatype import RdataType
from resolver import Guest, Resolver
from test_resolver import guest, ip, packet, response, setUpModule, tearDownModule  # noqa: F401  no logs

ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "2000"))
SEED = int(os.environ.get("FUZZ_SEED", "20"))

ALLOWED = ("listed.example", "*.wild.example")
LISTED = "10.0.0.5/32"
NAMES = ["listed.example", "a.wild.example", "wild.example", "other.example", "x" * 63 + ".wild.example", "."]
TYPES = ["A", "AAAA", "TXT", "HTTPS", "SVCB", "CNAME", "DNAME", "SOA", "ANY", "AXFR", "OPT", "NS", "SRV"]
ANSWERS = [
    response("listed.example", "A", "listed.example. 300 IN A 203.0.113.1", "listed.example. 300 IN A 10.0.0.8"),
    response("listed.example", "A", "listed.example. 0 IN CNAME x.example.", "x.example. 4294967295 IN A 10.0.0.5"),
    response("a.wild.example", "AAAA", "a.wild.example. 300 IN AAAA ::ffff:10.0.0.8"),
    response("a.wild.example", "AAAA", "a.wild.example. 300 IN AAAA 2001:db8::1"),
    response("a.wild.example", "TXT", f'a.wild.example. 300 IN TXT "{"x" * 250}"'),
    response("wild.example", "A", rcode=3, authority="example. 900 IN SOA ns.example. a.example. 1 2 3 4 60"),
]


def mutated(chance: random.Random, wire: bytes) -> bytes:
    """The message with some damage."""
    made = bytearray(wire)
    for _ in range(chance.randint(0, 4)):
        at = chance.randrange(len(made)) if made else 0
        match chance.randrange(6):
            case 0:
                made[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del made[at:]
            case 2:
                made[at:at] = chance.randbytes(chance.randint(1, 40))
            case 3:  # a compression pointer, maybe to itself
                made[at : at + 2] = struct.pack("!H", 0xC000 | chance.randrange(0x3FFF))
            case 4:  # the counts of records
                made[4:12] = struct.pack("!4H", *(chance.choice([0, 1, 2, 65535]) for _ in range(4)))
            case _:
                made += made[:at]
    return bytes(made[:65535])


def question(chance: random.Random) -> bytes:
    """A question, or damage of one."""
    match chance.randrange(4):
        case 0:
            return chance.randbytes(chance.randrange(600))
        case 1:
            labels = [chance.randbytes(chance.randint(1, 63)) for _ in range(chance.randint(0, 5))]
            text = b"".join(bytes([len(label)]) + label for label in labels)
            return packet(text + b"\0" + struct.pack("!2H", chance.choice([1, 28, 65]), 1))
        case _:
            payload = chance.choice([None, 0, 512, 65535])
            query = dns.message.make_query(
                chance.choice(NAMES), chance.choice(TYPES), use_edns=payload is not None, payload=payload
            )
            return mutated(chance, query.to_wire())


class Upstream(Resolver):
    """A resolver whose upstream server sends damaged answers."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__("")
        self.chance = chance

    async def ask(self, _guest: Guest, _name: dns.name.Name, rdtype: RdataType) -> resolver.Answer | None:
        wire = mutated(self.chance, self.chance.choice(ANSWERS).to_wire())
        try:
            return resolver.Answer.from_message(dns.message.from_wire(wire), rdtype)
        except resolver.MALFORMED:
            return None


class FuzzTest(unittest.IsolatedAsyncioTestCase):
    async def test_no_message_opens_more_or_raises(self) -> None:
        chance = random.Random(SEED)
        lab, made = Upstream(chance), guest(*ALLOWED, listed=[LISTED])

        async def load(stale: set[resolver.Element], fresh: dict[resolver.Element, int]) -> bool:
            for own, address, protocol, port in fresh:
                self.assertIn(own, made.policy.addresses)
                self.assertFalse(made.policy.is_private(address), address)
                self.assertEqual((protocol, port), ("tcp", 443))
            self.assertEqual(stale, set())
            return True

        outcomes = {"silent": 0, "answered": 0}
        with mock.patch.object(resolver.log, "warning") as warning, mock.patch.object(lab.rules, "load", load):
            running = asyncio.create_task(lab.rules.run())
            for number in range(ROUNDS):
                wire, tcp = question(chance), chance.random() < 0.3
                reply = await lab.answer(made, wire, tcp)
                outcomes["silent" if reply is None else "answered"] += 1
                if reply is None:
                    continue
                self.assertLessEqual(len(reply), 65535 if tcp else resolver.UDP_PAYLOAD, (SEED, number))
                self.assertTrue(struct.unpack("!H", reply[2:4])[0] & dns.flags.QR)
                self.assertEqual(reply[:2], wire[:2])
            running.cancel()
        # Both ways are well used, and no question failed inside.
        self.assertGreater(min(outcomes.values()), ROUNDS // 20)
        lines = [call.args[0] % call.args[1:] for call in warning.call_args_list]
        self.assertEqual([line for line in lines if "failed" in line], [])
        self.assertLessEqual(len(lines), 2 * resolver.LOG_LINES)
        # Names in the journal are one line of printable characters.
        self.assertEqual([line for line in lines if not line.isprintable()], [])
        self.assertLessEqual(len(made.opened), resolver.ADDRESSES)
        self.assertLessEqual(len(made.answers), resolver.ANSWERS)

    async def test_mutated_private_answers_stay_closed(self) -> None:
        """Every address that a VM gets is public, or is listed."""
        chance = random.Random(SEED + 1)
        lab, made = Upstream(chance), guest(*ALLOWED, listed=[LISTED])
        seen = 0
        with mock.patch.object(resolver.log, "warning"), mock.patch.object(lab.rules, "load", return_value=True):
            running = asyncio.create_task(lab.rules.run())
            for _ in range(ROUNDS):
                made.answers.clear()
                wire = dns.message.make_query(chance.choice(["listed.example", "a.wild.example"]), "A").to_wire()
                reply = await lab.answer(made, wire, tcp=True)
                if reply is None:
                    continue
                for rrset in dns.message.from_wire(reply).answer:
                    for record in rrset:
                        address = getattr(record, "address", None)
                        if address is not None:
                            seen += 1
                            self.assertTrue(made.policy.may_answer(ip(address)), address)
            running.cancel()
        self.assertGreater(seen, ROUNDS // 20)


if __name__ == "__main__":
    unittest.main()
