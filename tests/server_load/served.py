"""A server of our own for the scripts beside this one: started in a home of its own, killed, asked."""

import http.client
import json
import os
import signal
import struct
import subprocess
import zlib


class Served:
    """`pixelforge serve` on a port that is free."""

    def __init__(self, program, home, arguments=()):
        self.program, self.home, self.arguments = program, home, list(arguments)
        self.process, self.port = None, 0

    def run(self, *arguments):
        return subprocess.run([self.program, *arguments], env=self.environment(), check=True, capture_output=True,
                              text=True).stdout

    def environment(self):
        return {**os.environ, "PIXELFORGE_HOME": str(self.home)}

    def spawn(self):
        self.process = subprocess.Popen([self.program, "serve", "--port", "0", "--json", *self.arguments],
                                        env=self.environment(), stdout=subprocess.PIPE, text=True)

    def wait_until_ready(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server ended with {self.process.wait()} before it was ready")
        self.port = int(json.loads(line)["url"].rsplit(":", 1)[1])

    def start(self):
        self.spawn()
        self.wait_until_ready()

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait()
        self.process.stdout.close()

    def rss_mib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def ask(port, method, target, body=None, headers=None):
    """Status and JSON; raises OSError or http.client.HTTPException where the server is gone."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        text = None if body is None else json.dumps(body)
        connection.request(method, target, text, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


def png_of_colour(red, green, blue, side=64):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + bytes((red, green, blue)) * side
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(row * side)) + chunk(b"IEND", b""))


def check_png(data, side):
    """Throws ValueError unless this is a whole PNG of that side."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("no PNG")
    at, pixels, width, height = 8, b"", 0, 0
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        inside = data[at + 8:at + 8 + length]
        if struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0] != zlib.crc32(kind + inside):
            raise ValueError(f"a damaged {kind}")
        if kind == b"IHDR":
            width, height = struct.unpack(">II", inside[:8])
        if kind == b"IDAT":
            pixels += inside
        at += 12 + length
    if (width, height) != (side, side) or len(zlib.decompress(pixels)) != side * (3 * side + 1):
        raise ValueError("not the picture's size")
