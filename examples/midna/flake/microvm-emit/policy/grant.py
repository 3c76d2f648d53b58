"""Opens destinations for VMs at once, until the next switch of the host or for some time.

usage: grant.py SETTINGS add VM DESTINATION... [--seconds N]
       grant.py SETTINGS list | restore | switched

`add` opens destinations for a VM: a domain, all subdomains of one or an address, with its ports, such as
*.example.org=tcp/443,udp/443. With --seconds, the grant ends after that time; 0 ends it now. Without --seconds, the
grant ends with the next switch, whose rules should contain the destination. The resolver reads the domains from the
file of grants, and the nftables sets granted4 and granted6 contain the addresses.

`list` prints the grants, and the connections of each VM to each server in the last day.

`restore` fills the sets after the rules were loaded again. `switched` ends the grants without a time.

Only root can run this program. Everything in its arguments is checked here again, because it becomes part of commands
for nft.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import ipaddress
import json
import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"(\*\.)?({LABEL}\.)+{LABEL}")
PORT = re.compile(r"(tcp|udp)/([1-9][0-9]{0,4})")
PROTOCOLS = {"6": "tcp", "17": "udp"}
MAX_SECONDS = 30 * 24 * 3600
MAX_GRANTS = 1000  # of all VMs

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Vm(TypedDict):
    """A VM with a policy."""

    addresses: list[str]
    names: bool  # the resolver answers it, so it can have domains


class Settings(TypedDict):
    """The form of SETTINGS."""

    nft: str
    systemctl: str
    granted: str  # the file with the grants
    resolverPort: int
    vms: dict[str, Vm]


class Grant(TypedDict):
    """A destination that a VM can reach now."""

    vm: str
    to: str
    ports: list[tuple[str, int]]
    until: float | None  # of CLOCK_MONOTONIC, which begins with the boot, as the folder of the file does


class Admitted(TypedDict):
    """Connections of a VM to a port of a server."""

    vm: str
    to: str
    protocol: str
    port: int
    connections: int
    seconds: int  # since the first of them


class RefusedError(Exception):
    """The reason for a refused grant."""


def address_of(text: str) -> Address | None:
    """The address, or None for a domain."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def checked_port(text: str) -> tuple[str, int]:
    """A protocol and a port."""
    found = PORT.fullmatch(text)
    if found is None or int(found[2]) > 65535:
        raise RefusedError(f"{text!r} is not a port such as tcp/443.")
    return found[1], int(found[2])


def checked_grant(settings: Settings, name: str, text: str, until: float | None) -> Grant:
    """The grant of a destination with ports."""
    to, _, ports = text.partition("=")
    checked = list(dict.fromkeys(map(checked_port, ports.split(","))))
    return {"vm": name, "to": checked_destination(settings, name, to), "ports": checked, "until": until}


def checked_destination(settings: Settings, name: str, text: str) -> str:
    """A destination in its shortest form, if the VM can have it."""
    vm = settings["vms"].get(name)
    if vm is None:
        raise RefusedError(f"This host has no VM {name!r} with a network policy.")
    address = address_of(text)
    if address is None:
        if len(text) > 253 or DOMAIN.fullmatch(text) is None:
            raise RefusedError(f"{text!r} is not a domain or an address.")
        if not vm["names"]:
            raise RefusedError(f'{name} has no allowlist, and domains need one: set network to "allowlist".')
        return text
    if isinstance(address, ipaddress.IPv6Address) and (address.scope_id or address.ipv4_mapped):
        raise RefusedError(f"{text!r} has a scope or maps an IPv4 address: write the plain address.")
    if address.is_loopback or address.is_multicast or address.is_unspecified or address.is_link_local:
        raise RefusedError(
            f"{text} is an address of the host's own link, which can answer with the host's credentials."
        )
    if not any(ipaddress.ip_address(own).version == address.version for own in vm["addresses"]):
        raise RefusedError(f"{name} has no IPv{address.version} address.")
    for other, facts in settings["vms"].items():
        if any(ipaddress.ip_address(own) == address for own in facts["addresses"]):
            raise RefusedError(f"{text} is the address of the VM {other}. Use reachVms.")
    return str(address)


def without(grants: list[Grant], new: Grant) -> list[Grant]:
    """The grants without the ports that a new one has for the same destination."""
    kept: list[Grant] = []
    for grant in grants:
        is_same = grant["vm"] == new["vm"] and grant["to"] == new["to"]
        left = [(proto, port) for proto, port in grant["ports"] if not is_same or (proto, port) not in new["ports"]]
        if left:
            kept.append({"vm": grant["vm"], "to": grant["to"], "ports": left, "until": grant["until"]})
    return kept


