"""
Continues a VM that QEMU paused because a disk image could not grow.

usage: resume.py FOLDER SOCKET

FOLDER is the folder of the VM, and SOCKET the QMP socket in it. Runs as the user of the hypervisor, which could answer
anything: each answer is short, and the time is limited.
"""

import json
import os
import shutil
import socket
import sys
import time
from io import BufferedRWPair

# The state of a VM whose disk is full (QMP RunState).
PAUSED = "io-error"
SECONDS = 5
LONGEST_LINE = 1 << 16
MIB = 1024 * 1024


def ask(monitor: BufferedRWPair, command: str) -> object:
    """The answer to a command of QMP, without the events before it."""
    monitor.write(json.dumps({"execute": command}).encode() + b"\n")
    monitor.flush()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        line = monitor.readline(LONGEST_LINE)
        if not line:
            break
        answer = json.loads(line)
        if isinstance(answer, dict) and "return" in answer:
            return answer["return"]
    raise OSError(f"no answer to {command}")


def is_paused(monitor: BufferedRWPair) -> bool:
    status = ask(monitor, "query-status")
    return isinstance(status, dict) and status.get("status") == PAUSED


def main(folder: str, name: str) -> None:
    os.chdir(folder)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(SECONDS)
        try:
            connection.connect(name)
        except (ConnectionRefusedError, FileNotFoundError):
            # QEMU has not started or has ended.
            return
        with connection.makefile("rwb") as monitor:
            ask(monitor, "qmp_capabilities")
            if not is_paused(monitor):
                return
            ask(monitor, "cont")
            # QEMU pauses again at once if the write fails again.
            time.sleep(1)
            if is_paused(monitor):
                free = shutil.disk_usage(".").free // MIB
                print(
                    f"<3>The VM is paused because the disk of the host is full: {free} MiB are free in {folder}. "
                    "The VM will continue when there is space.",
                    file=sys.stderr,
                )
            else:
                print("<5>The VM was paused because the disk of the host was full. It continues.", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
