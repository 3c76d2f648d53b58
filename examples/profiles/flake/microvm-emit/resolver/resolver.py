"""Answers DNS questions of VMs with an allowlist, and allows the addresses in the answers.

nftables redirects all DNS traffic of such a VM to this program. A name outside the VM's allowlist gets NXDOMAIN. Other
names go to the VM's upstream servers. Before the VM gets the answer, each address in it is added to the set resolved4
or resolved6 of the table "inet microvm", with the VM's address, the protocol and the port. The element expires soon
after the TTL of the answer. Answers are cached for each VM for their TTL.

Each VM has its own queue, and VMs take turns: a flood of one VM delays the others by at most one question.

usage: resolver.py CONFIG.json

The file `granted` of CONFIG.json has more names, some of them for a time only (see policy/grant.py).

SIGHUP reads both files again, restores the elements that it still allows (a reload of the rules empties the sets) and
deletes the others. EDNS options and DNSSEC records are dropped, because this program removes records from answers.
HTTPS and SVCB questions get an empty answer, because their records contain addresses and ports; clients fall back to A
and AAAA.

Needs Python 3.11, dnspython 2.3 and CAP_NET_ADMIN. The format of CONFIG.json is the type Config.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import ctypes
import functools
import ipaddress
import json
import logging
import math
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypedDict

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rrset
from dns.asyncquery import udp_with_fallback
from dns.rdataclass import IN
from dns.rdatatype import AAAA, CNAME, DNAME, HTTPS, SOA, SVCB, A, RdataType, is_metatype

MAX_TTL = 3600  # seconds
MIN_TTL = 60  # seconds that an address is open; clients may connect later than a TTL of 0 or 1 second
GRACE = 30  # seconds that an address stays open after its TTL
LEAST_GRACE = 10  # seconds; an open address with less time after the TTL is extended, at most every 20 seconds
UPSTREAM_TIMEOUT = 2  # seconds
TCP_IDLE = 10  # seconds
UDP_PAYLOAD = 1232  # bytes that need no fragments on any path (dnsflagday.net/2020)
RECEIVE_BUFFER = 1 << 20  # bytes of datagrams in the kernel
DATAGRAMS = 256  # per read

# Limits per VM.
QUESTIONS = 64  # in the queue; further questions are dropped, and the client repeats them
UNDER_WAY = 8  # questions that are answered at the same time
CONNECTIONS = 8  # over TCP
ADDRESSES = 4096  # open at the same time
ANSWERS = 1024  # in the cache, for A and AAAA only
RECORDS = 64  # in a cached answer
LOG_LINES = 100  # an hour, for refused names and for found ones

# dnspython raises ValueError for an unknown opcode.
MALFORMED = (dns.exception.DNSException, ValueError)

# From Linux's <linux/in.h> and <asm/socket.h>; Python 3.11 lacks them.
IP_FREEBIND, IP_PKTINFO, SO_RCVBUFFORCE = 15, 8, 33

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Port = tuple[str, int]
Element = tuple[Address, Address, str, int]  # of an nftables set: VM, server, protocol, port
Source = tuple[str, int] | tuple[str, int, int, int]
Datagram = tuple[socket.socket, bytes, list[tuple[int, int, bytes]], Source]

log = logging.getLogger()


class Allow(TypedDict):
    name: str  # "*.x" matches every subdomain of x, but not x
    ports: list[Port]


class GuestConfig(TypedDict):
    name: str
    upstream: list[str]
    allow: list[Allow]
    addresses: list[str]  # private addresses and networks that are allowed in answers


class Config(TypedDict):
    listen: list[str]
    port: int
    libnftables: str  # path of the shared library
    granted: str  # path of the file with grants, which may be missing
    private: list[str]  # ranges that answers never open, against DNS rebinding
    guests: dict[str, GuestConfig]  # by source address: a VM with two addresses has two entries


class Grant(TypedDict):
    vm: str
    to: str  # a name, or an address, which is then allowed in answers
    ports: list[Port]
    until: float | None  # of time.monotonic()


@dataclass
class Policy:
    """The allowlist of a VM."""

    addresses: list[Address] = field(default_factory=list)  # of the VM itself
    upstream: list[str] = field(default_factory=list)
    private: list[Network] = field(default_factory=list)
    listed: list[Network] = field(default_factory=list)  # private networks that are allowed in answers
    allow: dict[dns.name.Name, dict[Port, float]] = field(default_factory=dict)  # ports, and when they close

    def add(self, name: str, ports: Iterable[Port], until: float = math.inf) -> None:
        """Allows a name at these ports."""
        times = self.allow.setdefault(dns.name.from_text(name), {})
        for protocol, port in ports:
            times[protocol, port] = max(until, times.get((protocol, port), 0))

    def entries(self, name: dns.name.Name) -> list[dns.name.Name]:
        """The entries of the allowlist that match the name."""
        wildcards = (dns.name.Name((b"*", *name.labels[level:])) for level in range(1, len(name.labels)))
        return [entry for entry in (name, *wildcards) if entry in self.allow]

    def is_private(self, address: Address) -> bool:
        return any(address in network for network in self.private)

    def may_answer(self, address: Address) -> bool:
        return any(address in network for network in self.listed) or not self.is_private(address)


class Answer(NamedTuple):
    """The records of an upstream answer for a VM, and the time until which they are cached."""

    rcode: dns.rcode.Rcode
    records: list[dns.rrset.RRset]
    authority: list[dns.rrset.RRset]
    received: float
    until: float

    @classmethod
    def from_message(cls, message: dns.message.Message, rdtype: RdataType) -> Answer:
        now = time.monotonic()
        records = [rrset for rrset in message.answer if rrset.rdtype in (rdtype, CNAME, DNAME)]
        authority = [rrset for rrset in message.authority if rrset.rdtype == SOA]
        ttls = [min(rrset.ttl, MAX_TTL) for rrset in records]
        if not any(rrset.rdtype == rdtype for rrset in records):  # RFC 2308, section 5
            ttls = [min([soa.minimum, rrset.ttl, MAX_TTL, *ttls]) for rrset in authority for soa in rrset]
        is_small = rdtype in (A, AAAA) and sum(map(len, records)) <= RECORDS
        is_final = message.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
        return cls(message.rcode(), records, authority, now, now + min(ttls, default=0) * (is_small and is_final))

    def ttl(self, rrset: dns.rrset.RRset) -> int:
        return max(0, min(rrset.ttl, MAX_TTL) - int(time.monotonic() - self.received))


class Guest:
    """A VM, with its queue, cache and open addresses."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.policy = Policy()
        self.waiting: collections.deque[Datagram] = collections.deque()
        self.has_turn = False
        self.under_way = 0
        self.connections = 0
        self.answers: dict[tuple[dns.name.Name, RdataType], Answer] = {}
        self.opened: dict[Address, dict[dns.name.Name, float]] = {}  # expiry times, by entry of the allowlist
        self.unopened: set[Address] = set()  # the addresses in `opened` that nftables does not have yet
        self.refusals = HourlyLines(name)
        self.finds = HourlyLines(name)

    def remember(self, name: dns.name.Name, ttls: dict[Address, int]) -> set[Address] | None:
        """Records the addresses; returns those that nftables must add or extend, or None above the limit."""
        now = time.monotonic()
        entries = [entry for entry in self.policy.entries(name) if self.policy.allow[entry]]
        added = sum(address not in self.opened for address in ttls)
        if len(self.opened) + added > ADDRESSES:
            self.opened = {at: until for at, until in self.opened.items() if max(until.values(), default=0) > now}
            self.unopened &= self.opened.keys()
            added = sum(address not in self.opened for address in ttls)
            if len(self.opened) + added > ADDRESSES:
                return None
        fresh = set()
        for address, ttl in ttls.items():
            opened = self.opened.setdefault(address, {})
            if address in self.unopened or any(opened.get(entry, 0) < now + ttl + LEAST_GRACE for entry in entries):
                fresh.add(address)
                opened.update((entry, now + max(ttl, MIN_TTL) + GRACE) for entry in entries)
        self.unopened |= fresh
        return fresh

    def cached(self, name: dns.name.Name, rdtype: RdataType) -> Answer | None:
        answer = self.answers.get((name, rdtype))
        return answer if answer is not None and time.monotonic() < answer.until else None

    def cache(self, name: dns.name.Name, rdtype: RdataType, answer: Answer) -> None:
        self.answers.pop((name, rdtype), None)
        if len(self.answers) >= ANSWERS:
            del self.answers[next(iter(self.answers))]  # the oldest
        self.answers[name, rdtype] = answer

    def elements(self, addresses: Iterable[Address]) -> dict[Element, int]:
        """The elements of these addresses by the current allowlist, with the seconds until they expire."""
        now = time.monotonic()
        found: dict[Element, int] = {}
        for address in addresses:
            for entry, until in self.opened.get(address, {}).items():
                for (protocol, port), closes in self.policy.allow.get(entry, {}).items():
                    left = math.ceil(min(until, closes) - now)
                    if left <= 0:
                        continue
                    for own in self.policy.addresses:
                        element = (own, address, protocol, port)
                        # The rules open listed private addresses themselves, at the ports listed for the address.
                        if own.version == address.version and not self.policy.is_private(address):
                            found[element] = max(left, found.get(element, left))
        return found


