#!/usr/bin/env python3
"""Answers a fetch as git-upload-pack does, with a pack that does not end."""

import struct
import sys
import zlib


def packet(data: bytes) -> bytes:
    """Frame a line of Git's protocol."""
    return b"%04x" % (len(data) + 4) + data


def read(count: int) -> bytes:
    """Read from the client; end with it."""
    data = sys.stdin.buffer.read(count)
    if len(data) < count:
        sys.exit()
    return data


def main() -> None:
    """Offer a branch, wait for the request, and send one object of 2^50 bytes."""
    out = sys.stdout.buffer
    out.write(packet(b"1" * 40 + b" refs/heads/main\0side-band-64k ofs-delta agent=x\n") + b"0000")
    out.flush()
    request = b""
    while not request.startswith(b"done"):
        length = int(read(4), 16)
        request = read(length - 4) if length > 0 else b""
    out.write(packet(b"NAK\n"))
    # The header of a pack with one blob, as gitformat-pack(5) has it.
    size = 2**50
    header = [0xB0 | (size & 15)]
    size >>= 4
    while size > 0:
        header.append(0x80 | (size & 127))
        size >>= 7
    header[-1] &= 127
    out.write(packet(b"\1PACK" + struct.pack(">II", 2, 1) + bytes(header)))
    stream = zlib.compressobj(0)
    while True:
        data = stream.compress(bytes(1 << 16))
        for start in range(0, len(data), 1 << 15):
            out.write(packet(b"\1" + data[start : start + (1 << 15)]))
        out.flush()


if __name__ == "__main__":
    main()