def commands(settings: Settings, grants: list[Grant], now: float) -> str:
    """One transaction of nft that replaces all elements of the sets."""
    elements: dict[int, dict[str, str]] = {4: {}, 6: {}}
    for grant in grants:
        address = address_of(grant["to"])
        if address is None:
            continue
        timeout = "" if grant["until"] is None else f" timeout {math.ceil(grant['until'] - now)}s"
        # The config may no longer have this VM.
        for own in settings["vms"].get(grant["vm"], {"addresses": []})["addresses"]:
            if ipaddress.ip_address(own).version == address.version:
                for protocol, port in grant["ports"]:
                    elements[address.version][f"{own} . {address} . {protocol} . {port}"] = timeout
    lines = []
    for version, of_version in elements.items():
        lines.append(f"flush set inet microvm granted{version}\n")
        if of_version:
            text = ", ".join(element + timeout for element, timeout in of_version.items())
            lines.append(f"add element inet microvm granted{version} {{ {text} }}\n")
    return "".join(lines)


def read(path: Path) -> list[Grant]:
    """The grants in the file."""
    try:
        grants: list[Grant] = json.loads(path.read_bytes())
    except FileNotFoundError:
        grants = []
    return grants


def write(path: Path, grants: list[Grant]) -> None:
    """Replaces the file. The resolver, which is not root, reads it."""
    new = path.with_name(f".{path.name}")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w", encoding="ascii") as file:
        os.fchmod(file.fileno(), 0o644)
        json.dump(grants, file)
    new.rename(path)


def admitted(settings: Settings) -> list[Admitted]:
    """The connections that the rules counted."""
    owners = {address: name for name, vm in settings["vms"].items() for address in vm["addresses"]}
    found: list[Admitted] = []
    for version in 4, 6:
        words = [settings["nft"], "-j", "-n", "list", "set", "inet", "microvm", f"admitted{version}"]
        listed = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
        (of_version,) = (one["set"] for one in listed["nftables"] if "set" in one)
        for element in (one["elem"] for one in of_version.get("elem", [])):
            source, to, protocol, port = element["val"]["concat"]
            if port == settings["resolverPort"]:
                continue  # questions to the resolver, which has the names
            found.append(
                {
                    "vm": owners.get(source, source),
                    "to": to,
                    "protocol": PROTOCOLS.get(str(protocol), str(protocol)),
                    "port": int(port),
                    "connections": element["counter"]["packets"],
                    "seconds": of_version["timeout"] - element["expires"],
                }
            )
    return found


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Waits until no other process changes the grants."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def main(words: list[str]) -> None:
    """Runs a command."""
    parser = argparse.ArgumentParser(prog="microvm-grant", allow_abbrev=False)
    parser.add_argument("settings", type=Path)
    actions = parser.add_subparsers(dest="action", required=True)
    adding = actions.add_parser("add", allow_abbrev=False)
    adding.add_argument("vm")
    adding.add_argument("destinations", nargs="+")
    adding.add_argument("--seconds", type=int)
    actions.add_parser("list")
    actions.add_parser("restore")
    actions.add_parser("switched")
    given = parser.parse_args(words)

    settings: Settings = json.loads(given.settings.read_bytes())
    path = Path(settings["granted"])
    now = time.monotonic()
    with locked(path.parent):
        grants = [grant for grant in read(path) if grant["until"] is None or grant["until"] > now]
        if given.action == "list":
            left: list[dict[str, object]] = [
                {**grant, "seconds": None if grant["until"] is None else math.ceil(grant["until"] - now)}
                for grant in grants
            ]
            json.dump({"granted": left, "admitted": admitted(settings)}, sys.stdout)
            return
        if given.action == "switched":
            # The switch loads the rules again, and with them the sets.
            write(path, [grant for grant in grants if grant["until"] is not None])
            return
        if given.action == "add":
            seconds = given.seconds
            if seconds is not None and not 0 <= seconds <= MAX_SECONDS:
                raise RefusedError(f"A grant can last up to {MAX_SECONDS} seconds.")
            until = None if seconds is None else now + seconds
            for new in [checked_grant(settings, given.vm, text, until) for text in given.destinations]:
                grants = without(grants, new) + ([] if seconds == 0 else [new])
            if len(grants) > MAX_GRANTS:
                raise RefusedError(f"There are already {MAX_GRANTS} grants.")
        subprocess.run([settings["nft"], "-f", "-"], input=commands(settings, grants, now), text=True, check=True)
        write(path, grants)
        if given.action == "add" and any(vm["names"] for vm in settings["vms"].values()):
            subprocess.run([settings["systemctl"], "reload", "microvm-resolver.service"], check=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except RefusedError as refusal:
        sys.exit(f"microvm-grant: {refusal}")
    except subprocess.CalledProcessError as failure:
        sys.exit(f"microvm-grant: {failure.cmd[0]} failed.")
