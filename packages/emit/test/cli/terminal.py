"""Runs a command at a pseudo-terminal and types keys when the screen shows a text."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

TIMEOUT_S = 50


def main() -> int:
    """Prints the screen and returns the command's exit code."""
    typed: list[list[str]] = json.loads(sys.argv[1])
    child, terminal = pty.fork()
    if child == 0:
        # A new terminal is 0 columns wide.
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        os.execv(sys.argv[2], sys.argv[2:])
    screen = b""
    end = time.monotonic() + TIMEOUT_S
    while time.monotonic() < end:
        # A prompt draws itself and then takes the terminal out of its mode of lines, which would change keys.
        if typed and typed[0][0].encode() in screen and not termios.tcgetattr(terminal)[3] & termios.ICANON:
            os.write(terminal, typed.pop(0)[1].encode())
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        screen += part
    else:
        os.kill(child, signal.SIGKILL)
    sys.stdout.buffer.write(screen)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
