"""The journal's socket: writes each message as a line."""

import os
import socket
import sys

journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.bind(sys.argv[1])
# As systemd-journald.socket does: workers of nginx are not root.
os.chmod(sys.argv[1], 0o666)
while True:
    print(journal.recv(65536).decode(), flush=True)
