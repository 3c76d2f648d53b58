"""An API with TLS that answers with the request that it received, or as its path says."""

import hashlib
import http.server
import json
import ssl
import sys
import threading


def hidden(name: str, value: str) -> str:
    """The value of a header, or the hash of a key: the answer goes to the VM, where no key may appear."""
    is_key = name.lower() in ("x-api-key", "authorization", "x-goog-api-key")
    return hashlib.sha256(value.encode()).hexdigest() if is_key else value


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # How often the client has asked for the next event: nothing here waits for a time.
    wanted = threading.Semaphore(0)

    def body(self) -> bytes:
        if self.headers.get("transfer-encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def answer(self) -> None:
        body = self.body()
        if self.path == "/stream":
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for number in range(3):
                self.wanted.acquire()
                text = f"data: {number}\n\n".encode()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
            return
        if self.path == "/next":
            self.wanted.release()
        status = int(self.path[1:]) if self.path in ("/401", "/429") else 200
        headers = [[name.lower(), hidden(name, value)] for name, value in self.headers.items()]
        text = json.dumps(
            {"method": self.command, "path": self.requestline.split(" ")[1], "headers": headers, "size": len(body)}
        ).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = answer  # noqa: N815  names of http.server

    def log_message(self, *_: object) -> None:
        pass


server = http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Api)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[3], sys.argv[4])
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