class HourlyLines:
    """Logs each line of a VM once an hour."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.logged: set[str] = set()
        self.since = 0.0

    def log(self, line: str) -> None:
        now = time.monotonic()
        if now - self.since > 3600:
            self.logged, self.since = set(), now
        if line not in self.logged and len(self.logged) < LOG_LINES:
            self.logged.add(line)
            last = len(self.logged) == LOG_LINES
            log.warning("%s %s", self.name, "reached its limit of log lines: silent for an hour" if last else line)


class Nft:
    """A context of libnftables. To start the program nft instead takes 30 times as long."""

    def __init__(self, path: str) -> None:
        library = ctypes.CDLL(path)
        library.nft_ctx_new.restype = ctypes.c_void_p
        library.nft_ctx_get_error_buffer.restype = ctypes.c_char_p
        self.library = library
        self.context = ctypes.c_void_p(library.nft_ctx_new(ctypes.c_uint32(0)))
        library.nft_ctx_buffer_error(self.context)

    def run(self, commands: str) -> str:
        """Runs commands as one transaction. Returns the first line of the error, or ""."""
        if self.library.nft_run_cmd_from_buffer(self.context, commands.encode()) == 0:
            return ""
        error: bytes = self.library.nft_ctx_get_error_buffer(self.context)
        return error.decode(errors="replace").partition("\n")[0] or "unknown error"


load_nft = functools.cache(Nft)


class Rules:
    """The nftables sets. Requests during a transaction share the next transaction."""

    def __init__(self) -> None:
        self.nft: Nft
        self.failure = ""
        self.stale: set[Element] = set()
        self.waiting: list[tuple[Guest, Iterable[Address], asyncio.Future[bool]]] = []
        self.wake = asyncio.Event()

    def open(self, guest: Guest, addresses: Iterable[Address]) -> asyncio.Future[bool]:
        """Opens these addresses for the ports of the allowlist; the result is true on success."""
        done = asyncio.get_running_loop().create_future()
        self.waiting.append((guest, addresses, done))
        self.wake.set()
        return done

    async def run(self) -> None:
        while True:
            await self.wake.wait()
            self.wake.clear()
            waiting, self.waiting = self.waiting, []
            stale, self.stale = self.stale, set()
            fresh: dict[Element, int] = {}
            for guest, addresses, _ in waiting:
                fresh.update(guest.elements(addresses))
            ok = await self.load(stale, fresh)
            for guest, addresses, done in waiting:
                if ok:
                    guest.unopened.difference_update(addresses)
                if not done.done():
                    done.set_result(ok)

    async def load(self, stale: set[Element], fresh: dict[Element, int]) -> bool:
        # For an existing element with another timeout, "add" fails before Linux 6.12 and keeps the old timeout since
        # then, so delete the element first. Deleting a missing element fails, so add it before.
        lines = []
        for version in 4, 6:
            every = {e: " . ".join(map(str, e)) for e in stale | fresh.keys() if e[0].version == version}
            timed = [f"{text} timeout {fresh[e]}s" for e, text in every.items() if e in fresh]
            for verb, elements in ("add", every.values()), ("delete", every.values()), ("add", timed):
                if elements:
                    lines.append(f"{verb} element inet microvm resolved{version} {{ {', '.join(elements)} }}\n")
        if not lines:
            return True
        failure = await asyncio.to_thread(self.nft.run, "".join(lines))
        if failure and failure != self.failure:
            log.error("nftables: %s", failure)
        self.failure = failure
        return not failure


class Resolver:
    def __init__(self, path: str) -> None:
        self.path = path
        self.guests: dict[Address, Guest] = {}
        self.turns: collections.deque[Guest] = collections.deque()  # VMs with waiting questions
        self.arrived = asyncio.Event()
        self.rules = Rules()
        self.tasks: set[asyncio.Task[None]] = set()
        self.timer: asyncio.TimerHandle | None = None

    def configure(self) -> Config:
        """Applies the configuration file, or raises an error and changes nothing."""
        with open(self.path, encoding="utf-8") as file:
            config: Config = json.load(file)
        nft = load_nft(config["libnftables"])
        private = [ipaddress.ip_network(network) for network in config["private"]]
        policies: dict[str, Policy] = {}
        for address, entry in config["guests"].items():
            policy = policies.setdefault(entry["name"], Policy())
            policy.addresses.append(ipaddress.ip_address(address))
            policy.upstream = list(entry["upstream"])
            policy.private = private
            policy.listed = [ipaddress.ip_network(network, strict=False) for network in entry["addresses"]]
            for allow in entry["allow"]:
                policy.add(allow["name"], allow["ports"])
        ends = self.apply_grants(policies, config["granted"])

        guests = {guest.name: guest for guest in self.guests.values()}
        for guest in guests.values():
            guest.policy = Policy()
        self.guests = {}
        for name, policy in policies.items():
            guest = guests.get(name) or Guest(name)
            guest.policy = policy
            guest.answers.clear()
            self.guests.update((address, guest) for address in policy.addresses)
        self.rules.nft = nft
        self.schedule(ends)
        return config

    def apply_grants(self, policies: dict[str, Policy], path: str) -> list[float]:
        """Adds the grants to the policies; returns the times when some of them end."""
        try:
            with open(path, encoding="utf-8") as file:
                grants: list[Grant] = json.load(file)
        except FileNotFoundError:
            return []
        ends = []
        for grant in grants:
            policy, until = policies.get(grant["vm"]), grant["until"]
            if policy is None or (until is not None and until <= time.monotonic()):
                continue
            try:
                policy.listed.append(ipaddress.ip_network(grant["to"]))
            except ValueError:
                policy.add(grant["to"], grant["ports"], math.inf if until is None else until)
            if until is not None:
                ends.append(until)
        return ends

    def schedule(self, ends: list[float]) -> None:
        """Reloads when the next grant ends, which closes its addresses."""
        if self.timer is not None:
            self.timer.cancel()
        # The clock of the loop is time.monotonic().
        self.timer = asyncio.get_running_loop().call_at(min(ends), self.reload) if ends else None

    def reload(self) -> None:
        opened = {element for guest in set(self.guests.values()) for element in guest.elements(guest.opened)}
        try:
            self.configure()
        except (OSError, ValueError, LookupError, TypeError, dns.exception.DNSException) as error:
            log.error("%s is invalid, the previous configuration stays active: %r", self.path, error)
        for guest in set(self.guests.values()):
            guest.unopened.update(guest.opened)
            self.rules.open(guest, list(guest.opened))
        self.rules.stale |= opened
        self.rules.wake.set()

    async def ask(self, guest: Guest, name: dns.name.Name, rdtype: RdataType) -> Answer | None:
        """The first answer of an upstream server. A server that does not respond moves to the end of the list."""
        upstream = guest.policy.upstream
        answer = None
        for server in (upstream * 2)[: max(2, len(upstream))]:
            query = dns.message.make_query(name, rdtype, use_edns=0, payload=UDP_PAYLOAD)
            try:
                message, _ = await udp_with_fallback(query, server, UPSTREAM_TIMEOUT, ignore_unexpected=True)
            except (*MALFORMED, OSError, EOFError):
                upstream.sort(key=server.__eq__)
                continue
            answer = Answer.from_message(message, rdtype)
            if answer.rcode in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                break
        return answer

    async def resolve(self, guest: Guest, query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query, recursion_available=True, our_payload=UDP_PAYLOAD)
        if query.opcode() != dns.opcode.QUERY:
            return with_rcode(reply, dns.rcode.NOTIMP)
        question = query.question[0] if len(query.question) == 1 else None
        if question is None or question.rdclass != IN or is_metatype(question.rdtype):
            return with_rcode(reply, dns.rcode.REFUSED)
        name, text = question.name, question.name.to_text(omit_final_dot=True)
        if not guest.policy.entries(name):
            line = f"asked for {text}, which is not in its allowlist"
            guest.refusals.log(line)
            if query.edns >= 0:
                why = dns.edns.EDEOption(dns.edns.EDECode.BLOCKED, f"{guest.name} {line}")
                reply.use_edns(0, payload=UDP_PAYLOAD, options=[why])
            return with_rcode(reply, dns.rcode.NXDOMAIN)
        useless = {HTTPS, SVCB, A, AAAA} - {A if own.version == 4 else AAAA for own in guest.policy.addresses}
        if question.rdtype in useless:
            return reply

        cached = guest.cached(name, question.rdtype)
        answer = cached or await self.ask(guest, name, question.rdtype)
        if answer is None:
            servers = ", ".join(guest.policy.upstream) or "any server: none is configured"
            guest.refusals.log(f"got no answer from {servers}")
            return with_rcode(reply, dns.rcode.SERVFAIL)
        ttls: dict[Address, int] = {}
        for rrset in answer.records:
            records, ttl = list(rrset), answer.ttl(rrset)
            if rrset.rdtype in (A, AAAA):
                found = {ipaddress.ip_address(record.address): record for record in records}
                for address in [address for address in found if not guest.policy.may_answer(address)]:
                    guest.refusals.log(f"asked for {text}: its private address {address} is not in the allowlist")
                    del found[address]
                ttls.update((address, ttl) for address in found if not guest.policy.is_private(address))
                records = list(found.values())
            if records:
                reply.answer.append(dns.rrset.from_rdata_list(rrset.name, ttl, records))
        for rrset in answer.authority:
            reply.authority.append(dns.rrset.from_rdata_list(rrset.name, answer.ttl(rrset), list(rrset)))
        unopened = guest.remember(name, ttls)
        if unopened is None:
            guest.refusals.log(f"reached its limit of {ADDRESSES} open addresses")
            return with_rcode(reply, dns.rcode.SERVFAIL)
        if unopened and not await self.rules.open(guest, unopened):
            return with_rcode(reply, dns.rcode.SERVFAIL)
        if unopened:
            guest.finds.log(f"found {text} at {' '.join(map(str, sorted(unopened, key=int)))}")
        if cached is None and answer.until > time.monotonic():
            guest.cache(name, question.rdtype, answer)
        reply.set_rcode(answer.rcode)
        return reply

    async def answer(self, guest: Guest, wire: bytes, tcp: bool) -> bytes | None:
        """The reply to a packet, or None if the packet is not a question."""
        try:
            try:
                query = dns.message.from_wire(wire)
            except MALFORMED:
                return None
            if query.flags & dns.flags.QR:
                return None
            reply = await self.resolve(guest, query)
            try:
                return reply.to_wire(max_size=65535 if tcp else min(max(512, query.payload), UDP_PAYLOAD))
            except dns.exception.TooBig:
                truncated = with_rcode(reply, reply.rcode())
                truncated.flags |= dns.flags.TC
                return truncated.to_wire()
        except Exception as error:  # noqa: BLE001  one question must not stop the service
            guest.refusals.log(f"sent a question that failed: {error!r}")
            return None

    def on_datagrams(self, udp: socket.socket) -> None:
        for _ in range(DATAGRAMS):
            try:
                wire, control, _, source = udp.recvmsg(4096, 256)
            except OSError:
                return
            guest = self.guests.get(ipaddress.ip_address(source[0]))
            if guest is not None and len(guest.waiting) < QUESTIONS:
                guest.waiting.append((udp, wire, control, source))
                self.give_turn(guest)

    def give_turn(self, guest: Guest) -> None:
        if guest.waiting and guest.under_way < UNDER_WAY and not guest.has_turn:
            guest.has_turn = True
            self.turns.append(guest)
            self.arrived.set()

    async def take_turns(self) -> None:
        """Starts one question of each VM in turn. In between, it lets started questions continue."""
        while True:
            await self.arrived.wait()
            self.arrived.clear()
            while self.turns:
                guest = self.turns.popleft()
                guest.has_turn = False
                guest.under_way += 1
                task = asyncio.create_task(self.answer_datagram(guest, guest.waiting.popleft()))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)
                self.give_turn(guest)
                await asyncio.sleep(0)

    async def answer_datagram(self, guest: Guest, datagram: Datagram) -> None:
        udp, wire, control, source = datagram
        reply = await self.answer(guest, wire, tcp=False)
        guest.under_way -= 1
        self.give_turn(guest)
        if reply is not None:
            with contextlib.suppress(OSError):
                udp.sendmsg([reply], control, 0, source)  # control contains the address to reply from

    async def on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")  # None if the client has disconnected
        guest = self.guests.get(ipaddress.ip_address(peer[0])) if peer else None
        if guest is None or guest.connections >= CONNECTIONS:
            writer.close()
            return
        guest.connections += 1
        try:
            while True:
                async with asyncio.timeout(TCP_IDLE):
                    (length,) = struct.unpack("!H", await reader.readexactly(2))
                    wire = await reader.readexactly(length)
                reply = await self.answer(guest, wire, tcp=True)
                if reply is None:
                    break
                writer.write(struct.pack("!H", len(reply)) + reply)
                async with asyncio.timeout(TCP_IDLE):
                    await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            guest.connections -= 1
            writer.close()

    async def run(self) -> None:
        config = self.configure()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        for address in config["listen"]:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            udp, tcp = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_STREAM)
            for listener in udp, tcp:
                listener.setblocking(False)
                listener.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)  # a bridge can get its address later
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(listener is tcp))
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                listener.bind((address, config["port"]))
            if family == socket.AF_INET6:
                udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
            else:
                udp.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
            with contextlib.suppress(OSError):  # needs CAP_NET_ADMIN
                udp.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
            loop.add_reader(udp, self.on_datagrams, udp)
            await asyncio.start_server(self.on_connection, sock=tcp, backlog=1024)
        notify("READY=1")
        await asyncio.gather(self.take_turns(), self.rules.run())


def with_rcode(reply: dns.message.Message, rcode: dns.rcode.Rcode) -> dns.message.Message:
    """The reply with this code and without records."""
    reply.answer, reply.authority = [], []
    reply.set_rcode(rcode)
    return reply


def notify(state: str) -> None:
    """Notifies systemd, if it started this program (sd_notify(3))."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.sendto(state.encode(), path.replace("@", "\0", 1) if path.startswith("@") else path)


if __name__ == "__main__":
    logging.basicConfig(format="microvm-emit: %(message)s", level=logging.INFO)
    asyncio.run(Resolver(sys.argv[1]).run())
