"""An HTTP server for the lab: answers "here", and confirms uploads.

usage: serve.py PORT...    by HTTP; of /big, 1 MB
       serve.py send ADDRESS PORT SECONDS    sends 1 MB by POST, and fails unless they are confirmed in time
"""

import http.client
import http.server
import os
import socket
import sys
import threading

SIZE = 1_000_000


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.answer(b"x" * SIZE if self.path == "/big" else b"here\n")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(b"here\n")

    def answer(self, text: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
    request_queue_size = 64


if sys.argv[1] == "send":
    connection = http.client.HTTPConnection(sys.argv[2], int(sys.argv[3]), timeout=float(sys.argv[4]))
    threading.Timer(float(sys.argv[4]), lambda: os._exit(1)).start()
    connection.request("POST", "/", b"x" * SIZE)
    sys.stdout.write(connection.getresponse().read().decode())
    sys.stdout.flush()
    os._exit(0)
for port in sys.argv[1:]:
    threading.Thread(target=Server(("::", int(port)), Handler).serve_forever).start()
