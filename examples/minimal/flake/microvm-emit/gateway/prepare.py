"""
Writes the files that the proxy's configuration includes: the keys, which are secret, and the addresses of the APIs,
which change. Only the user of the proxy can read the files.
"""

import json
import os
import re
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypedDict

# Characters without a meaning for nginx in quotes. No known key has others.
KEY = re.compile(r"[A-Za-z0-9._~+/=:@-]{8,8192}")
# The value of a credential whose file is missing.
MISSING = "missing"


class Vm(TypedDict):
    """A VM that can use a key."""

    name: str
    file: str
    addresses: list[str]
    upstream: str
    credential: str


class Provider(TypedDict):
    """An API, and the VMs that have a key for it."""

    host: str
    port: int
    vms: list[Vm]


def warn(messages: list[str]) -> None:
    """Writes warnings to the journal."""
    for message in messages:
        print(f"<4>{message}", file=sys.stderr)


def key_in(text: str) -> str | None:
    """The key in a file, which is a single line."""
    key = text.strip("\r\n")
    return key if key != MISSING and KEY.fullmatch(key) else None


def keys_of(vms: list[Vm], credentials: Path) -> tuple[str, list[str]]:
    """The lines of nginx's `geo`, and a warning for each VM without a key, which has no line."""
    lines, warnings = [], []
    for vm in vms:
        try:
            key = key_in((credentials / vm["credential"]).read_text("ascii"))
        except (OSError, ValueError):
            key = None
        if key is None:
            warnings.append(f"{vm['name']} has no key: {vm['file']} is missing, or is not a single line with a key.")
            continue
        lines += [f'{address} "{key}";\n' for address in vm["addresses"]]
    return "".join(lines), warnings


def endpoint(provider: Provider) -> str:
    """The API by its name."""
    return f"{provider['host']}:{provider['port']}"


def addresses_of(provider: Provider) -> list[str]:
    """The addresses of an API: the IPv4 addresses if it has any. Empty without an answer."""
    try:
        found = socket.getaddrinfo(
            provider["host"], provider["port"], type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
    except OSError:
        return []
    four = sorted({f"{where[0]}:{where[1]}" for family, *_, where in found if family == socket.AF_INET})
    six = sorted({f"[{where[0]}]:{where[1]}" for family, *_, where in found if family == socket.AF_INET6})
    return four or six


def chosen(found: list[str], known: list[str]) -> list[str]:
    """The known addresses as long as DNS still has one of them, because each change needs a reload."""
    kept = [address for address in known if address in found]
    return kept or found or known


def upstreams_of(provider: Provider, addresses: list[str]) -> Iterator[str]:
    """The groups of servers of nginx."""
    # Without an address, nginx answers with an error.
    servers = "".join(f" server {address};" for address in addresses or ["unix:/run/microvm-gateway/unresolved"])
    for vm in provider["vms"]:
        yield f"upstream {vm['upstream']} {{{servers} keepalive 16; keepalive_timeout 30s; }}\n"


def replace(path: Path, text: str) -> bool:
    """Replaces a file in one step. False if it is the same as before."""
    try:
        if path.read_text("ascii") == text:
            return False
    except FileNotFoundError:
        pass
    new = path.with_name(f".{path.name}")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w", encoding="ascii") as file:
        file.write(text)
    new.rename(path)
    return True


def known_in(path: Path) -> dict[str, list[str]]:
    """The addresses that the proxy has now, by API."""
    try:
        known: dict[str, list[str]] = json.loads(path.read_bytes())
    except FileNotFoundError:
        known = {}
    return known


def main(settings: Path, folder: Path, credentials: Path) -> None:
    """Writes all files, and `changed` if the proxy needs a reload."""
    providers: dict[str, Provider] = json.loads(settings.read_bytes())
    known = known_in(folder / "addresses.json")
    with ThreadPoolExecutor() as pool:
        found = dict(zip(providers, pool.map(addresses_of, providers.values()), strict=True))
    addresses = {name: chosen(found[name], known.get(endpoint(providers[name]), [])) for name in providers}

    is_changed = False
    for name, provider in providers.items():
        text, warnings = keys_of(provider["vms"], credentials)
        # The unit starts every minute, so it warns only once.
        if replace(folder / f"{name}.keys", text):
            is_changed = True
            warn(warnings)
    upstreams = "".join(
        line for name, provider in providers.items() for line in upstreams_of(provider, addresses[name])
    )
    if replace(folder / "upstreams", upstreams):
        is_changed = True
        warn([f"{providers[name]['host']} has no address." for name in providers if not addresses[name]])
    now = {endpoint(provider): addresses[name] for name, provider in providers.items()}
    replace(folder / "addresses.json", json.dumps(now))
    for path in folder.glob("*.keys"):
        if path.stem not in providers:
            path.unlink()
    if is_changed:
        (folder / "changed").touch()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(os.environ["CREDENTIALS_DIRECTORY"]))
